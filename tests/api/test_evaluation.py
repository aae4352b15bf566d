"""The evaluation of a year: causes of what fell short, analyses, judgements, their history."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from tests.api.plan_office import Case, Office, small
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

_years = iter(range(2031, 2095))

OIV = {"LU": ["oiv"]}
OFFICE = {"LU": ["contributor"]}
CAUSE = {
    "cause": "exogenous",
    "explanation": "Gli sportelli sono rimasti chiusi per legge.",
    "corrective_action": "Servizi a distanza da ottobre.",
}
SCALE = {
    "overall": {"kinds": ["perspective"]},
    "explain_below": "85",
    "judgements": [
        {"from": "91", "label": "eccellente"},
        {"from": "60", "label": "adeguato"},
        {"from": "0", "label": "non adeguato"},
    ],
}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def chambers(api: Api) -> None:
    """Two chambers."""
    await api.create_chambers("PI", "LU")


@pytest.fixture
def measured(api: Api) -> Callable[..., Awaitable[Office]]:
    """A plan of a year of its own whose objective A1 reaches 80 of 85."""

    async def make(**changes: Any) -> Office:  # noqa: ANN401 - any part of a case
        office = Office(api, next(_years))
        case = small(office.year, policy=SCALE, kind="relazione", **changes)
        case["objectives"][1]["units"] = ["Registro imprese"]
        answer = await office.send(case)
        assert answer.status_code == 201, answer.text
        return office

    return make


Measured = Callable[..., Awaitable[Office]]


async def put(office: Office, path: str, body: Case, roles: Any = OFFICE, **more: Any) -> Any:  # noqa: ANN401
    return await office.api.call("PUT", f"{office.path}{path}", roles, json=body, **more)


async def test_what_fell_short_is_listed_with_who_owes_it(measured: Measured) -> None:
    office = await measured()
    body = await office.document("/deviations")
    (owed,) = body["items"]
    assert (owed["key"], owed["result"], owed["required"]) == ("objective:A1", "80", True)
    assert owed["owed_by"] == ["Registro imprese"]
    assert owed["explanation"] is None
    assert (body["threshold"], body["missing"]) == ("85", 1)
    assert body["units"] == [{"unit": "Registro imprese", "missing": 1}]
    said = await put(office, "/deviations/objective:A1", CAUSE)
    assert said.status_code == 200, said.text
    body = await office.document("/deviations")
    assert (body["missing"], body["units"]) == (0, [])
    assert body["items"][0]["explanation"]["cause"] == "exogenous"
    assert (await office.document("/deviations?state=owed"))["items"] == []


async def test_a_result_that_recovers_owes_nothing_and_loses_nothing(measured: Measured) -> None:
    office = await measured()
    await put(office, "/deviations/objective:A1", CAUSE)
    values = {"measurements": [{"measure": "m1", "year": office.year, "value": "100"}]}
    done = await office.api.call("POST", f"{office.path}/measurements", json=values)
    assert done.is_success, done.text
    (item,) = (await office.document("/deviations"))["items"]
    assert (item["required"], item["result"]) == (False, None)
    assert item["explanation"]["explanation"] == CAUSE["explanation"]


async def test_two_offices_cannot_overwrite_each_other(measured: Measured) -> None:
    office = await measured()
    path = "/deviations/objective:A1"
    missing = await office.api.call("GET", f"{office.path}{path}")
    first = await put(office, path, CAUSE)
    blind = await put(office, path, CAUSE | {"cause": "endogenous"})
    careful = await put(office, path, CAUSE, headers={"If-None-Match": "*"})
    match = {"If-Match": first.headers["etag"]}
    changed = CAUSE | {"cause": "endogenous", "reason": "Verificato con l'ufficio."}
    second = await put(office, path, changed, headers=match)
    late = await put(office, path, CAUSE, headers=match)
    answers = (missing, first, blind, careful, second, late)
    assert [a.status_code for a in answers] == [404, 200, 428, 412, 200, 412]
    assert second.json()["version"] == 2
    back = await office.api.call(
        "POST",
        f"{office.path}{path}/withdrawal",
        json={"reason": "Scritta per l'obiettivo sbagliato."},
        headers={"If-Match": second.headers["etag"]},
    )
    assert back.status_code == 204
    assert (await office.document("/deviations"))["missing"] == 1
    history = (await office.document("/evaluation-history?subject=objective:A1"))["items"]
    assert [(h["move"], h["number"]) for h in history] == [
        ("withdrawn", 3),
        ("written", 2),
        ("written", 1),
    ]
    said = {name: part for name, part in history[2]["content"].items() if part is not None}
    assert said == CAUSE
    assert history[1]["reason"] == "Verificato con l'ufficio."


async def test_an_explanation_says_something_about_somebody(measured: Measured) -> None:
    office = await measured()
    nobody = await put(office, "/deviations/objective:NONE", CAUSE)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "subject_not_found")
    empty = await put(office, "/deviations/objective:A1", {"cause": "fate", "explanation": " "})
    assert {pointer for pointer, _ in codes(empty)} == {"/cause", "/explanation"}
    silent = await put(office, "/analyses/A1", {})
    assert (silent.status_code, codes(silent)) == (422, [("", "nothing_said")])
    reader = await put(office, "/deviations/objective:A1", CAUSE, {"LU": ["reader"]})
    foreign = await put(office, "/deviations/objective:A1", CAUSE, {"PI": ["controller"]})
    assert (reader.status_code, foreign.status_code) == (403, 404)


async def test_analyses_are_written_for_headings_too(measured: Measured) -> None:
    office = await measured()
    body = {"issues": "Sportelli chiusi.", "opportunities": "Servizi digitali."}
    written = await put(office, "/analyses/A", body)
    assert written.status_code == 200, written.text
    (item,) = (await office.document("/analyses"))["items"]
    assert (item["objective"], item["corrective_actions"]) == ("A", None)
    shown = await office.get("/analyses/A")
    assert shown.headers["etag"] == written.headers["etag"]


async def test_judgements_are_the_oivs_and_change_no_figure(measured: Measured) -> None:
    office = await measured()
    before = await office.document("/results")
    body = {"text": "Risultato apprezzabile nel contesto.", "evaluated": "90"}
    assert (await put(office, "/judgements/A1", body, {"LU": ["controller"]})).status_code == 403
    assert (await put(office, "/judgements/A1", body, OIV)).status_code == 200
    assert (await office.document("/judgements"))["items"][0]["evaluated"] == "90"
    assert await office.document("/results") == before


async def test_the_overall_judgement_confirms_or_says_why_not(measured: Measured) -> None:
    office = await measured()
    path = "/overall-judgement"
    proposal = await office.document(f"{path}/proposal")
    assert (proposal["proposed"], proposal["figure"]["measured"]) == ("adeguato", "80")
    assert proposal["labels"] == ["eccellente", "adeguato", "non adeguato"]
    text = {"text": "Anno segnato dalle chiusure."}
    unknown = await put(office, path, text | {"label": "buono"}, OIV)
    assert codes(unknown) == [("/label", "unknown_label"), ("/motivation", "motivation_required")]
    other = {"label": "eccellente", "motivation": "Recupero nel secondo semestre.", "final": True}
    given = await put(office, path, text | other, OIV)
    assert given.status_code == 200, given.text
    kept = given.json()
    assert (kept["label"], kept["proposed"], kept["measured"]) == ("eccellente", "adeguato", "80")
    match = {"If-Match": given.headers["etag"]}
    confirmed = text | {"label": "adeguato", "final": True}
    silent = await put(office, path, confirmed, OIV, headers=match)
    assert codes(silent) == [("/reason", "reason_required")]
    again = confirmed | {"reason": "Riesame dei dati."}
    changed = await put(office, path, again, OIV, headers=match)
    assert (changed.status_code, changed.json()["motivation"]) == (200, None)
    history = await office.document("/evaluation-history?topic=overall")
    assert [h["content"]["label"] for h in history["items"]] == ["adeguato", "eccellente"]


async def test_a_judgement_on_other_figures_is_outdated(measured: Measured) -> None:
    office = await measured()
    body = {"label": "adeguato", "text": "Confermato."}
    await put(office, "/overall-judgement", body, OIV)
    assert not (await office.document("/overall-judgement/proposal"))["outdated"]
    values = {"measurements": [{"measure": "m1", "year": office.year, "value": "100"}]}
    await office.api.call("POST", f"{office.path}/measurements", json=values)
    proposal = await office.document("/overall-judgement/proposal")
    assert (proposal["outdated"], proposal["proposed"]) == (True, "eccellente")
    assert (await office.document("/overall-judgement"))["measured"] == "80"


async def test_a_neutralisation_changes_and_goes_with_its_reason(measured: Measured) -> None:
    office = await measured()
    decision = {"scope": "chamber", "indicator": "I1", "effect": "exclude", "reason": "Legge."}
    path = f"{office.path}/evaluations"
    made = await office.api.call("POST", path, OIV, json=decision)
    address = made.headers["location"]
    other = {"cause": "exogenous", "reason": "Ordinanza.", "change_reason": "Atto precisato."}
    blind = await office.api.call("PUT", address, OIV, json=other)
    match = {"If-Match": made.headers["etag"]}
    changed = await office.api.call("PUT", address, OIV, json=other, headers=match)
    late = await office.api.call("PUT", address, OIV, json=other, headers=match)
    assert [a.status_code for a in (blind, changed, late)] == [428, 200, 412]
    assert changed.json()["cause"] == "exogenous"
    why = {"reason": "Riesame."}
    assert (await office.api.call("POST", f"{address}/withdrawal", OIV, json=why)).is_success
    lines = (await office.document("/evaluation-history?topic=neutralisation"))["items"]
    assert [(line["move"], line["reason"]) for line in lines] == [
        ("withdrawn", "Riesame."),
        ("written", "Atto precisato."),
        ("written", None),
    ]
    assert [line["content"] and line["content"]["reason"] for line in lines] == [
        None,
        "Ordinanza.",
        "Legge.",
    ]


async def test_an_export_carries_the_evaluation_and_comes_back_the_same(
    measured: Measured, api: Api
) -> None:
    office = await measured()
    parts = {"deviations", "analyses", "judgements", "overall_judgement"}
    assert not parts & set(await office.document("/export"))  # files of before stay the same
    await put(office, "/deviations/indicator:I2", CAUSE)
    await put(office, "/deviations/objective:A1", CAUSE)
    await put(office, "/analyses/A", {"issues": "Sportelli chiusi."})
    await put(office, "/judgements/A1", {"text": "Bene."}, OIV)
    overall = {"label": "adeguato", "text": "Confermato.", "final": True}
    await put(office, "/overall-judgement", overall, OIV)
    exported = (await office.get("/export")).content
    document = json.loads(exported)
    subjects = [d.get("objective") or d["indicator"] for d in document["deviations"]]
    assert subjects == ["A1", "I2"]
    assert document["overall_judgement"]["measured"] == "80"
    again = await api.call(
        "POST",
        "/v1/chambers/LU/imports",
        content=exported,
        headers={"Content-Type": "application/json"},
    )
    assert again.json()["sections"]["statements"]["unchanged"] == 5
    elsewhere = await api.import_case("PI", exported)
    assert elsewhere.status_code == 201, elsewhere.text
    assert elsewhere.json()["sections"]["statements"]["created"] == 5
    copied = await api.call("GET", f"/v1/chambers/PI/plans/{office.year}/export")
    assert copied.content == exported.replace(b'"chamber": "LU"', b'"chamber": "PI"')


async def test_an_import_cannot_take_the_subject_of_a_statement_away(measured: Measured) -> None:
    office = await measured()
    await put(office, "/analyses/A1", {"issues": "Sportelli chiusi."})
    case: Case = json.loads((await office.get("/export")).content)
    case["objectives"][1]["code"] = "B1"
    for row in case["indicators"]:
        row["objective"] = "B1"
    case.pop("analyses")
    refused = await office.send(case)
    assert refused.status_code == 409, refused.text
    assert codes(refused) == [("/analyses", "unknown_objective")]
