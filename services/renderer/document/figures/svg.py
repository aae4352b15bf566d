"""The few SVG shapes the figures are made of, and the colours of the lights."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from services.renderer import fonts


@dataclass(frozen=True)
class LightStyle:
    """How a light looks.

    Fill colours differ in lightness too (CIE L* 47, 84, 30) and shapes differ as well, so
    that grey prints and colour-blind readers lose nothing.
    """

    fill: str
    ink: str
    soft: str
    shape: str


LIGHTS = {
    "green": LightStyle("#22804b", "#ffffff", "#e3f1e8", "circle"),
    "yellow": LightStyle("#f2d04b", "#3a2f00", "#fdf6da", "diamond"),
    "red": LightStyle("#8c1c13", "#ffffff", "#f8e4e2", "square"),
}
NEUTRAL = LightStyle("#8a94a0", "#ffffff", "#eef1f4", "dash")
INK = "#1d2733"
MUTED = "#56616d"
LINE = "#c9d1d9"

LABEL_SIZE = 10.0
LEADING = 1.1
"""Height of a line of a label, over its size."""

MOST_LINES = 4
"""Of a label: what the title of an objective takes where it is a long sentence."""


def style_of(light: str | None) -> LightStyle:
    """Style of a light; a neutral one for no result or an unknown label."""
    return LIGHTS.get(light or "", NEUTRAL)


def label(text: str, width: float) -> list[str]:
    """What stands beside a bar, in the lines it takes to leave a gap before the bar."""
    return fonts.wrap(text, width - 10, LABEL_SIZE, MOST_LINES)


def row_height(rows: Sequence[str], least: float) -> float:
    """Room of a bar with a label of as many lines."""
    return max(least, len(rows) * LEADING * LABEL_SIZE + 6)


@dataclass
class Drawing:
    """Collects shapes in user units (CSS pixels) and closes them into one ``<svg>``."""

    width: float
    height: float
    parts: list[str] = field(default_factory=list)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str = "none",
        stroke: str | None = None,
        radius: float = 0,
    ) -> None:
        """A rectangle."""
        line = f' stroke="{stroke}" stroke-width="0.75"' if stroke else ""
        corner = f' rx="{radius}"' if radius else ""
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' fill="{fill}"{line}{corner}/>'
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, stroke: str, *, dashed: bool = False
    ) -> None:
        """A thin line."""
        dashes = ' stroke-dasharray="3 2"' if dashed else ""
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            f' stroke="{stroke}" stroke-width="0.75"{dashes}/>'
        )

    def path(self, points: Sequence[tuple[float, float]], stroke: str) -> None:
        """A line through points, with a dot on each."""
        steps = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self.parts.append(f'<path d="M{steps}" fill="none" stroke="{stroke}" stroke-width="1.6"/>')
        self.parts.extend(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{stroke}"/>' for x, y in points
        )

    def text(
        self,
        x: float,
        y: float,
        content: str,
        size: float,
        *,
        fill: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """One line of text with its baseline at ``y``."""
        weight = ' font-weight="600"' if bold else ""
        side = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}"{weight}{side}'
            f' fill="{fill}">{escape(content)}</text>'
        )

    def label(self, x: float, middle: float, rows: Sequence[str], anchor: str = "start") -> None:
        """A label, as high above ``middle`` as below."""
        first = middle + LABEL_SIZE * (0.33 - LEADING * (len(rows) - 1) / 2)
        for place, row in enumerate(rows):
            y = first + place * LEADING * LABEL_SIZE
            self.text(x, y, row, LABEL_SIZE, anchor=anchor)

    def amounts(self, x: float, middle: float, planned: str, actual: str) -> None:
        """Two amounts one above the other, ending at ``x``."""
        self.text(x, middle - 1.2, planned, 9, fill=MUTED, anchor="end")
        self.text(x, middle + 8.6, actual, 9, bold=True, anchor="end")

    def light(self, x: float, y: float, light: str | None, size: float = 9) -> None:
        """The mark of a light, centred on (x, y): circle, diamond, square or dash."""
        style, half = style_of(light), size / 2
        if style.shape == "circle":
            mark = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{half:.1f}" fill="{style.fill}"/>'
        elif style.shape == "diamond":
            wide = half * 1.2
            mark = (
                f'<polygon points="{x:.1f},{y - wide:.1f} {x + wide:.1f},{y:.1f} '
                f'{x:.1f},{y + wide:.1f} {x - wide:.1f},{y:.1f}" fill="{style.fill}"'
                ' stroke="#6b5900" stroke-width="0.6"/>'
            )
        elif style.shape == "square":
            mark = (
                f'<rect x="{x - half:.1f}" y="{y - half:.1f}" width="{size}" height="{size}"'
                f' fill="{style.fill}"/>'
            )
        else:
            mark = (
                f'<rect x="{x - half:.1f}" y="{y - 1:.1f}" width="{size}" height="2"'
                f' fill="{style.fill}"/>'
            )
        self.parts.append(mark)

    def close(self, title: str, css_class: str, scale: float = 1.0) -> Markup:
        """The finished figure; ``title`` is its alternative text, ``scale`` shrinks it."""
        return Markup(  # noqa: S704 - every text inside was escaped when added
            f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}" role="img"'
            f' viewBox="0 0 {self.width:.1f} {self.height:.1f}" width="{self.width * scale:.1f}"'
            f' height="{self.height * scale:.1f}" font-family="{fonts.FAMILY}">'
            f"<title>{escape(title)}</title>{''.join(self.parts)}</svg>"
        )
