"""How punctual an office was, as an indicator: counted when periods are closed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from tests.api.system import ADMINISTRATOR, Api, codes
from tests.api.webhook_sender import Sender, create_integration, measure
from tests.unit.plans import case, indicator, objective

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Of a year to come: what is entered today is in time, whenever this runs.
YEAR = 2041
BASE = f"/v1/chambers/MS/plans/{YEAR}"


class At:
    """A clock that stands."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant


def document() -> bytes:
    target = {str(YEAR): {"op": ">=", "value": "80"}}
    rate = indicator("T", "P", formula="[entro] / [attesi] * 100", value_type="percent")
    sums = [{"code": code, "title": code, "aggregation": "sum"} for code in ("corsi", "visite")]
    return json.dumps(
        case(
            year=YEAR,
            kind="piano",
            objectives=[objective("P", "perspective")],
            measures=[
                {"code": "attesi", "title": "a", "external_ids": {"ciclo": "due_entries"}},
                {"code": "entro", "title": "e", "external_ids": {"ciclo": "timely_entries"}},
                *sums,
            ],
            indicators=[
                {**rate, "targets": target},
                {**indicator("I", "P", formula="[corsi] + [visite]"), "targets": target},
            ],
        )
    ).encode()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def sender(api: Api) -> Sender:
    await api.create_chambers("MS", "PI")
    answer = await api.import_case("MS", document())
    assert answer.status_code == 201, answer.text
    rules = await api.call("GET", "/v1/chambers/MS/measurement-rules")
    given = {"requirement": "entered"}
    match = {"If-Match": rules.headers["etag"]}
    path = "/v1/chambers/MS/measurement-rules"
    assert (await api.call("PUT", path, json=given, headers=match)).status_code == 200
    return await create_integration(api, "MS", "integra")


async def enter(api: Api, code: str, period: str) -> None:
    item = {"measure": code, "year": YEAR, "period": period, "value": "10"}
    answer = await api.call("POST", f"{BASE}/measurements", json={"measurements": [item]})
    assert answer.status_code == 201, answer.text


async def close(api: Api, period: str, *without: str) -> Any:  # noqa: ANN401 - JSON
    """Closes a period once the year is over."""
    system = api.app.state.container
    api.app.state.container = replace(system, clock=At(datetime(YEAR + 1, 2, 1, tzinfo=UTC)))
    exceptions = [
        {"subject_kind": "measure", "subject_code": code, "reason": "Non rilevato"}
        for code in without
    ]
    try:
        path = f"{BASE}/periods/{period}/closure"
        return await api.call("POST", path, json={"exceptions": exceptions}, roles=ADMINISTRATOR)
    finally:
        api.app.state.container = system


async def rate(api: Api) -> Any:  # noqa: ANN401 - JSON
    found = (await api.call("GET", f"{BASE}/results/T")).json()
    return found["value"]


async def counted(api: Api) -> dict[tuple[str, str | None], tuple[str, int]]:
    """Value and version of what the system has counted."""
    found = (await api.call("GET", f"{BASE}/measurements?limit=500")).json()["items"]
    return {
        (row["subject_code"], row["period"]): (row["value"], row["version"])
        for row in found
        if row["source"] == "ciclo"
    }


async def test_the_story_of_a_year(api: Api, sender: Sender) -> None:
    assert await rate(api) is None
    for code in ("corsi", "visite"):
        await enter(api, code, "Q1")
    await enter(api, "corsi", "Q2")

    # Nobody enters what the system counts: no form, no system.
    item = {"measure": "entro", "year": YEAR, "period": "Q1", "value": "99"}
    refused = await api.call("POST", f"{BASE}/measurements", json={"measurements": [item]})
    assert codes(refused) == [("/measurements/0/measure", "measure_fed_by_system")]
    receipt = (await sender.send(measure("entro", "99", year=YEAR, period="Q1"))).json()
    assert (receipt["applied"], receipt["quarantined"]) == (0, 1)

    assert (await close(api, "Q1")).status_code == 200
    assert await counted(api) == {("attesi", "Q1"): ("2", 1), ("entro", "Q1"): ("2", 1)}
    assert await rate(api) == "100"

    assert (await close(api, "Q2", "visite")).status_code == 200
    assert await rate(api) == "75"  # 3 of 4
    found = (await api.call("GET", f"{BASE}/period-results/Q1")).json()
    assert found["indicators"][0]["value"] == "100"

    # Closing again counts the same: no new version, no new revision.
    revision = (await api.call("GET", f"{BASE}/results")).json()["revision"]
    path = f"{BASE}/periods/Q2/reopening"
    assert (await api.call("POST", path, json={"reason": "Controllo"})).status_code == 200
    assert (await close(api, "Q2", "visite")).status_code == 200
    assert (await api.call("GET", f"{BASE}/results")).json()["revision"] == revision
    assert all(version == 1 for _, version in (await counted(api)).values())

    # The year has all of it, also what was due with the period that nobody closed.
    assert (await close(api, "Y", "corsi", "visite")).status_code == 200
    assert (await counted(api))["attesi", None] == ("6", 1)
    assert await rate(api) == "50"  # 3 of 6

    # What was counted travels with the plan and gives the same wherever it is read.
    exported = await api.call("GET", f"{BASE}/export")
    assert (await api.import_case("PI", exported.content)).status_code == 201
    there = (await api.call("GET", f"/v1/chambers/PI/plans/{YEAR}/results")).json()
    here = (await api.call("GET", f"{BASE}/results")).json()
    for name in ("overall", "objectives", "indicators"):
        assert there[name] == here[name]
    history = (await api.call("GET", f"{BASE}/measurements?subject_code=entro")).json()["items"]
    assert history[0]["note"].startswith("Dati attesi con Q1: 2; immessi entro il ")


async def test_what_a_file_counted_stays(api: Api, sender: Sender) -> None:
    given = json.loads(document())
    given["measurements"] = [
        {"measure": code, "year": YEAR, "period": "Q1", "value": value}
        for code, value in (("attesi", "40"), ("entro", "38"))
    ]
    await api.create_chambers("LU")
    assert (await api.import_case("LU", json.dumps(given).encode())).status_code == 201
    system = api.app.state.container
    api.app.state.container = replace(system, clock=At(datetime(YEAR + 1, 2, 1, tzinfo=UTC)))
    body = {
        "exceptions": [
            {"subject_kind": "measure", "subject_code": code, "reason": "x"}
            for code in ("corsi", "visite")
        ]
    }
    path = f"/v1/chambers/LU/plans/{YEAR}"
    try:
        answer = await api.call("POST", f"{path}/periods/Q1/closure", json=body)
    finally:
        api.app.state.container = system
    assert answer.status_code == 200, answer.text
    assert (await api.call("GET", f"{path}/results/T")).json()["value"] == "95"
