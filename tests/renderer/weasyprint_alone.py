"""WeasyPrint without anything of ours, in an interpreter of its own (``test_engine.py``).

Reads a JSON list of pairs of HTML and style, writes a line of base64 for each: the PDF.
"""

import base64
import json
import sys
from typing import Any

import weasyprint
from weasyprint.pdf.fonts import Font
from weasyprint.text.fonts import FontConfiguration

VARIANT = "pdf/a-3a"

_cut_down = Font.subset


def _leave_out(font: Font, *how: Any) -> None:  # noqa: ANN401 - WeasyPrint has no types
    """The one thing that differs of necessity: chapters have no outlines of shipped faces."""
    if font.missing:
        _cut_down(font, *how)
    else:
        font.file_content = b""


def main() -> None:
    """Lay out what standard input says."""
    Font.subset = _leave_out
    faces = FontConfiguration()
    for page, rules in json.load(sys.stdin):
        style = weasyprint.CSS(string=rules)
        document = weasyprint.HTML(string=page).render(
            pdf_variant=VARIANT, stylesheets=[style], font_config=faces
        )
        content = document.write_pdf(pdf_variant=VARIANT, uncompressed_pdf=True)
        sys.stdout.write(base64.b64encode(content).decode() + "\n")


if __name__ == "__main__":
    main()
