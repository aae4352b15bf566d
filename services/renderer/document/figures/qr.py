"""The QR code that leads a reader of paper to the verification page."""

import segno
from markupsafe import Markup, escape


def draw(url: str) -> Markup:
    """The code as one SVG path, with the address in words."""
    code = segno.make(url, error="m", micro=False)
    size = code.symbol_size(border=4)[0]
    runs = []
    for y, row in enumerate(code.matrix_iter(border=4)):
        start = None
        for x, module in enumerate([*row, 0]):
            if module and start is None:
                start = x
            elif not module and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
                start = None
    return Markup(  # noqa: S704 - numbers and an escaped address only
        f'<svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" '
        f'viewBox="0 0 {size} {size}" width="{size}" height="{size}">'
        f"<title>{escape(f'Codice QR per verificare il documento: {url}')}</title>"
        f'<rect width="{size}" height="{size}" fill="#ffffff"/>'
        f'<path d="{"".join(runs)}" fill="#000000"/></svg>'
    )
