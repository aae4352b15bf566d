"""Previews: made once by the renderer, seen by who asked, with their own drafts and no others."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest_asyncio
import sqlalchemy as sa

from services.api.container import Container
from services.api.db.session import Author
from services.api.db.tables.reports import previews
from services.api.db.tables.requests import outbox
from services.api.previews.background import forget
from services.api.previews.service import PREVIEW_REQUESTED
from shared.contracts.preview_job import PreviewLease
from tests.api.report_system import RENDERER_TOKEN, ReportSystem, running, settings_for

PLAN = "/v1/chambers/PI/plans/2020"
RENDERER = {"Authorization": f"Bearer {RENDERER_TOKEN}"}
SECRET = "parole non ancora dette"


@pytest_asyncio.fixture
async def system(runtime_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    settings = settings_for(runtime_url, "redis://127.0.0.1:1/0", tmp_path, dispatch=False)
    async with running(settings, tmp_path) as started:
        await started.prepare()
        yield started


def person(
    system: ReportSystem, name: str = "controllo", role: str = "controller"
) -> dict[str, str]:
    return {"Authorization": f"Bearer {system.issuer.mint({'PI': [role]}, subject=name)}"}


async def asked(system: ReportSystem, who: dict[str, str], **body: object) -> str:
    """The address of a preview."""
    answer = await system.client.post(f"{PLAN}/previews", json=body, headers=who)
    assert answer.status_code == 202, answer.text
    assert answer.json()["state"] == "queued"
    assert answer.headers["retry-after"] == "1"
    return answer.headers["location"]


async def lease(system: ReportSystem, path: str) -> PreviewLease:
    answer = await system.client.post(f"/internal{path}/lease", headers=RENDERER)
    assert answer.status_code == 200, answer.text
    return PreviewLease.model_validate_json(answer.content)


async def deliver(
    system: ReportSystem, path: str, token: str, page: str = "<p>Pagina</p>"
) -> httpx.Response:
    made = {"pdf": base64.b64encode(b"%PDF").decode(), "html": page, "pages": 1, "warnings": ["a"]}
    headers = RENDERER | {"Ciclo-Lease-Token": token}
    return await system.client.put(f"/internal{path}/result", json=made, headers=headers)


async def rows(system: ReportSystem, statement: sa.Executable) -> list[Any]:
    parts: Container = system.app.state.container
    async with parts.database.read(["PI"]) as session:
        return list(await session.all(statement))


async def test_a_preview_from_the_question_to_the_pages(system: ReportSystem) -> None:
    who = person(system)
    path = await asked(system, who, key="section:3.1")
    early = await system.client.get(f"{path}/pdf", headers=who)
    assert (early.status_code, early.json()["code"]) == (409, "preview_not_ready")
    held = await lease(system, path)
    assert held.anchor == "sez-3-1"
    assert held.snapshot.preview
    assert held.snapshot.explanations == ()
    twice = await system.client.post(f"/internal{path}/lease", headers=RENDERER)
    assert (twice.status_code, twice.json()["code"]) == (409, "not_leasable")
    wrong = await deliver(system, path, "another")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "lease_lost")
    assert (await deliver(system, path, held.lease_token)).status_code == 204
    shown = (await system.client.get(f"{path}?wait=5", headers=who)).json()
    assert (shown["state"], shown["pages"], shown["warnings"]) == ("done", 1, ["a"])
    page = await system.client.get(f"{path}/html", headers=who)
    assert page.text == "<p>Pagina</p>"
    assert "sandbox" in page.headers["content-security-policy"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert (await system.client.get(f"{path}/pdf", headers=who)).content == b"%PDF"
    (row,) = await rows(system, sa.select(previews.c.snapshot, previews.c.lease_token_hash))
    assert (row.snapshot, row.lease_token_hash) == (b"", None)
    events = await rows(
        system, sa.select(outbox.c.payload).where(outbox.c.topic == PREVIEW_REQUESTED)
    )
    assert [event.payload for event in events] == [{"preview_id": held.preview_id}]
    reports = await system.client.get("/v1/chambers/PI/reports", headers=who)
    assert reports.json()["items"] == []


async def test_nobody_else_sees_a_preview(system: ReportSystem) -> None:
    path = await asked(system, person(system), key="section:1")
    held = await lease(system, path)
    await deliver(system, path, held.lease_token)
    for name, role in (("altro", "controller"), ("oiv", "oiv"), ("a", "chamber_administrator")):
        other = person(system, name, role)
        for part in ("", "/html", "/pdf"):
            answer = await system.client.get(f"{path}{part}", headers=other)
            assert (answer.status_code, answer.json()["code"]) == (404, "preview_not_found")


async def draft(system: ReportSystem, who: dict[str, str], key: str, text: str) -> None:
    body = {"text": text, "base_version": 0}
    answer = await system.client.put(f"{PLAN}/narratives/{key}/draft", json=body, headers=who)
    assert answer.status_code == 200, answer.text


async def test_own_drafts_are_in_it_when_asked_for_and_nobody_elses(system: ReportSystem) -> None:
    mine, theirs = person(system), person(system, "altro")
    await draft(system, mine, "section:1", "bozza mia")
    await draft(system, mine, "objective:A1", "impatto mio")
    await draft(system, theirs, "section:1", SECRET)
    await draft(system, theirs, "section:2", SECRET)
    plain = await lease(system, await asked(system, mine, key="section:1"))
    assert "bozza mia" not in plain.snapshot.model_dump_json()
    path = await asked(system, mine, key="section:1", own_drafts=True)
    shown = (await system.client.get(path, headers=mine)).json()
    assert sorted(shown["own_drafts"]) == ["objective:A1", "section:1"]
    with_own = (await lease(system, path)).snapshot
    assert [row.text for row in with_own.narratives if row.section == "1"] == ["bozza mia"]
    (objective,) = (row for row in with_own.objectives if row.code == "A1")
    assert objective.narrative == "impatto mio"
    assert SECRET not in with_own.model_dump_json()
    # A preview publishes nothing.
    missing = await system.client.get(f"{PLAN}/narratives/section:1", headers=mine)
    assert missing.status_code == 404


async def test_a_preview_shows_what_the_caller_may_see_of_sheets(system: ReportSystem) -> None:
    seen = {}
    for role in ("controller", "oiv", "contributor"):
        path = await asked(system, person(system, role, role), key="section:4")
        found = (await lease(system, path)).snapshot
        seen[role] = {row.code for row in found.objectives if row.scope != "chamber"}
    assert seen["oiv"]
    assert seen["controller"] == seen["contributor"] == set()
    (sheet, *_) = sorted(seen["oiv"])
    hidden = await system.client.post(
        f"{PLAN}/previews", json={"key": f"objective:{sheet}"}, headers=person(system)
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "subject_not_found")


async def test_a_part_of_the_piano_is_one_of_the_piano(system: ReportSystem) -> None:
    held = await lease(system, await asked(system, person(system), key="section:P1.2"))
    assert (held.anchor, held.snapshot.kind) == ("sez-P1-2", "piano")


async def test_what_cannot_be_made_says_why(system: ReportSystem) -> None:
    who = person(system)
    path = await asked(system, who, key="objective:A4")
    held = await lease(system, path)
    assert held.anchor == "ob-A4"
    failed = {
        "code": "place_unknown",
        "detail": "Il documento non ha la parte.",
        "retryable": False,
    }
    headers = RENDERER | {"Ciclo-Lease-Token": held.lease_token}
    told = await system.client.post(f"/internal{path}/failure", json=failed, headers=headers)
    assert told.status_code == 204
    shown = (await system.client.get(f"{path}?wait=5", headers=who)).json()
    assert (shown["state"], shown["failure"]["code"]) == ("failed", "place_unknown")
    for key in ("section:99", "objective:NESSUNO", "section:A"):
        answer = await system.client.post(f"{PLAN}/previews", json={"key": key}, headers=who)
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_not_found"), key
    reader = await system.client.post(
        f"{PLAN}/previews", json={"key": "section:1"}, headers=person(system, "r", "reader")
    )
    assert reader.status_code == 403
    stranger = await system.client.post(f"/internal{path}/lease", headers=who)
    assert stranger.status_code == 401


async def test_a_preview_that_nobody_makes_is_given_up_and_an_old_one_is_gone(
    system: ReportSystem,
) -> None:
    who = person(system)
    path = await asked(system, who, key="section:1")
    parts: Container = system.app.state.container

    async def age(column: str, back: str) -> None:
        async with parts.database.write(["PI"], Author("test")) as session:
            past = sa.func.now() - sa.text(f"interval '{back}'")
            await session.execute(sa.update(previews).values({column: past}))

    await age("created_at", "1 minute")
    lost = (await system.client.get(f"{path}?wait=9", headers=who)).json()
    assert (lost["state"], lost["failure"]["code"]) == ("failed", "preview_lost")
    late = await system.client.post(f"/internal{path}/lease", headers=RENDERER)
    assert (late.status_code, late.json()["code"]) == (409, "not_leasable")
    assert not await forget(parts, "PI")
    await age("expires_at", "1 second")
    gone = await system.client.get(path, headers=who)
    assert (gone.status_code, gone.json()["code"]) == (404, "preview_not_found")
    assert await forget(parts, "PI")
    assert await rows(system, sa.select(previews.c.preview_id)) == []


async def test_a_preview_is_asked_for_once_per_key(system: ReportSystem) -> None:
    headers = person(system) | {"Idempotency-Key": "preview-1"}
    made = [
        await system.client.post(f"{PLAN}/previews", json={"key": "section:1"}, headers=headers)
        for _ in range(2)
    ]
    assert made[0].content == made[1].content
    assert len(await rows(system, sa.select(previews.c.preview_id))) == 1
