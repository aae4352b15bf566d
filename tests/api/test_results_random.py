"""Random plans through the API: in, out and in again the same; changed, and current at once."""

import json
from random import Random
from typing import Any

import pytest

from services.api.results.computing import Computing
from tests.api.system import PISA, Api
from tests.unit import any_plans
from tests.unit.any_plans import YEAR, Choices

pytestmark = pytest.mark.asyncio(loop_scope="module")

PLANS = 25
CHANGES = 6


def plan_number(number: int) -> tuple[Choices, dict[str, Any]]:
    """The same random plan every time, with choices left for what is done to it."""
    draw = Choices(Random(number).randbytes(1000))  # noqa: S311 - the same every time
    return draw, any_plans.document(draw)


async def test_import_export_import_is_the_identity(api: Api) -> None:
    for number in range(PLANS):
        _, document = plan_number(number)
        one, other = f"A{number}", f"B{number}"
        await api.create_chambers(one, other)
        await _import(api, one, _renamed(json.dumps(document), "PI", one))
        exported = (await api.call("GET", f"/v1/chambers/{one}/plans/{YEAR}/export")).text
        await _import(api, other, _renamed(exported, one, other))
        for path in ("export", "results"):
            ours, theirs = [
                (await api.call("GET", f"/v1/chambers/{code}/plans/{YEAR}/{path}")).text
                for code in (one, other)
            ]
            assert theirs == _renamed(ours, one, other)


def _renamed(text: str, chamber: str, other: str) -> str:
    return text.replace(f'"{chamber}"', f'"{other}"')


async def _import(api: Api, chamber: str, case: str) -> None:
    answer = await api.import_case(chamber, case.encode())
    assert answer.status_code == 201, answer.text


async def current(api: Api, chamber: str, year: int) -> bytes:
    """The answer, which must be what scoring everything from the database gives."""
    answer = await api.call("GET", f"/v1/chambers/{chamber}/plans/{year}/results")
    assert answer.status_code == 200, answer.text
    fresh = await Computing(api.app.state.container.database).compute(chamber, year)
    assert answer.content == fresh.results.body
    assert answer.headers["etag"] == fresh.results.etag
    return answer.content


async def test_after_every_measurement_the_results_are_those_from_scratch(api: Api) -> None:
    for number in range(PLANS):
        draw, document = plan_number(1000 + number)
        await api.create_chambers(code := f"R{number}")
        base = f"/v1/chambers/{code}/plans/{YEAR}"
        await _import(api, code, _renamed(json.dumps(document), "PI", code))
        before = await current(api, code, YEAR)
        for _ in range(CHANGES):
            answer = await api.call(
                "POST", f"{base}/measurements", json={"measurements": [_new(draw, document)]}
            )
            assert answer.status_code == 201, answer.text
            after = await current(api, code, YEAR)
            moved = answer.json()["created"] + answer.json()["changed"]
            assert (after != before) is bool(moved)
            before = after


def _new(draw: Choices, document: dict[str, Any]) -> dict[str, Any]:
    """Something to be recorded of one of the plan's measures, indicators or objectives."""
    kinds = any_plans.kinds_of_measures(document["measures"], document["indicators"])
    indicators = [(row["code"], row["value_type"]) for row in document["indicators"]]
    subjects = [
        *(("measure", code, kind) for code, kind in kinds.items()),
        *(("indicator", code, kind) for code, kind in indicators),
    ]
    if not subjects or draw.happens(5):
        return {"objective": draw.of(document["objectives"])["code"], "result": "85"}
    subject, code, kind = draw.of(subjects)
    given = any_plans.content(draw, kind, assessed=subject == "indicator")
    if subject == "measure":
        return {subject: code, "year": YEAR, "period": draw.of((None, "Q1", "Q2")), **given}
    return {subject: code, **given}


async def test_other_changes_than_measurements_are_current_too(api: Api) -> None:
    await api.create_chambers("PI")
    await _import(api, "PI", PISA.decode())
    base = "/v1/chambers/PI/plans/2020"
    before = await current(api, "PI", 2020)
    body = {"measurements": [{"indicator": "D2.2", "value": "99"}]}
    assert (await api.call("POST", f"{base}/measurements", json=body)).status_code == 201
    measured = await current(api, "PI", 2020)
    decision = {"scope": "chamber", "indicator": "A4.6", "effect": "exclude", "reason": "Annullata"}
    made = await api.call("POST", f"{base}/evaluations", json=decision)
    decided = await current(api, "PI", 2020)
    await api.call(
        "POST", f"{base}/measurements", json={"measurements": [{"indicator": "A1.1", "value": "1"}]}
    )
    both = await current(api, "PI", 2020)
    back = f"{made.headers['location']}/withdrawal"
    assert (await api.call("POST", back, json={"reason": "Per errore"})).status_code == 204
    withdrawn = await current(api, "PI", 2020)
    case = json.loads(PISA)
    case["indicators"][0]["weight"] = "21"
    await _import(api, "PI", json.dumps(case))
    reweighed = await current(api, "PI", 2020)
    assert len({before, measured, decided, both, withdrawn, reweighed}) == 6


async def test_what_is_kept_of_plans_is_bounded(api: Api) -> None:
    await api.create_chambers("PI")
    await _import(api, "PI", PISA.decode())
    computing = Computing(api.app.state.container.database, most_plans=1)
    await computing.compute("PI", 2020)
    assert await computing.follow("PI", 2020) is not None
    await api.create_chambers("LU")
    await _import(api, "LU", PISA.decode())
    await computing.compute("LU", 2020)
    assert await computing.follow("PI", 2020) is None
