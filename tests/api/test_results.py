"""Measurements in, exact results out, each of them explained; evaluations of the OIV."""

import json
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from tests.api.system import PISA, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = "/v1/chambers/PI/plans/2020"
PUBLISHED = json.loads(PISA)["published"]


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def pisa(api: Api) -> None:
    """Pisa 2020, as published."""
    await api.create_chambers("PI", "LU")
    answer = await api.import_case("PI", PISA)
    assert answer.status_code == 201, answer.text


async def results(api: Api) -> Any:  # noqa: ANN401 - JSON
    """The results as they are now."""
    answer = await api.call("GET", f"{BASE}/results")
    assert answer.status_code == 200
    return answer.json()


async def test_every_published_percentage(api: Api) -> None:
    found = await results(api)
    indicators = {row["code"]: row["figure"]["shown"] for row in found["indicators"]}
    objectives = {row["code"]: row["figure"]["shown"] for row in found["objectives"]}
    published = {
        **{("indicator", code): shown for code, shown in PUBLISHED["indicators"].items()},
        **{("objective", code): shown for code, shown in PUBLISHED["objectives"].items()},
    }
    shown = {
        (kind, code): (indicators if kind == "indicator" else objectives)[code]
        for kind, code in published
    }
    assert len(published) == 128
    # As figures: the document prints 100 where its other sheets print 99,6.
    assert {key: Decimal(text) for key, text in shown.items()} == {
        key: Decimal(text) for key, text in published.items()
    }
    assert found["overall"]["shown"] == "94.9"
    assert found["overall"]["judgement"] == "eccellente"
    assert found["overall"]["recognised"].startswith("94.883")


async def test_reconciliation_finds_no_difference(api: Api) -> None:
    found = (await api.call("GET", f"{BASE}/reconciliation")).json()
    assert found["compared"] == 130
    assert found["differences"] == []


async def test_figures_are_explained(api: Api) -> None:
    for code, rule in (("A4", "weighted_mean"), ("A1.1", "at_least"), ("overall", None)):
        found = (await api.call("GET", f"{BASE}/results/{code}")).json()
        assert found["code"] == code
        assert found["text"]
        assert rule is None or found["rule"] == rule
    chamber = (await api.call("GET", f"{BASE}/results/A4")).json()
    manager = (await api.call("GET", f"{BASE}/results/A4?scope=SG")).json()
    assert chamber["recognised"].startswith("67.57")
    assert manager["recognised"].startswith("90.0")
    excluded = [row for row in manager["contributions"] if row["excluded"] == "neutralised"]
    assert [row["code"] for row in excluded] == ["A4.6"]
    missing = await api.call("GET", f"{BASE}/results/NOTHING")
    assert missing.json()["code"] == "figure_not_found"


async def test_no_plan_no_results(api: Api) -> None:
    for path in ("results", "results/A4", "reconciliation", "export", "objectives"):
        answer = await api.call("GET", f"/v1/chambers/LU/plans/1999/{path}")
        assert answer.status_code == 404
        assert answer.json()["code"] == "plan_not_found"


async def test_a_measurement_changes_the_results_and_their_etag(api: Api) -> None:
    before = await api.call("GET", f"{BASE}/results")
    body = {"measurements": [{"indicator": "D2.2", "value": "100"}]}
    recorded = await api.call("POST", f"{BASE}/measurements", json=body)
    assert recorded.status_code == 201
    after = await api.call(
        "GET", f"{BASE}/results", headers={"If-None-Match": before.headers["etag"]}
    )
    assert after.status_code == 200
    assert after.json()["revision"] == recorded.json()["revision"]
    shown = {row["code"]: row["figure"]["shown"] for row in after.json()["indicators"]}
    assert shown["D2.2"] == "100"
    same = await api.call(
        "GET", f"{BASE}/results", headers={"If-None-Match": after.headers["etag"]}
    )
    assert same.status_code == 304


