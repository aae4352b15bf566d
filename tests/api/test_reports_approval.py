"""A report is approved by an act and validated by the OIV, or told what stands in the way."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest_asyncio
import sqlalchemy as sa

from services.api.container import Container
from services.api.db.tables.requests import outbox
from shared.contracts.outgoing_events import EVENTS
from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.snapshot_validation import ValidationView
from tests.api.plan_office import ACT as ACT_OF_PLAN
from tests.api.plan_office import AMENDING_ACT, AMENDMENT, Office, small, with_target
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.system import Api, Roles, codes

DECISIONS = ("approved", "validated", "refused")
PLAN = "/v1/chambers/PI/plans/2020"
OIV = {"PI": ["oiv"]}
CONTROLLER = {"PI": ["controller"]}
ACT = {"organ": "Commissario straordinario", "number": "43/2021", "date": "2021-06-16"}
JUDGED = {"label": "eccellente", "text": "Anno di tenuta.", "final": True}
CAUSES = {
    "A4": {"cause": "exogenous", "explanation": "Festival annullato per legge in ottobre."},
    "D2": {
        "cause": "endogenous",
        "explanation": "Congressi fermi; posti offerti sopra le richieste.",
        "corrective_action": "Offerta commisurata alle richieste dal 2021.",
    },
}


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        yield started


async def rendered(system: ReportSystem, **body: str) -> tuple[str, ReportSnapshot]:
    """Address and frozen content of a new version whose PDF is there."""
    asked = await system.request("POST", "/v1/chambers/PI/reports", json={"year": 2020, **body})
    assert asked.status_code == 202, asked.text
    renderer = system.renderer(asked.json()["job_id"])
    await renderer.work()
    assert renderer.lease is not None
    return asked.json()["report"], renderer.lease.snapshot


async def move(
    system: ReportSystem, report: str, name: str, body: dict[str, Any], roles: Roles = CONTROLLER
) -> httpx.Response:
    """A move of somebody who has just read the report."""
    bearer = system.bearer(roles)
    read = await system.request("GET", report, headers=bearer)
    headers = bearer | {"If-Match": read.headers["etag"]}
    return await system.request("POST", f"{report}/{name}", json=body, headers=headers)


async def say(
    system: ReportSystem, path: str, body: dict[str, Any], roles: Roles = CONTROLLER
) -> None:
    answer = await system.request("PUT", f"{PLAN}/{path}", json=body, headers=system.bearer(roles))
    assert answer.status_code == 200, answer.text


async def test_a_report_from_the_act_to_the_validation(system: ReportSystem) -> None:
    first, frozen = await rendered(system)
    assert [d.subject for d in frozen.deviations or ()] == ["A4", "D2"]
    refused = await move(system, first, "approval", {"act": ACT})
    assert (refused.status_code, refused.json()["code"]) == (422, "report_approval_refused")
    assert codes(refused) == [
        ("/deviations/0", "deviation_unexplained"),
        ("/deviations/1", "deviation_unexplained"),
        ("/overall_judgement", "overall_judgement_missing"),
    ]
    check = (await system.request("GET", f"{PLAN}/report-check")).json()
    assert (check["ready"], len(check["obstacles"])) == (False, 3)
    english = await system.request("GET", f"{PLAN}/report-check", headers={"Accept-Language": "en"})
    assert "the cause of the deviation is missing" in english.json()["obstacles"][0]["detail"]
    for code, body in CAUSES.items():
        await say(system, f"deviations/objective:{code}", body)
    await say(system, "overall-judgement", JUDGED | {"final": False}, OIV)
    still = await move(system, first, "approval", {"act": ACT})
    assert codes(still) == codes(refused)  # the document is what is approved
    draft, _ = await rendered(system)
    assert codes(await move(system, draft, "approval", {"act": ACT})) == [
        ("/overall_judgement", "overall_judgement_not_final")
    ]
    last = await system.request("GET", f"{PLAN}/overall-judgement", headers=system.bearer(OIV))
    final = await system.request(
        "PUT",
        f"{PLAN}/overall-judgement",
        json=JUDGED,
        headers=system.bearer(OIV) | {"If-Match": last.headers["etag"]},
    )
    assert final.status_code == 200

    assert (await system.request("GET", f"{PLAN}/report-check")).json()["ready"]
    report, frozen = await rendered(system)
    assert frozen.overall_judgement is not None
    assert frozen.overall_judgement.proposed == "eccellente"
    early = await move(system, report, "validation", {"date": "2021-06-28"}, OIV)
    assert (early.status_code, early.json()["code"]) == (409, "report_not_approved")
    approved = await move(system, report, "approval", {"act": ACT})
    assert approved.status_code == 200, approved.text
    body = approved.json()
    assert body["state"] == "approved"
    assert body["moves"][0]["act"] == {"document": "relazione", **ACT}
    assert "report.validate" not in body["allowed_actions"]
    twice = await move(system, report, "approval", {"act": ACT})
    assert twice.json()["code"] == "report_already_approved"
    older = await move(system, draft, "approval", {"act": ACT})
    assert older.json()["code"] == "report_superseded"

    assert (await move(system, report, "validation", {"date": "2021-06-28"})).status_code == 403
    before = await move(system, report, "validation", {"date": "2021-06-01"}, OIV)
    assert codes(before) == [("/date", "date_before_approval")]
    conditions = {"date": "2021-06-28", "conditions": "Pubblicare gli allegati."}
    validated = await move(system, report, "validation", conditions, OIV)
    assert validated.status_code == 200, validated.text
    assert validated.json()["state"] == "validated"
    assert validated.json()["moves"][1]["conditions"] == "Pubblicare gli allegati."
    await _validation_is_documented(system, validated.json())
    assert (await system.request("GET", f"{report}/pdf")).status_code == 200
    again = await move(system, report, "refusal", {"date": "2021-06-28", "reason": "No."}, OIV)
    assert again.json()["code"] == "report_already_validated"
    await _another_version(system)
    await _subscribers_are_told(system)


async def _validation_is_documented(system: ReportSystem, validated: dict[str, Any]) -> None:
    decision = await _documented(system, validated)
    assert (decision.outcome, decision.date) == ("validated", "2021-06-28")
    assert decision.conditions == "Pubblicare gli allegati."
    assert decision.document.approval is not None
    assert decision.document.approval.number == "43/2021"
    assert {row.check: (row.done, row.of) for row in decision.checks}["deviations_explained"] == (
        2,
        2,
    )


async def _documented(system: ReportSystem, decided: dict[str, Any]) -> ValidationView:
    """The decision as its document says it, which names the very file that was decided on."""
    listed = await system.request("GET", "/v1/chambers/PI/reports?kind=validazione")
    path = f"/v1/chambers/PI/reports/{decided['report_id']}"
    (made,) = [row for row in listed.json()["items"] if row["about"] == path]
    assert (made["version"], made["period"], made["individual_sheets"]) == (1, None, "omitted")
    renderer = system.renderer(made["job"].rsplit("/", 1)[1])
    await renderer.work()
    assert renderer.lease is not None
    snapshot = renderer.lease.snapshot
    decision = snapshot.validation
    assert decision is not None
    assert decision.document.pdf_sha256 == decided["document"]["sha256"]
    assert decision.document.snapshot_sha256 == decided["snapshot_sha256"]
    assert decision.document.version == decided["version"]
    assert {row.scope for row in snapshot.objectives} == {"chamber"}
    pdf = f"/v1/chambers/PI/reports/{made['report_id']}/pdf"
    reader = system.bearer({"PI": ["reader"]})
    assert (await system.request("GET", pdf, headers=reader)).status_code == 200
    return decision


async def _subscribers_are_told(system: ReportSystem) -> None:
    """Every decision is an event of its kind, as subscribers know it."""
    parts: Container = system.app.state.container
    async with parts.database.read(["PI"]) as session:
        rows = await session.all(sa.select(outbox.c.topic, outbox.c.payload))
    told = [row for row in rows if row.topic in {f"report.{word}" for word in DECISIONS}]
    assert {row.topic.partition(".")[2] for row in told} == set(DECISIONS)
    for row in told:
        EVENTS[row.topic].data.model_validate(row.payload)


async def _another_version(system: ReportSystem) -> None:
    """After an approval a version more needs its reason, which it carries."""
    silent = await system.request("POST", "/v1/chambers/PI/reports", json={"year": 2020})
    assert (silent.status_code, silent.json()["code"]) == (422, "report_reason_required")
    report, frozen = await rendered(system, reason="Corretto un refuso nel paragrafo 2.")
    assert frozen.reason == "Corretto un refuso nel paragrafo 2."
    assert [act.document for act in frozen.acts] == ["relazione", "validazione"]
    shown = await system.request("GET", report)
    assert shown.json()["reason"] == frozen.reason
    assert (await move(system, report, "approval", {"act": ACT})).status_code == 200
    why = {"date": "2021-07-10", "reason": "Mancano gli allegati."}
    refused = await move(system, report, "refusal", why, OIV)
    assert (refused.status_code, refused.json()["state"]) == (200, "refused")
    assert refused.json()["moves"][1]["reason"] == "Mancano gli allegati."
    decision = await _documented(system, refused.json())
    assert (decision.outcome, decision.reason) == ("refused", "Mancano gli allegati.")
    # An import of the file as it was does not take the acts of decisions away.
    await system.prepare()
    export = (await system.request("GET", f"{PLAN}/export")).json()
    assert [act["document"] for act in export["acts"]] == ["relazione", "validazione"]


async def test_moves_are_made_on_what_was_read(system: ReportSystem) -> None:
    report, _ = await rendered(system, reason="Prova.")
    bearer = system.bearer(CONTROLLER)
    blind = await system.request("POST", f"{report}/approval", json={"act": ACT}, headers=bearer)
    stale = await system.request(
        "POST", f"{report}/approval", json={"act": ACT}, headers=bearer | {"If-Match": '"x"'}
    )
    assert (blind.status_code, stale.status_code) == (428, 412)
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    late = await move(system, report, "approval", {"act": ACT | {"date": tomorrow}})
    assert ("/act/date", "date_in_future") in codes(late)
    stranger = system.bearer({"LU": ["controller"]})
    foreign = await system.request(
        "POST", f"{report}/approval", json={"act": ACT}, headers=stranger
    )
    assert foreign.status_code == 404


async def test_a_report_being_made_cannot_be_approved(system: ReportSystem) -> None:
    asked = await system.request(
        "POST", "/v1/chambers/PI/reports", json={"year": 2020, "reason": "Prova."}
    )
    waiting = await move(system, asked.json()["report"], "approval", {"act": ACT})
    assert (waiting.status_code, waiting.json()["code"]) == (409, "report_not_ready")
    await system.request("DELETE", asked.headers["location"])
    gone = await move(system, asked.json()["report"], "approval", {"act": ACT})
    assert gone.json()["code"] == "report_without_document"


async def test_the_amendments_of_the_year_are_in_the_report(system: ReportSystem) -> None:
    office = Office(cast("Api", _Administrator(system)), 2033)
    assert (await office.send(small(office.year))).status_code == 201
    await office.done("approval", {"act": ACT_OF_PLAN})
    await office.done("amendments", AMENDMENT | {"oiv_opinion": "Favorevole."})
    case = with_target(small(office.year), "I1", "80")
    case["objectives"][1]["title"] = "Servizi alle imprese"
    assert (await office.send(case)).status_code == 201
    await office.done("approval", {"act": AMENDING_ACT})
    asked = await system.request("POST", "/v1/chambers/LU/reports", json={"year": office.year})
    renderer = system.renderer(asked.json()["job_id"], "LU")
    await renderer.take()
    assert renderer.lease is not None
    (made,) = renderer.lease.snapshot.amendments
    assert (made.version, made.cause, made.oiv_opinion) == (2, "exogenous", "Favorevole.")
    assert made.motivation == AMENDMENT["motivation"]
    assert made.act is not None
    assert made.act.number == AMENDING_ACT["number"]
    (target,) = made.targets
    assert (target.indicator, target.year) == ("I1", office.year)
    assert [None if t is None else t.value for t in (target.old, target.new)] == ["100", "80"]
    (change,) = made.changes
    assert (change.code, change.name, change.old, change.new) == (
        "A1",
        "title",
        "Servizi",
        "Servizi alle imprese",
    )


class _Administrator:
    """Calls as an :class:`~tests.api.plan_office.Office` makes them, to this system."""

    def __init__(self, system: ReportSystem) -> None:
        self._system = system

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
        return await self._system.request(method, path, **more)


async def test_a_text_that_an_office_owes_keeps_a_report_from_being_approved(
    system: ReportSystem,
) -> None:
    """The document is what is approved: what is written after it was frozen is not in it."""
    await say(system, "text-assignments/section:1", {"offices": ["Ufficio Studi"]})
    await say(system, "narratives/section:2/draft", {"text": "Non ancora.", "base_version": 0})
    report, _ = await rendered(system, reason="Mancavano testi.")
    refused = await move(system, report, "approval", {"act": ACT})
    assert ("/narratives", "text_owed") in codes(refused)
    (owed,) = (e["detail"] for e in refused.json()["errors"] if e["code"] == "text_owed")
    assert "Ufficio Studi" in owed
    assert "draft_unsubmitted" not in refused.text  # told by the check, in nobody's way
    check = await system.request("GET", f"{PLAN}/report-check")
    assert "draft_unsubmitted" in {row["code"] for row in check.json()["warnings"]}
    assert "Non ancora." not in check.text
    await say(system, "narratives/section:1", {"text": "Risultati."})
    again = await move(system, report, "approval", {"act": ACT})
    assert ("/narratives", "text_owed") in codes(again)
    later, _ = await rendered(system, reason="Mancavano testi.")
    assert "text_owed" not in (await move(system, later, "approval", {"act": ACT})).text


async def test_a_piano_is_published_once_its_plan_is_approved(system: ReportSystem) -> None:
    office = Office(cast("Api", _Administrator(system)), 2034)
    assert (await office.send(small(office.year))).status_code == 201
    everything: Roles = {"LU": ["chamber_administrator"]}

    async def piano(**more: str) -> str:
        wanted = {"year": office.year, "kind": "piano", **more}
        asked = await system.request("POST", "/v1/chambers/LU/reports", json=wanted)
        await system.renderer(asked.json()["job_id"], "LU").work()
        return str(asked.json()["report"])

    early = await piano()
    bearer = system.bearer(everything)
    shown = (await system.request("GET", early, headers=bearer)).json()
    assert shown["state"] == "rendered"
    assert not {"report.publish", "report.approve"} & set(shown["allowed_actions"])
    for name, body in (("publication", {}), ("approval", {"act": ACT})):
        refused = await move(system, early, name, body, everything)
        assert (refused.status_code, refused.json()["code"]) == (409, "report_plan_not_approved")
    await office.done("approval", {"act": ACT_OF_PLAN})
    report = await piano()
    adopted = (await system.request("GET", report, headers=bearer)).json()
    assert adopted["state"] == "approved"
    (made,) = adopted["moves"]
    assert made["move"] == "approve"
    assert {name: made["act"][name] for name in ACT_OF_PLAN} == ACT_OF_PLAN
    assert "report.publish" in adopted["allowed_actions"]
    again = await move(system, report, "approval", {"act": ACT}, everything)
    assert (again.status_code, again.json()["code"]) == (409, "report_already_approved")
    refused = await move(system, report, "validation", {"date": "2021-06-28"}, {"LU": ["oiv"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "report_kind_not_validated")
    published = await move(system, report, "publication", {}, everything)
    assert (published.status_code, published.json()["state"]) == (200, "published")
    silent = {"year": office.year, "kind": "piano"}
    refused = await system.request("POST", "/v1/chambers/LU/reports", json=silent)
    assert (refused.status_code, refused.json()["code"]) == (422, "report_reason_required")
    later = await piano(reason="Corretto un refuso nella premessa.")
    assert (await system.request("GET", later, headers=bearer)).json()["version"] == 3
    address = f"/v1/publications/LU/{report.rsplit('/', 1)[1]}/pdf"
    assert (await system.client.get(address)).status_code == 200
