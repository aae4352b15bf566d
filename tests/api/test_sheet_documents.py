"""The document of one individual sheet: for who sees the sheet, and not there for the others."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from shared.contracts.snapshot import ReportSnapshot
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

REPORTS = "/v1/chambers/PI/reports"
SG = "/v1/chambers/PI/plans/2020/sheets/SG/report"
Headers = dict[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ReportSystem]:
    folder = Path(tmp_path_factory.mktemp("sheets"))
    async with running(settings_for(runtime_url, redis_server_url, folder), folder) as started:
        await started.prepare()
        yield started


def person(system: ReportSystem, role: str, *, sheets: str = "", evaluates: str = "") -> Headers:
    """Somebody with a role in Pisa; ``sheets`` and ``evaluates`` are one code each."""
    token = system.issuer.mint(
        {"PI": [role]},
        subject=f"{role}-{sheets}-{evaluates}",
        sheets=[sheets] if sheets else (),
        evaluates=[evaluates] if evaluates else (),
    )
    return {"Authorization": f"Bearer {token}"}


async def ask(system: ReportSystem, who: Headers, path: str = SG) -> httpx.Response:
    return await system.client.post(path, headers=who)


async def rendered(
    system: ReportSystem, who: Headers, path: str = SG
) -> tuple[str, ReportSnapshot]:
    """Address and frozen content of a sheet's document."""
    asked = await ask(system, who, path)
    assert asked.status_code == 202, asked.text
    renderer = system.renderer(asked.json()["job_id"])
    await renderer.work()
    assert renderer.lease is not None
    return str(asked.json()["report"]), renderer.lease.snapshot


async def test_it_holds_one_sheet_and_all_of_it(system: ReportSystem) -> None:
    oiv = person(system, "oiv")
    report, snapshot = await rendered(system, oiv)
    assert {row.scope for row in snapshot.objectives} == {"SG"}
    assert snapshot.objectives[0].code == "SG"
    assert snapshot.overall.shown == "99.6"
    results = await system.client.get("/v1/chambers/PI/plans/2020/results", headers=oiv)
    told = {row["code"]: row for row in results.json()["indicators"]}
    for row in snapshot.indicators:
        assert row.figure.model_dump(mode="json") == told[row.code]["figure"], row.code
    assert {row.scope for row in snapshot.evaluations} == {"SG"}
    text = snapshot.model_dump_json()
    assert '"DARS"' not in text
    assert '"DASTT"' not in text
    shown = (await system.client.get(report, headers=oiv)).json()
    assert (shown["kind"], shown["sheet"], shown["individual_sheets"]) == ("scheda", "SG", "roles")
    pdf = await system.client.get(f"{report}/pdf", headers=oiv)
    assert "Scheda individuale SG 2020 - PI" in pdf.headers["content-disposition"]


@pytest.mark.parametrize(
    ("role", "of"),
    [
        ("oiv", {}),
        ("signer", {}),
        ("reader", {"sheets": "SG"}),
        ("validator", {"evaluates": "SG"}),
        ("controller", {"evaluates": "SG"}),
    ],
)
async def test_who_sees_the_sheet_asks_for_it_and_reads_it(
    system: ReportSystem, role: str, of: dict[str, str]
) -> None:
    who = person(system, role, **of)
    report, _ = await rendered(system, who)
    assert (await system.client.get(report, headers=who)).status_code == 200
    assert (await system.client.get(f"{report}/pdf", headers=who)).status_code == 200
    listed = await system.client.get(f"{REPORTS}?kind=scheda", headers=who)
    assert report.rsplit("/", 1)[1] in {row["report_id"] for row in listed.json()["items"]}


@pytest.mark.parametrize(
    ("role", "of", "status", "code"),
    [
        ("reader", {}, 404, "subject_not_found"),
        ("contributor", {"sheets": "DARS"}, 404, "subject_not_found"),
        ("validator", {"evaluates": "DASTT"}, 404, "subject_not_found"),
        ("controller", {}, 403, "sheet_not_visible"),
        ("chamber_administrator", {}, 403, "sheet_not_visible"),
    ],
)
async def test_for_the_others_it_is_not_there(
    system: ReportSystem, role: str, of: dict[str, str], status: int, code: str
) -> None:
    report, _ = await rendered(system, person(system, "oiv"))
    who = person(system, role, **of)
    answer = await ask(system, who)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    for path in (report, f"{report}/pdf"):
        answer = await system.client.get(path, headers=who)
        assert (answer.status_code, answer.json()["code"]) == (404, "report_not_found"), path
    listed = await system.client.get(f"{REPORTS}?limit=500", headers=who)
    assert "SG" not in {row["sheet"] for row in listed.json()["items"]}


async def test_a_sheet_that_is_not_there(system: ReportSystem) -> None:
    oiv = person(system, "oiv")
    for code in ("XX", "A4", "SG-P1"):
        answer = await ask(system, oiv, SG.replace("/SG/", f"/{code}/"))
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_not_found"), code
    answer = await ask(system, oiv, SG.replace("2020", "2019"))
    assert answer.json()["code"] == "plan_not_found"


async def test_the_register_tells_of_it_to_who_sees_the_sheet(
    system: ReportSystem, owner_url: str
) -> None:
    report, _ = await rendered(system, person(system, "oiv"))
    (line,) = await Inside(owner_url, "PI").rows(
        "SELECT detail->'sheets' AS sheets FROM audit_log "
        "WHERE action = 'report.requested' AND subject = $1",
        report.rsplit("/", 1)[1],
    )
    assert line["sheets"] == '["SG"]'


async def test_it_is_not_approved(system: ReportSystem) -> None:
    report, _ = await rendered(system, person(system, "oiv"))
    who = person(system, "controller", evaluates="SG")
    etag = (await system.client.get(report, headers=who)).headers["etag"]
    act = {"organ": "Giunta", "number": "1", "date": "2021-06-16"}
    answer = await system.client.post(
        f"{report}/approval", json={"act": act}, headers=who | {"If-Match": etag}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "report_kind_not_approved")
