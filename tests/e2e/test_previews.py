"""A preview through the whole system: asked over HTTP, laid out by the renderer, read at once."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from lxml import html as lxml_html
from pypdf import PdfReader

from tests.e2e.render_system import RenderSystem, render_system

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PLAN = "/v1/chambers/PI/plans/2020"
NOTICE = "Anteprima: testo in lavorazione, non è un documento"
ATTEMPTS = 6
HOSTILE = """\
Parole **proprie** e <script>alert(1)</script>.

<img src="https://example.org/a.png" onerror="alert(2)">

[un collegamento](javascript:alert(3)) ![figura](https://example.org/b.png)
"""


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, runtime_url: str, redis_server_url: str
) -> Iterator[RenderSystem]:
    folder: Path = tmp_path_factory.mktemp("previews")
    with render_system(folder, runtime_url, redis_server_url) as running:
        running.empty_redis()
        running.ensure_api()
        running.prepare()
        running.start_renderer()
        yield running


def preview(system: RenderSystem, **body: object) -> dict[str, Any]:
    """A preview that was waited for; asked for anew while the renderer is on its way."""
    for _ in range(ATTEMPTS):
        asked = system.request("POST", f"{PLAN}/previews", json=body)
        assert asked.status_code == 202, asked.text
        path = asked.headers["location"]
        shown = {"state": "queued"}
        while shown["state"] in {"queued", "leased"}:
            shown = system.request("GET", f"{path}?wait=10").json()
        failure: Any = shown["failure"]
        if failure is None or failure["code"] != "preview_lost":
            return dict(shown) | {"path": path}
    raise AssertionError((system.folder / "renderer.log").read_text()[-2000:])


def test_a_section_as_a_page_and_as_pages(system: RenderSystem) -> None:
    shown = preview(system, key="section:3.1")
    assert (shown["state"], shown["failure"]) == ("done", None)
    pdf = system.request("GET", f"{shown['path']}/pdf").content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) == shown["pages"]
    assert all(NOTICE in " ".join(text.split()) for text in pages)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        assert not opened.attachments
        assert opened.Root.MarkInfo.Marked
    page = system.request("GET", f"{shown['path']}/html")
    assert NOTICE in page.text
    document = lxml_html.document_fromstring(page.content)
    assert document.get("lang") == "it"
    assert [h.text_content() for h in document.iter("h1")]
    assert "Turismo" in page.text


def test_an_own_draft_is_shown_tamed(system: RenderSystem) -> None:
    draft = f"{PLAN}/narratives/section:2/draft"
    saved = system.request("PUT", draft, json={"text": HOSTILE, "base_version": 0})
    assert saved.status_code == 200, saved.text
    assert "proprie" not in page_of(system, preview(system, key="section:2"))
    text = page_of(system, preview(system, key="section:2", own_drafts=True))
    assert "<strong>proprie</strong>" in text
    document = lxml_html.document_fromstring(text)
    assert not list(document.iter("script", "iframe", "object", "form"))
    for element in document.iter():
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            assert "javascript:" not in value
            assert name != "src" or value.startswith("data:")


def page_of(system: RenderSystem, shown: dict[str, Any]) -> str:
    assert shown["state"] == "done", shown
    return system.request("GET", f"{shown['path']}/html").text


def test_an_objective_and_what_is_not_there(system: RenderSystem) -> None:
    assert "A4" in page_of(system, preview(system, key="objective:A4"))
    reports = system.request("GET", "/v1/chambers/PI/reports").json()
    assert reports["items"] == []
