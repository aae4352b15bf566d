"""Logos: SVG from anywhere made into SVG that only draws.

A logo is shown in pages and documents of a public body, so nothing in it may run, load or
follow anything. What merely decorates the file (comments, metadata, elements and attributes
of drawing programs) is dropped; what acts is refused, so that nobody believes in a logo
that would look otherwise.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from shared.contracts.issues import Issue

SVG = "http://www.w3.org/2000/svg"
_XLINK = "{http://www.w3.org/1999/xlink}"

_SHAPES = frozenset(
    (
        *("circle", "clipPath", "defs", "desc", "ellipse", "g", "line", "linearGradient"),
        *("marker", "mask", "path", "pattern", "polygon", "polyline", "radialGradient", "rect"),
        *("stop", "svg", "symbol", "text", "textPath", "title", "tspan", "use"),
    )
)
_DROPPED = frozenset({"metadata"})

_ELSEWHERE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(|javascript:", re.IGNORECASE)
"""In an attribute: something from outside the image."""


def clean_svg(text: str, pointer: str) -> tuple[str, list[Issue]]:
    """The image without what only its program needs, and everything in it that acts.

    Args:
        text: the document as it was given.
        pointer: where it stands in what was sent.
    """
    lowered = text.lower()
    if "<!doctype" in lowered or "<!entity" in lowered:
        fault = _issue(
            pointer, "svg_entities", "DOCTYPE ed entità non sono ammessi", "no DOCTYPE, no entities"
        )
        return text, [fault]
    try:
        root = ET.fromstring(text)  # noqa: S314 - entities were refused above, nothing else expands
    except ET.ParseError as error:
        line, column = error.position
        return text, [
            _issue(
                pointer,
                "svg_unreadable",
                f"non è XML ben formato (riga {line}, colonna {column + 1})",
                f"no well-formed XML (line {line}, column {column + 1})",
            )
        ]
    if root.tag != f"{{{SVG}}}svg":
        return text, [_issue(pointer, "svg_unreadable", "non è un'immagine SVG", "no SVG image")]
    faults = list(_cleaned(root, pointer))
    root.set("xmlns", SVG)
    return ET.tostring(root, encoding="unicode"), faults


def _cleaned(element: ET.Element, pointer: str) -> Iterator[Issue]:
    """Cleans an element in place, with all below it; gives what must be refused."""
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    yield from _cleaned_attributes(element, pointer)
    for child in list(element):
        name = child.tag.removeprefix(f"{{{SVG}}}")
        if name in _DROPPED or name.startswith("{"):
            element.remove(child)
        elif name not in _SHAPES:
            yield _issue(
                pointer,
                "svg_element",
                f"elemento non ammesso in un logo: {name}",
                f"element not allowed in a logo: {name}",
            )
        else:
            yield from _cleaned(child, pointer)


def _cleaned_attributes(element: ET.Element, pointer: str) -> Iterator[Issue]:
    for name, value in list(element.attrib.items()):
        if name == f"{_XLINK}href":
            del element.attrib[name]
            element.set("href", value)
        elif name.startswith("{"):
            del element.attrib[name]
    for name, value in element.attrib.items():
        leads_away = name == "href" and not value.strip().startswith("#")
        if name.lower().startswith("on") or leads_away or _ELSEWHERE.search(value):
            yield _issue(
                pointer,
                "svg_attribute",
                f"attributo non ammesso in un logo: {element.tag} {name}",
                f"attribute not allowed in a logo: {element.tag} {name}",
            )


def _issue(pointer: str, code: str, italian: str, english: str) -> Issue:
    return Issue(pointer=pointer, code=code, it=italian, en=english)
