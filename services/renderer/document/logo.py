"""The chamber's logo on the cover: cleaned once more, named in words, scaled to its place."""

import re
from xml.etree import ElementTree as ET

from markupsafe import Markup

from shared.contracts.snapshot import ChamberCard
from shared.contracts.vector_image import SVG, clean_svg

ON_THE_COVER, BESIDE_A_HEADING = (230.0, 100.0), (150.0, 44.0)
"""Most width and height, in CSS pixels."""

_NUMBER = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)(?:px)?\s*$")


def drawn(chamber: ChamberCard, room: tuple[float, float] = ON_THE_COVER) -> Markup | None:
    """The logo as SVG; ``None`` when there is none, or what there is would do more than draw."""
    if chamber.logo_svg is None:
        return None
    clean, faults = clean_svg(chamber.logo_svg, "")
    if faults:
        return None
    root = ET.fromstring(clean)  # noqa: S314 - cleaned just above: no entities
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    root.set("xmlns", SVG)
    size = _size(root)
    if size is None:
        return None
    width, height = size
    scale = min(room[0] / width, room[1] / height)
    root.set("width", f"{width * scale:.1f}")
    root.set("height", f"{height * scale:.1f}")
    root.set("role", "img")
    for title in [child for child in root if child.tag == "title"]:
        root.remove(title)
    title = ET.Element("title")
    title.text = f"Logo: {chamber.name}"
    root.insert(0, title)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - cleaned just above


def _size(root: ET.Element) -> tuple[float, float] | None:
    """Width and height of the drawing; sets the ``viewBox`` of one that has only these."""
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) == 4:  # noqa: PLR2004 - left, top, width, height
        sides = [_NUMBER.match(part) for part in box[2:]]
    else:
        sides = [_NUMBER.match(root.get(name) or "") for name in ("width", "height")]
    if not all(sides):
        return None
    width, height = (float(side.group(1)) for side in sides if side is not None)
    if not width or not height:
        return None
    if len(box) != 4:  # noqa: PLR2004 - as above
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    return width, height
