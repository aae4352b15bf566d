"""Individual sheets, by every reading operation on a year: who must not see them, who may."""

import json
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from tests.api.plan_office import indicator, small
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2020
PLAN = f"/v1/chambers/LU/plans/{YEAR}"

FIGURE = "4242"
"""Digits of whatever was measured and computed in the sheet."""

WORDS = "riservatissimo"
"""In every text written about the sheet."""

SHEET = "SEGR"
"""Code of the sheet, and in the codes and titles of all that belongs to it."""

NEVER = ["reader", "contributor", "validator"]
STRUCTURE = ["controller", "chamber_administrator", "entity_administrator"]
ALWAYS = ["oiv", "signer"]


def case() -> dict[str, Any]:
    """A year with a sheet of two rows, one of its own, one of a measure the chamber reads too."""
    whole = small(YEAR)
    whole["objectives"] += [
        {"code": SHEET, "kind": "individual", "parent": None, "title": f"{SHEET} generale"},
        {
            "code": f"{SHEET}-1",
            "kind": "individual_objective",
            "parent": SHEET,
            "title": f"{SHEET} guida",
            "weight": "100",
        },
    ]
    whole["measures"].append({"code": f"{SHEET}m", "title": f"{SHEET} ore"})
    own = {**indicator(YEAR, f"{SHEET}i", "50", "10000"), "formula": f"[{SHEET}m]"}
    shared = {**indicator(YEAR, f"{SHEET}s", "50", "100"), "formula": "[m1]"}
    whole["indicators"] += [{**row, "objective": f"{SHEET}-1"} for row in (own, shared)]
    whole["measurements"].append(
        {"measure": f"{SHEET}m", "year": YEAR, "value": FIGURE, "period": None, "note": WORDS}
    )
    whole["evaluations"] = [
        {
            "scope": SHEET,
            "indicator": "I1",
            "effect": "exclude",
            "reason": WORDS,
            "cause": "exogenous",
        }
    ]
    whole["narratives"] = [
        {"objective": f"{SHEET}-1", "text": WORDS},
        {"objective": "A1", "text": "di tutti"},
    ]
    whole["policy"] |= {"explain_below": "70"}
    whole["deviations"] = [{"objective": f"{SHEET}-1", "cause": "endogenous", "explanation": WORDS}]
    whole["analyses"] = [{"objective": f"{SHEET}-1", "issues": WORDS}]
    whole["judgements"] = [{"objective": f"{SHEET}-1", "text": WORDS, "evaluated": "42.42"}]
    return whole


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _year(api: Api) -> None:
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case()).encode())
    assert made.status_code == 201, made.text


_OF_A_YEAR = tuple(f"/v1/chambers/{{chamber}}/{name}" for name in ("plans", "trends", "imports"))

_PATHS: list[str] = []


async def paths(api: Api) -> list[str]:
    """Every reading operation on the plan, pointed at the sheet in every way there is."""
    if not _PATHS:
        _PATHS.extend(await _paths(api))
    return _PATHS


async def _paths(api: Api) -> list[str]:
    items = (await api.call("GET", f"{PLAN}/measurements?subject_code={SHEET}m")).json()["items"]
    decisions = (await api.call("GET", f"{PLAN}/evaluations")).json()["items"]
    codes = [SHEET, f"{SHEET}-1", f"{SHEET}i", f"{SHEET}m", "overall"]
    words = {
        "measurement_id": [items[0]["measurement_id"]],
        "evaluation_id": [decisions[0]["evaluation_id"]],
        "code": codes,
        "objective": codes,
        "indicator": codes,
        "measure": codes,
        "key": [f"objective:{SHEET}-1", f"indicator:{SHEET}i"],
        "version": ["1"],
        "other": ["1"],
        "period": ["Q1", "Y"],
    }
    document = (await api.client.get("/openapi.json")).json()
    found: list[str] = []
    for path, item in document["paths"].items():
        if "get" not in item or not path.startswith(_OF_A_YEAR) or path.endswith("/events"):
            continue
        names = [name.split("}")[0] for name in path.split("{")[1:]]
        given = {"chamber": ["LU"], "year": [str(YEAR)], **words}
        if any(name not in given for name in names):
            continue  # of something else than a plan: the search for leaks has them
        queries = [""]
        parameters = {p["name"] for p in item["get"].get("parameters", ())}
        if "scope" in parameters:
            queries.append(f"?scope={SHEET}")
        if path.endswith("/trends"):
            queries = [f"?code={name}&first={YEAR}&last={YEAR}" for name in codes]
        for values, query in product(product(*(given[name] for name in names)), queries):
            filled = path
            for name, value in zip(names, values, strict=True):
                filled = filled.replace(f"{{{name}}}", value)
            found.append(filled + query)
    return found


async def leaks(api: Api, headers: dict[str, str], words: tuple[str, ...]) -> list[str]:
    """Where an answer says more than it must."""
    found: list[str] = []
    for path in await paths(api):
        answer = await api.client.get(path, headers=headers)
        assert answer.status_code < 500, path
        # A refusal repeats the path it was asked for, a trend the code.
        said = answer.text if answer.is_success else ""
        if "/trends" in path and '"points":[]' in said:
            continue
        found += [f"{word} in {path}" for word in words if word in said]
    return found


def person(api: Api, role: str, **more: Any) -> dict[str, str]:  # noqa: ANN401 - to the issuer
    """The header of somebody of the chamber."""
    chamber = "*" if role == "entity_administrator" else "LU"
    return api.token({chamber: [role]}, **more)