async def test_a_value_that_is_missing_or_suspended_is_recorded_as_such(api: Api) -> None:
    body = {
        "measurements": [
            {"indicator": "A1.2", "status": "missing"},
            {"indicator": "A5.1", "status": "suspended", "note": "in attesa"},
        ]
    }
    recorded = await api.call("POST", f"{BASE}/measurements", json=body)
    assert recorded.status_code == 201, recorded.text
    reasons = {row["code"]: row["figure"]["reason"] for row in (await results(api))["indicators"]}
    assert (reasons["A1.2"], reasons["A5.1"]) == ("missing", "suspended")


async def test_the_same_value_again_is_no_change(api: Api) -> None:
    body = {"measurements": [{"indicator": "A1.1", "value": "9.99"}]}
    first = (await api.call("POST", f"{BASE}/measurements", json=body)).json()
    second = (await api.call("POST", f"{BASE}/measurements", json=body)).json()
    assert (first["changed"], second["changed"], second["unchanged"]) == (1, 0, 1)
    assert second["revision"] == first["revision"]


async def test_all_faults_of_a_form_at_once(api: Api) -> None:
    before = await results(api)
    body = {
        "measurements": [
            {"indicator": "A1.1", "value": "tanti"},
            {"measure": "NONE", "year": 2020, "value": "1"},
            {"indicator": "A1.2"},
            {"indicator": "A1.1", "measure": "2", "year": 2020, "value": "1"},
            {"indicator": "A3.1", "value": "1"},
            {"indicator": "A3.1", "value": "2"},
        ]
    }
    answer = await api.call("POST", f"{BASE}/measurements", json=body)
    assert answer.status_code == 422
    assert {pointer.split("/")[2] for pointer, _ in codes(answer)} == {"0", "1", "2", "3", "5"}
    assert await results(api) == before


async def test_measurements_are_listed_and_filtered(api: Api) -> None:
    one = await api.call("GET", f"{BASE}/measurements?subject_kind=indicator&subject_code=A1.1")
    (item,) = one.json()["items"]
    assert item["subject_code"] == "A1.1"
    measures = await api.call("GET", f"{BASE}/measurements?subject_kind=measure&limit=500")
    assert all(item["subject_kind"] == "measure" for item in measures.json()["items"])


async def test_a_decision_of_the_oiv_leaves_other_scopes_alone(api: Api) -> None:
    before = {row["code"]: row["figure"] for row in (await results(api))["objectives"]}
    decision = {
        "scope": "chamber",
        "indicator": "A4.6",
        "effect": "exclude",
        "cause": "exogenous",
        "reason": "Manifestazione annullata per legge",
    }
    made = await api.call("POST", f"{BASE}/evaluations", json=decision, roles={"PI": ["oiv"]})
    assert made.status_code == 201
    location = made.headers["location"]
    assert (await api.call("GET", location)).json() == made.json()
    again = await api.call("POST", f"{BASE}/evaluations", json=decision)
    assert again.json()["code"] == "evaluation_exists"
    changed = {row["code"]: row["figure"] for row in (await results(api))["objectives"]}
    assert changed["A4"]["recognised"] != before["A4"]["recognised"]
    assert changed["SG"] == before["SG"]
    back, why = f"{location}/withdrawal", {"reason": "Decisa per errore"}
    assert (await api.call("POST", back, json=why, roles={"PI": ["reader"]})).status_code == 403
    assert (await api.call("POST", back, json={})).status_code == 422
    assert (await api.call("POST", back, json=why)).status_code == 204
    assert (await api.call("POST", back, json=why)).status_code == 404
    restored = {row["code"]: row["figure"] for row in (await results(api))["objectives"]}
    assert restored == before


async def test_a_decision_about_nothing_is_refused(api: Api) -> None:
    decision = {"scope": "NONE", "indicator": "NONE", "effect": "exclude", "reason": "x"}
    answer = await api.call("POST", f"{BASE}/evaluations", json=decision)
    assert answer.status_code == 422
    assert {pointer for pointer, _ in codes(answer)} == {"/scope", "/indicator"}
