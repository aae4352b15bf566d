"""HTML -> pages -> PDF with WeasyPrint, inside the child."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import weasyprint
from weasyprint.urls import URLFetcher

from services.renderer.conformance import Finisher, attachments
from services.renderer.document import html, markdown
from services.renderer.document.attachments import attached_files, snapshot_sha256
from services.renderer.errors import RenderError
from services.renderer.seal_field import fields_of
from shared.contracts.snapshot import ReportSnapshot

VARIANT = "pdf/a-3a"


class ClosedFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint ships no types
    """Refuses every address: a document has no part outside its own HTML."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=())

    def fetch(self, url: str, headers: object = None) -> NoReturn:
        """Refuse; WeasyPrint goes on without the resource."""
        del headers
        raise ValueError(f"no address is fetched while rendering: {url[:200]}")


def write(
    snapshot: ReportSnapshot,
    document: html.Document,
    target: Path,
    on_layout: Callable[[], None] | None = None,
) -> tuple[html.Document, int]:
    """Lay out ``document`` and write the PDF; answers the document written and its pages.

    A narrative that breaks the layout costs its place a warning: the document is written
    again without it. Raises ``RenderError`` when the rest cannot be laid out either.
    """
    try:
        pages = _lay_out(document.html)
    except MemoryError:
        raise
    except Exception as error:
        broken = _broken_narratives(snapshot)
        if not broken:
            raise RenderError(
                "layout_failed", f"L'impaginazione non è riuscita: {type(error).__name__}: {error}"
            ) from error
        document = html.build(snapshot, broken)
        pages = _lay_out(document.html)
    if on_layout is not None:
        on_layout()
    identifier = hashlib.sha256(snapshot_sha256(snapshot).encode()).hexdigest()[:32]
    pages.write_pdf(
        target,
        finisher=Finisher(document.anchors, fields_of(snapshot)),
        pdf_variant=VARIANT,
        pdf_identifier=identifier.encode(),
        attachments=attachments(attached_files(snapshot), snapshot.created_at),
    )
    return document, len(pages.pages)


def _lay_out(source: str) -> weasyprint.Document:
    return weasyprint.HTML(string=source, url_fetcher=ClosedFetcher()).render(pdf_variant=VARIANT)


def _broken_narratives(snapshot: ReportSnapshot) -> frozenset[str]:
    """Keys of the narratives that cannot be laid out even alone."""
    broken = set()
    for key, text in html.narrative_keys(snapshot).items():
        try:
            _lay_out(f"<html lang=it><title>-</title>{markdown.render(text, 2).html}")
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - any failure of the layout engine is the finding
            broken.add(key)
    return frozenset(broken)
