"""Pages as a browser understands them, to ask questions about."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

from lxml import etree
from tinyhtml5.parser import HTMLParser

_DECLARATIONS = "{http://www.w3.org/2000/xmlns/}"


def parsed(source: str) -> etree._Element:
    """The tree of a page; whatever a browser would have to mend fails the test."""
    parser = HTMLParser(namespace_html_elements=False)
    tree = parser.parse(source)
    assert parser.errors == []
    for element in tree.iter():
        for name in [name for name in element.attrib if name.startswith(_DECLARATIONS)]:
            del element.attrib[name]  # names of elements hold it already
    return etree.fromstring(ET.tostring(tree))


def check_accessible(page: etree._Element) -> None:
    """What every page of ours keeps to, as far as the mark-up alone tells."""
    assert page.get("lang") == "it"
    assert page.xpath("string(//head/title)").strip()
    assert not page.xpath("//@style | //script[not(@type='application/ld+json')] | //iframe")
    assert len(page.xpath("//main")) == 1
    levels = [int(h.tag[1]) for h in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    inside = {href[1:] for href in page.xpath("//a/@href") if href.startswith("#")}
    assert inside <= set(ids)
    for link in page.xpath("//a"):
        assert "".join(link.itertext()).strip()
    for head in page.xpath("//th"):
        assert head.get("scope") in {"col", "row"}, etree.tostring(head)
    for name in landmarks(page):
        assert name
    assert len(set(landmarks(page))) == len(landmarks(page))


def check_inert(page: etree._Element) -> None:
    """Nothing runs, and nothing is fetched."""
    assert not page.xpath(
        "//script | //iframe | //object | //embed | //img | //form | //base | //@style"
    )
    assert not [name for name in page.xpath("//@*/..") if any(a[:2] == "on" for a in name.attrib)]
    assert page.xpath("//link/@rel") == ["license"]
    (style,) = page.xpath("//style")
    assert not re.findall(r"url\((?!\"data:)|@import", style.text)


def landmarks(page: etree._Element) -> list[str]:
    """Names of the navigations and regions of a page."""
    return [name_of(page, found) for found in page.xpath("//nav | //*[@role='region']")]


def name_of(page: etree._Element, element: etree._Element) -> str:
    """The accessible name that the attributes of an element give it."""
    if "aria-label" in element.attrib:
        return str(element.get("aria-label"))
    (target,) = page.xpath("//*[@id=$name]", name=element.get("aria-labelledby"))
    return "".join(target.itertext()).strip()
