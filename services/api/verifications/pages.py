"""The page that the QR code of a document leads to: what was issued, and how to compare."""

from html import escape
from typing import Any

import sqlalchemy as sa

_PAGE = """<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto;
  padding: 0 1rem; color: #17324d; }}
dt {{ font-weight: 600; margin-top: .8rem; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
code {{ background: #eef2f6; padding: .1rem .3rem; }}
.notice {{ border-left: .3rem solid #a66300; padding-left: 1rem; }}
</style>
</head>
<body><main>
<h1>{title}</h1>
{notices}
<dl>
<dt>Emesso</dt><dd>{issued}</dd>
<dt>Sigillo</dt><dd>{seal}</dd>
<dt>Pagine e dimensione</dt><dd>{pages} pagine, {size} byte</dd>
<dt>Impronta SHA-256 dell'originale</dt><dd><code>{sha256}</code></dd>
</dl>
<h2>Come verificare una copia</h2>
<p>La copia è l'originale se la sua impronta SHA-256 è quella indicata sopra (per esempio con
<code>sha256sum</code> o <code>Get-FileHash</code>) e se un lettore di PDF o
<code>ciclo verify</code> dichiara valido il sigillo.</p>
</main></body>
</html>
"""

_NOTICE = '<p class="notice">{text}</p>'


def issued_page(row: sa.Row[Any], chamber_name: str, latest_version: int) -> str:
    """The page of an issued report."""
    seal = row.signature or {}
    notices = []
    if seal.get("development"):
        notices.append("Documento di prova, firma priva di valore legale.")
    if row.version < latest_version:
        notices.append(f"Esiste una versione successiva: la {latest_version}.")
    title = f"{chamber_name}: Relazione sulla performance {row.year}, versione {row.version}"
    return _PAGE.format(
        title=escape(title),
        notices="\n".join(_NOTICE.format(text=escape(text)) for text in notices),
        issued=row.rendered_at.strftime("%d/%m/%Y %H:%M UTC"),
        seal=escape(f"{seal.get('signer', '')} (PAdES {seal.get('level', '')})"),
        pages=row.pdf_pages,
        size=f"{row.pdf_size:,}".replace(",", "."),
        sha256=row.pdf_sha256,
    )
