"""Results by period, level, office and year."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.api.system import CASES, PISA, Api
from tests.unit.plans import case, indicator, objective

pytestmark = pytest.mark.asyncio(loop_scope="module")

LUCCA = (CASES / "synthetic-lucca-2015.json").read_bytes()
BASE = "/v1/chambers/LU/plans/2015"
READER = {"LU": ["reader"]}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def lucca(api: Api) -> None:
    """A year of the Lucca kind."""
    await api.create_chambers("LU", "PI")
    assert (await api.import_case("LU", LUCCA)).status_code == 201


async def get(api: Api, path: str) -> Any:  # noqa: ANN401 - JSON
    answer = await api.call("GET", path, roles=READER)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_answer_says_what_it_was_computed_on(api: Api) -> None:
    revision = (await get(api, f"{BASE}/results"))["revision"]
    paths = (
        "results",
        "results/OS1",
        "period-results",
        "period-results/Q1",
        "objective-results",
        "indicator-results",
        "unit-results",
        "reconciliation",
    )
    for path in paths:
        found = await get(api, f"{BASE}/{path}")
        assert found["plan_version"] == 1, path
        assert found["plan_state"] == "draft", path
        assert found["revision"] == revision, path


async def test_objectives_by_level_with_lights_and_judgements(api: Api) -> None:
    units = (await get(api, f"{BASE}/objective-results?kind=unit"))["items"]
    assert [(row["code"], row["figure"]["shown"]) for row in units] == [
        ("U1", "75.0"),
        ("U2", None),
    ]
    assert units[0]["figure"]["light"] == "yellow"
    below = (await get(api, f"{BASE}/objective-results?parent=OS1&sort=-code"))["items"]
    assert [row["code"] for row in below] == ["PO1.2", "PO1.1"]
    assert below[0]["offices"] == ["Ufficio Promozione"]
    assert (below[0]["indicators"], below[0]["with_result"]) == (2, 2)
    green = (await get(api, f"{BASE}/objective-results?light=green&fields=code"))["items"]
    assert {"code": "E1"} in green


async def test_indicators_of_an_objective_an_office_a_status(api: Api) -> None:
    of_area = (await get(api, f"{BASE}/indicator-results?objective=AREA%201"))["items"]
    assert [row["code"] for row in of_area] == ["I1", "I2", "I3", "I4", "I5"]
    office = (await get(api, f"{BASE}/indicator-results?office=Registro%20imprese"))["items"]
    assert [row["code"] for row in office] == ["I6", "I7", "I8"]
    suspended = (await get(api, f"{BASE}/indicator-results?status=suspended"))["items"]
    assert [row["code"] for row in suspended] == ["I5"]


async def test_a_list_of_figures_goes_page_by_page(api: Api) -> None:
    for sort in ("position", "-code"):
        seen: list[str] = []
        cursor = ""
        while True:
            path = f"{BASE}/indicator-results?limit=5&sort={sort}{cursor}"
            found = await get(api, path)
            seen += [row["code"] for row in found["items"]]
            if found["next"] is None:
                break
            cursor = f"&cursor={found['next']}"
        whole = await get(api, f"{BASE}/indicator-results?sort={sort}&limit=500")
        assert seen == [row["code"] for row in whole["items"]]
        assert len(seen) == 12
    for query in ("sort=nothing", "cursor=nothing", "cursor=W10", "fields=nothing"):
        answer = await api.call("GET", f"{BASE}/indicator-results?{query}")
        assert answer.status_code == 422, query
    other = (await get(api, f"{BASE}/indicator-results?limit=1"))["next"]
    answer = await api.call("GET", f"{BASE}/unit-results?cursor={other}")
    assert answer.json()["code"] == "invalid_cursor"


async def test_offices_with_the_mean_of_what_they_answer_for(api: Api) -> None:
    found = {row["unit"]: row for row in (await get(api, f"{BASE}/unit-results"))["items"]}
    assert list(found) == ["Dirigente Area Anagrafe", "Registro imprese", "Ufficio Promozione"]
    promotion = found["Ufficio Promozione"]
    # PO1.1 is 97.5, recognised 100 by tolerance; PO1.2 is 89
    assert promotion["figure"]["recognised"] == "94.5"
    assert promotion["figure"]["light"] == "green"
    assert [(row["code"], row["share"]) for row in promotion["objectives"]] == [
        ("PO1.1", "0.5"),
        ("PO1.2", "0.5"),
    ]
    assert (promotion["indicators"], promotion["with_result"]) == (4, 4)


async def test_the_year_period_by_period(api: Api) -> None:
    summary = await get(api, f"{BASE}/period-results")
    assert [row["period"] for row in summary["items"]] == ["Q1", "Q2", "Q3", "Y"]
    year = (await get(api, f"{BASE}/results"))["overall"]
    assert summary["items"][-1]["overall"] == year
    # Most of this year was recorded at its end: until then only the suspended row is known.
    first = await get(api, f"{BASE}/period-results/Q1")
    assert (first["first_day"], first["last_day"]) == ("2015-01-01", "2015-04-30")
    assert first["elapsed"].startswith("0.3333")
    reasons = {row["code"]: row["figure"]["reason"] for row in first["indicators"]}
    assert (reasons["I5"], reasons["I1"]) == ("suspended", "missing")
    unknown = await api.call("GET", f"{BASE}/period-results/Q4")
    assert unknown.status_code == 422


async def test_counts_to_date_beside_what_is_due(api: Api) -> None:
    document = case(
        year=2021,
        objectives=[objective("P", "perspective")],
        measures=[{"code": "corsi", "title": "Corsi", "aggregation": "sum"}],
        indicators=[
            {
                **indicator("I", "P", formula="[corsi]"),
                "targets": {"2021": {"op": ">=", "value": "40"}},
            }
        ],
    )
    assert (await api.import_case("PI", json.dumps(document).encode())).status_code == 201
    base = "/v1/chambers/PI/plans/2021"
    body = {"measurements": [{"measure": "corsi", "year": 2021, "period": "Q1", "value": "15"}]}
    await api.call("POST", f"{base}/measurements", json=body)
    found = (await api.call("GET", f"{base}/period-results/S1")).json()
    (row,) = found["indicators"]
    assert (row["value"], row["figure"]["recognised"]) == ("15", "37.5")
    assert (row["pro_rata"]["target"]["value"], row["pro_rata"]["result"]) == ("20", "75")
    assert found["overall"]["recognised"] == "37.5"


async def test_trends_by_code_over_the_years(api: Api) -> None:
    for year, value in ((2018, "50"), (2019, "75")):
        document = case(
            year=year,
            chamber="LU",
            objectives=[objective("A1", "perspective", title=f"Obiettivo del {year}")],
            indicators=[
                {**indicator("A1.1", "A1"), "targets": {str(year): {"op": ">=", "value": "100"}}}
            ],
            measurements=[{"indicator": "A1.1", "value": value}],
        )
        assert (await api.import_case("LU", json.dumps(document).encode())).status_code == 201
    await api.import_case("LU", PISA)
    query = "code=A1.1&code=A1&code=overall&code=NESSUNO&first=2016"
    found = await get(api, f"/v1/chambers/LU/trends?{query}")
    shown = {
        item["code"]: [(p["year"], p["figure"]["shown"]) for p in item["points"]]
        for item in found["items"]
    }
    assert shown["A1.1"][:2] == [(2018, "50"), (2019, "75")]
    assert [year for year, _ in shown["A1"]] == [2018, 2019, 2020]
    assert shown["overall"][-1] == (2020, "94.9")
    assert shown["NESSUNO"] == []
    subjects = {item["code"]: item["subject"] for item in found["items"]}
    assert (subjects["A1"], subjects["A1.1"]) == ("objective", "indicator")
    point = found["items"][0]["points"][0]
    assert (point["value"], point["target"]["value"]) == ("50", "100")
    assert (point["plan_version"], point["plan_state"]) == (1, "draft")
    (alone,) = (await get(api, "/v1/chambers/LU/trends"))["items"]
    assert alone["code"] == "overall"
    assert [p["year"] for p in alone["points"]][:1] == [2015]


async def test_figures_of_another_chamber_are_not_there(api: Api) -> None:
    for path in (f"{BASE}/unit-results", f"{BASE}/period-results/Q1", "/v1/chambers/LU/trends"):
        answer = await api.call("GET", path, roles={"PI": ["controller"]})
        assert answer.status_code == 404
