"""What a press lays out before its first job, so that its children need not begin from nothing.

Nobody's text: every kind of box, and each face in the sizes that documents use. Children take over
what the interpreter has learned of its code, and the faces as Pango has loaded them.
"""

from services.renderer.document import style
from services.renderer.document.chapters import Sheet

_ROWS = 12
_COLOUR = "#17324d"

_TEXTS = """<section class="chapter"><h2 id="a"><span class="number">1</span> A</h2>
<p class="lead">a</p><h3>A</h3><p>a <b>b</b> <i>c</i> <a href="https://example.org">d</a></p>
<h4 class="axis">A</h4><h5>A</h5><h6>A</h6><ul><li>a<ul><li>a</ul></ul><ol><li>a</ol>
<p class="strip green"><b class="big">1%</b> <span class="light green">a</span>
<span class="fact">a: <b>1</b></span></p><p class="facts"><b>a</b> b</p>
<p class="decision"><b>a</b> b</p><p class="warning"><b>a</b> b</p><p class="why">a</p>
<p class="empty">a</p><p class="small">a</p><p class="spend"><b>a</b> b</p>
<div class="narrative"><p>a</p><table><thead><tr><th>a<tbody><tr><td>a</table></div>"""

_ROW = """<tr><th scope="row">A1.{0}</th><td>Voce {0}<div class="note">da vedere</div></td>
<td class="r">1.234,50</td><td class="r"><b>90%</b></td>
<td><span class="light yellow">giallo</span></td></tr>"""

_TABLE = """<table class="{}"><caption id="t-{}"><b>Tabella</b> voci</caption>
<colgroup><col class="c-code"><col><col class="c-value"><col class="c-result"><col class="c-light">
</colgroup><thead><tr><th scope="col">Codice</th><th scope="col">Voce</th>
<th scope="col" class="r">Atteso</th><th scope="col" class="r">Risultato</th>
<th scope="col">Semaforo</th></tr></thead><tbody>{}</tbody></table>"""

_FIGURE = """<figure><svg viewBox="0 0 90 30"><title>a</title>{}</svg>
<figcaption><b>Figura</b> a</figcaption></figure></section>"""

_SHAPES = """<rect x="{0}" y="{0}" width="5" height="3" fill="#22804b" rx="1"/>
<line x1="0" y1="{0}" x2="9" y2="9" stroke="#c9d1d9"/><path d="M{0} 0L9 9" fill="none"/>
<circle cx="{0}" cy="3" r="2" fill="#fff"/><text x="{0}" y="8" font-size="9">A{0}</text>
<text x="{0}" y="8" font-size="8" font-weight="600" text-anchor="end">A{0}</text>"""


def sheet() -> Sheet:
    """Some three pages."""
    rows = "".join(map(_ROW.format, range(_ROWS)))
    tables = [_TABLE.format(name, name, rows) for name in ("indicators", "dense")]
    figure = _FIGURE.format("".join(map(_SHAPES.format, range(_ROWS))))
    body = "\n".join([_TEXTS, *tables, figure])
    page = f'<html lang="it"><title>-</title><body class="piece" data-running="a">{body}</body>'
    return Sheet(page, style.sheet(_COLOUR), {})
