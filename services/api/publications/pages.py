"""The page of a chamber that its site points to: its published documents."""

from collections.abc import Sequence
from html import escape
from typing import Any

import sqlalchemy as sa

from services.api.reports.views import title_of

LICENCE = "https://creativecommons.org/licenses/by/4.0/"

_PAGE = """<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto;
  padding: 0 1rem; color: #17324d; }}
li {{ margin-bottom: .8rem; overflow-wrap: anywhere; }}
</style>
</head>
<body><main>
<h1>{title}</h1>
{documents}
<p>I documenti sono firmati e portano con sé i propri dati. Licenza
<a href="{licence}">Creative Commons Attribuzione 4.0</a>.</p>
</main></body>
</html>
"""
_LINE = '<li><a href="{href}">{title}</a> (PDF, {pages} pagine), pubblicata il {day}</li>'


def pdf_path(chamber: str, report_id: str) -> str:
    """Address of a published PDF."""
    return f"/v1/publications/{chamber}/{report_id}/pdf"


def publications_page(chamber: str, rows: Sequence[sa.Row[Any]]) -> str:
    """The page, also where nothing is published."""
    lines = [
        _LINE.format(
            href=pdf_path(chamber, row.report_id),
            title=escape(f"{title_of(row.kind)} {row.year}, versione {row.version}"),
            pages=row.pdf_pages,
            day=row.published_at.strftime("%d/%m/%Y"),
        )
        for row in rows
    ]
    name = rows[0].chamber_name if rows else chamber
    listed = f"<ul>{''.join(lines)}</ul>" if lines else "<p>Nessun documento è pubblicato.</p>"
    return _PAGE.format(title=escape(f"Performance di {name}"), documents=listed, licence=LICENCE)
