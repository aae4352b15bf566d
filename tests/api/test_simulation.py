"""What if: the results a plan would have, and nothing stored."""

import json
from decimal import Decimal

import pytest
import pytest_asyncio

from tests.api.system import PISA, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = "/v1/chambers/PI/plans/2020"


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def pisa(api: Api) -> None:
    """Pisa 2020, as published."""
    await api.create_chambers("PI")
    assert (await api.import_case("PI", PISA)).status_code == 201


async def test_what_if_shows_every_figure_that_would_move_and_stores_nothing(api: Api) -> None:
    before = (await api.call("GET", f"{BASE}/results")).json()
    answer = await api.call(
        "POST",
        f"{BASE}/results/simulation",
        json={
            "measurements": [{"indicator": "A4.6", "value": "true"}],
            "targets": {"D2.2": {"op": ">=", "value": "3.52"}},
        },
    )
    assert answer.status_code == 200, answer.text
    moved = {(c["subject"], c["code"]): c["after"] for c in answer.json()["changes"]}
    assert moved["indicator", "A4.6"] == "100"
    assert moved["indicator", "D2.2"] == "100"
    assert moved["objective", "D2"] == "100"
    # A4 by hand: 67.5722.. + 25 points of weight out of 100, from 0 to 100.
    assert moved["objective", "A4"] == "92.57222222222222222222222222"
    assert set(moved) == {
        ("overall", None),
        *(("objective", code) for code in ("A", "A4", "D", "D2", "1", "3")),
        *(("indicator", code) for code in ("A4.6", "D2.2")),
    }
    assert answer.json()["results"]["overall"]["recognised"] == moved["overall", None]
    assert (await api.call("GET", f"{BASE}/results")).json() == before


async def test_what_if_with_other_rules_and_weights(api: Api) -> None:
    policy = json.loads(PISA)["policy"] | {"overall": {"kinds": ["strategic_objective"]}}
    answer = await api.call(
        "POST",
        f"{BASE}/results/simulation",
        json={
            "policy": policy,
            "indicator_weights": {"D2.2": "0"},
            "objective_weights": dict.fromkeys(
                ("A1", "A3", "A4", "A5", "A6", "A7", "B1", "C1", "C2", "D1", "D2", "D3"), "10"
            ),
        },
    )
    found = answer.json()["results"]
    objectives = {row["code"]: row["figure"]["recognised"] for row in found["objectives"]}
    assert objectives["D2"] == "100"
    # Twelve equal weights: eleven times 100 and A4.
    expected = (Decimal(1100) + Decimal(objectives["A4"])) / 12
    assert Decimal(found["overall"]["recognised"]).quantize(Decimal("1e-20")) == expected.quantize(
        Decimal("1e-20")
    )


async def test_what_if_refuses_what_the_plan_could_not_hold(api: Api) -> None:
    answer = await api.call(
        "POST",
        f"{BASE}/results/simulation",
        json={
            "measurements": [
                {"indicator": "A4.6", "value": "forse"},
                {"measure": "nessuna", "year": 2020, "value": "1"},
            ],
            "targets": {"A4.6": {"op": ">=", "value": "true"}},
        },
    )
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/measurements/0/value", "wrong_value"),
        ("/measurements/1/measure", "unknown_measure"),
        ("/targets/A4.6", "boolean_needs_equal"),
    }
    unknown = await api.call(
        "POST", f"{BASE}/results/simulation", json={"targets": {"Z9": {"op": ">=", "value": "1"}}}
    )
    assert [e["pointer"] for e in unknown.json()["errors"]] == ["/targets/Z9"]