@pytest.mark.parametrize("role", STRUCTURE)
async def test_who_runs_the_cycle_sees_how_sheets_are_built_and_no_figure(
    api: Api, role: str
) -> None:
    assert await leaks(api, person(api, role), (FIGURE, WORDS, "42.42")) == []
    shown = await api.client.get(f"{PLAN}/objectives/{SHEET}-1", headers=person(api, role))
    assert shown.json()["weight"] == "100"


@pytest.mark.parametrize("role", NEVER)
async def test_to_everybody_else_sheets_are_not_there(api: Api, role: str) -> None:
    found = await leaks(api, person(api, role), (FIGURE, WORDS, "42.42", SHEET))
    assert found == []


async def test_a_machine_sees_no_sheet(api: Api) -> None:
    reading = ["chamber.read", "plan.read", "plan.export", "measurement.read", "result.read"]
    body = {"title": "X", "scopes": [*reading, "evaluation.read", "narrative.read", "period.read"]}
    made = await api.call("POST", "/v1/chambers/LU/clients", json=body)
    key = {"Authorization": f"Bearer {made.json()['issued']['key']}"}
    assert await leaks(api, key, (FIGURE, WORDS, "42.42", SHEET)) == []


@pytest.mark.parametrize(
    ("role", "more"),
    [
        *((role, {}) for role in ALWAYS),
        ("reader", {"sheets": [SHEET]}),
        ("validator", {"evaluates": [SHEET]}),
        ("controller", {"evaluates": [SHEET]}),
    ],
)
async def test_who_may_see_a_sheet_sees_all_of_it(
    api: Api, role: str, more: dict[str, Any]
) -> None:
    caller = person(api, role, **more)
    seen = await leaks(api, caller, (FIGURE, WORDS, SHEET))
    whole = await leaks(api, api.token({"*": ["signer", "controller"]}), (FIGURE, WORDS, SHEET))
    assert seen == whole
    assert len(seen) > 30
    for word in (FIGURE, WORDS):
        assert any(line.startswith(word) for line in seen)


async def test_another_sheet_is_no_key_to_this_one(api: Api) -> None:
    caller = person(api, "reader", sheets=["OTHER"], evaluates=["A1", f"{SHEET}-1"])
    assert await leaks(api, caller, (FIGURE, WORDS, SHEET)) == []


async def test_what_if_tells_no_more(api: Api) -> None:
    curious = {"policy": {"overall": {"kinds": ["individual"]}}}
    own = {"measurements": [{"measure": f"{SHEET}m", "year": YEAR, "value": "1"}]}
    for role, body in product([*NEVER, *STRUCTURE], (curious, own, {})):
        answer = await api.client.post(
            f"{PLAN}/results/simulation", json=body, headers=person(api, role)
        )
        assert FIGURE not in answer.text
        if answer.is_success:
            codes = {row["code"] for row in answer.json()["results"]["objectives"]}
            assert codes == {"A", "A1"}
            assert answer.json()["results"]["overall"]["recognised"] is None or body != curious


async def test_the_chambers_own_figures_are_the_same_to_everybody(api: Api) -> None:
    seen = [
        (await api.client.get(f"{PLAN}/results", headers=person(api, role))).json()
        for role in (*NEVER, *STRUCTURE, *ALWAYS)
    ]
    assert len({json.dumps(one["overall"]) for one in seen}) == 1
    for one in seen:
        assert [row for row in seen[-1]["objectives"] if SHEET not in row["code"]] == [
            row for row in one["objectives"] if SHEET not in row["code"]
        ]


async def test_what_a_controller_takes_out_can_be_brought_in_again(api: Api) -> None:
    """Nothing of a sheet is lost by who may not see it."""
    controller = person(api, "controller")
    before = await api.call("GET", f"{PLAN}/export")
    taken = await api.client.get(f"{PLAN}/export", headers=controller)
    assert taken.headers["ciclo-withheld"] == "1"
    assert "ciclo-withheld" not in before.headers
    assert FIGURE not in taken.text
    again = await api.client.post(
        "/v1/chambers/LU/imports",
        content=taken.content,
        headers=controller | {"Content-Type": "application/json"},
    )
    assert again.status_code == 201, again.text
    after = (await api.call("GET", f"{PLAN}/export")).json()
    texts = {row["objective"]: row["text"] for row in before.json()["narratives"]}
    assert {row["objective"]: row["text"] for row in after["narratives"]} == texts
    # Texts that the file did not bring come after those it did; everything else is as it was.
    assert {**after, "narratives": []} == {**before.json(), "narratives": []}


async def test_a_withheld_row_cannot_be_changed_or_taken_back(api: Api) -> None:
    controller = person(api, "controller")
    items = (await api.call("GET", f"{PLAN}/evaluations")).json()["items"]
    path = f"{PLAN}/evaluations/{items[0]['evaluation_id']}"
    withdrawn = await api.client.post(
        f"{path}/withdrawal", json={"reason": "x"}, headers=controller
    )
    assert withdrawn.status_code == 404
    written = await api.client.put(
        f"{PLAN}/narratives/objective:{SHEET}-1", json={"text": "x"}, headers=controller
    )
    assert written.status_code == 404
    rows = (await api.call("GET", f"{PLAN}/measurements?subject_code={SHEET}m")).json()["items"]
    submitted = await api.client.post(
        f"{PLAN}/measurements/{rows[0]['measurement_id']}/submission", headers=controller
    )
    assert submitted.status_code == 404
