"""Monitoring reports: a year as it stood at the end of a period, made by themselves."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.identity import LocalIssuer
from services.api.dispatch.monitor import Monitor
from shared.contracts.snapshot import ReportSnapshot
from tests.api.plan_office import ACT, small
from tests.api.system import JSON, Api, codes, running, settings_for
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2032
BASE = f"/v1/chambers/LU/plans/{YEAR}"
REPORTS = "/v1/chambers/LU/reports"
OFFICE = {"LU": ["contributor"]}
MANAGER = {"LU": ["validator"]}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """The application without a monitor of its own, which would be there before the test's."""
    async with running(settings_for(runtime_url, issuer, dispatch=False), issuer) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def monitor(api: Api) -> AsyncIterator[Monitor]:
    """A plan whose two measures are counted every quadrimestre."""
    await api.create_chambers("LU")
    case = small(YEAR, measurements=[])
    for row in case["measures"]:
        row["aggregation"] = "sum"
    answer = await api.call(
        "POST", "/v1/chambers/LU/imports", content=json.dumps(case).encode(), headers=JSON
    )
    assert answer.status_code == 201, answer.text
    yield Monitor(api.app.state.container)


async def enter(api: Api, code: str, value: str, period: str = "Q1") -> str:
    """A value that its office hands in; answers its id."""
    given = {"measure": code, "year": YEAR, "period": period, "value": value}
    path = f"{BASE}/measurements"
    answer = await api.call("POST", path, OFFICE, json={"measurements": [given]})
    assert answer.status_code == 201, answer.text
    listed = await api.call("GET", f"{path}?subject_code={code}&period={period}", OFFICE)
    (row,) = listed.json()["items"]
    await step(api, row["measurement_id"], "submission", OFFICE)
    return str(row["measurement_id"])


async def step(
    api: Api, measurement: str, move: str, roles: dict[str, list[str]], **body: str
) -> None:
    subject = roles["LU"][0]
    bearer = {"Authorization": f"Bearer {api.issuer.mint(roles, subject=subject)}"}
    path = f"{BASE}/measurements/{measurement}"
    etag = (await api.call("GET", path, roles)).headers["etag"]
    answer = await api.call(
        "POST", f"{path}/{move}", roles, json=body, headers=bearer | {"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text


async def listed(api: Api) -> list[dict[str, Any]]:
    answer = await api.call("GET", f"{REPORTS}?kind=monitoraggio&year={YEAR}&sort=created_at")
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def frozen(inside: Inside, report_id: str) -> ReportSnapshot:
    (row,) = await inside.rows("SELECT snapshot FROM reports WHERE report_id = $1", report_id)
    return ReportSnapshot.model_validate_json(row["snapshot"])


@pytest.fixture
def inside(owner_url: str) -> Inside:
    return Inside(owner_url, "LU")


async def test_the_last_validation_of_a_period_asks_for_its_report(
    api: Api, monitor: Monitor, inside: Inside
) -> None:
    first = await enter(api, "m1", "40")
    second = await enter(api, "m2", "1")
    await step(api, first, "validation", MANAGER)
    await monitor.run_once()
    assert await listed(api) == []

    await step(api, second, "validation", MANAGER)
    await enter(api, "m1", "35", period="Q2")  # is not in it
    await monitor.run_once()
    (report,) = await listed(api)
    assert (report["period"], report["version"], report["state"]) == ("Q1", 1, "requested")
    snapshot = await frozen(inside, report["report_id"])
    assert snapshot.period is not None
    assert (snapshot.period.due, snapshot.period.entered, snapshot.period.lacking) == (2, 2, ())
    values = {row.code: row.value for row in snapshot.indicators}
    assert values == {"I1": "40", "I2": "1"}
    assert snapshot.objectives[1].figure.measured == "28"  # 0.6 x 40 + 0.4 x 10
    part = snapshot.period.pro_rata["I1"]
    assert (part.met, part.shown, part.target.op) == (True, "100", ">=")

    await monitor.run_once()
    assert len(await listed(api)) == 1


async def test_a_correction_that_is_validated_makes_another_version(
    api: Api, monitor: Monitor, inside: Inside
) -> None:
    path = f"{BASE}/measurements?subject_code=m1&period=Q1"
    (row,) = (await api.call("GET", path)).json()["items"]
    await step(api, row["measurement_id"], "reopening", MANAGER, reason="Conteggio rivisto.")
    changed = await enter(api, "m1", "50")
    await monitor.run_once()
    assert len(await listed(api)) == 1
    await step(api, changed, "validation", MANAGER)
    await monitor.run_once()
    reports = await listed(api)
    assert [(r["period"], r["version"]) for r in reports] == [("Q1", 1), ("Q1", 2)]
    snapshot = await frozen(inside, reports[1]["report_id"])
    assert {row.code: row.value for row in snapshot.indicators}["I1"] == "50"


async def test_a_report_can_be_asked_for_before_the_data_are_complete(
    api: Api, monitor: Monitor, inside: Inside
) -> None:
    body = {"year": YEAR, "kind": "monitoraggio", "period": "Q2"}
    answer = await api.call("POST", REPORTS, json=body)
    assert answer.status_code == 202, answer.text
    report_id = answer.json()["report"].rsplit("/", 1)[1]
    snapshot = await frozen(inside, report_id)
    assert snapshot.period is not None
    lacking = [(row.subject, row.reason) for row in snapshot.period.lacking]
    assert lacking == [("m1", "submitted"), ("m2", "missing")]
    assert {row.code: row.value for row in snapshot.indicators}["I1"] == "85"  # 50 + 35


@pytest.mark.parametrize(
    "body",
    [{"kind": "monitoraggio"}, {"kind": "relazione", "period": "Q1"}, {"period": "Q1"}],
)
async def test_a_period_goes_with_monitoring_only(api: Api, body: dict[str, str]) -> None:
    answer = await api.call("POST", REPORTS, json={"year": YEAR, **body})
    assert (answer.status_code, codes(answer)) == (422, [("/period", "period_for_monitoring")])


async def test_a_period_that_the_year_does_not_have_is_refused(api: Api) -> None:
    body = {"year": YEAR, "kind": "monitoraggio", "period": "M05"}
    answer = await api.call("POST", REPORTS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "period_not_found")


async def test_a_monitoring_report_is_not_approved(api: Api) -> None:
    path = f"{REPORTS}/{(await listed(api))[0]['report_id']}"
    etag = (await api.call("GET", path)).headers["etag"]
    answer = await api.call(
        "POST",
        f"{path}/approval",
        json={"act": ACT},
        headers={"If-Match": etag},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "report_kind_not_approved")
