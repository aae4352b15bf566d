"""Contributors enter the data of their own units, validators act on those of their area."""

import json
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.plan_office import small
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2020
PLAN = f"/v1/chambers/LU/plans/{YEAR}"


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _year(api: Api) -> None:
    """``I1`` (reads ``m1``) is of Ufficio Studi, ``I2`` (``m2``) of the source office CED."""
    case = small(YEAR)
    case["objectives"][0]["units"] = ["Area Servizi"]
    case["objectives"][1]["units"] = ["Ufficio Studi"]
    case["objectives"].append(
        {"code": "A2", "kind": "strategic_objective", "parent": "A", "title": "Altro"}
    )
    case["indicators"][1] |= {"objective": "A2", "source_office": "CED"}
    del case["objectives"][1]["weight"]
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case).encode())
    assert made.status_code == 201, made.text


def who(api: Api, role: str, *units: str, subject: str = "somebody") -> dict[str, str]:
    """The header of somebody with a role and units."""
    given = units or ("Nessuna",)
    return api.token({"LU": [role]}, units=given, subject=subject)


async def record(api: Api, headers: dict[str, str], *measures: str) -> httpx.Response:
    """Enters a value of each measure."""
    rows = [{"measure": code, "year": YEAR, "value": "81"} for code in measures]
    return await api.client.post(
        f"{PLAN}/measurements", json={"measurements": rows}, headers=headers
    )


async def measurement(api: Api, headers: dict[str, str], measure: str) -> dict[str, Any]:
    """What the API says of a measure's value."""
    answer = await api.client.get(f"{PLAN}/measurements?subject_code={measure}", headers=headers)
    found: dict[str, Any] = answer.json()["items"][0]
    return found


async def move(api: Api, headers: dict[str, str], measure: str, step: str) -> httpx.Response:
    """Makes a move with a value, as the caller has read it."""
    path = f"{PLAN}/measurements/{(await measurement(api, headers, measure))['measurement_id']}"
    etag = (await api.client.get(path, headers=headers)).headers["etag"]
    body = {"reason": "Da rivedere"} if step in ("rejection", "reopening") else None
    return await api.client.post(f"{path}/{step}", json=body, headers=headers | {"If-Match": etag})


@pytest.mark.parametrize(
    ("unit", "mine", "others"),
    [("Ufficio Studi", "m1", "m2"), ("CED", "m2", "m1"), ("ufficio  studi", "m1", "m2")],
)
async def test_a_contributor_enters_own_data_only(
    api: Api, unit: str, mine: str, others: str
) -> None:
    caller = who(api, "contributor", unit)
    assert (await record(api, caller, mine)).status_code == 201
    refused = await record(api, caller, mine, others)
    assert refused.status_code == 403
    assert refused.json()["code"] == "outside_units"
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/measurements/1"]
    assert "measurement.record" in (await measurement(api, caller, mine))["allowed_actions"]
    whole = who(api, "controller")
    assert (await record(api, whole, others)).status_code == 201
    assert (await measurement(api, caller, others))["allowed_actions"] == []


async def test_without_units_nothing_and_with_all_everything(api: Api) -> None:
    assert (await record(api, who(api, "contributor"), "m1")).status_code == 403
    assert (await record(api, who(api, "contributor", "*"), "m1", "m2")).status_code == 201
    assert (await record(api, who(api, "controller"), "m1", "m2")).status_code == 201
    # The head of the area answers for it, but enters what is the area's own.
    assert (await record(api, who(api, "contributor", "Area Servizi"), "m1")).status_code == 403
    assert (await record(api, who(api, "validator", "Area Servizi"), "m1")).status_code == 201


async def test_a_value_is_changed_by_its_own_unit(api: Api) -> None:
    mine, other = who(api, "contributor", "Ufficio Studi"), who(api, "contributor", "CED")
    await record(api, mine, "m1")
    path = f"{PLAN}/measurements/{(await measurement(api, mine, 'm1'))['measurement_id']}"
    for caller, status in ((other, 403), (mine, 200)):
        etag = (await api.client.get(path, headers=caller)).headers["etag"]
        content = {"value": "90", "status": "measured"}
        answer = await api.client.put(path, json=content, headers=caller | {"If-Match": etag})
        assert answer.status_code == status, answer.text


async def test_validators_act_within_their_area(api: Api) -> None:
    office = who(api, "contributor", "CED", "Ufficio Studi", subject="office")
    await record(api, office, "m1", "m2")
    for measure in ("m1", "m2"):
        await move(api, office, measure, "submission")
    head = who(api, "validator", "Area Servizi", subject="head")
    studies = who(api, "validator", "Ufficio Studi", subject="studies")
    refused = await move(api, studies, "m2", "validation")
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_units")
    assert (await measurement(api, studies, "m2"))["allowed_actions"] == []
    ids = [(await measurement(api, studies, m))["measurement_id"] for m in ("m1", "m2")]
    several = await api.client.post(
        f"{PLAN}/measurements/transitions",
        json={"move": "validate", "ids": ids},
        headers=studies,
    )
    assert (several.status_code, several.json()["code"]) == (403, "outside_units")
    assert [e["pointer"] for e in several.json()["errors"]] == ["/ids/1"]
    assert (await move(api, studies, "m1", "validation")).status_code == 200
    assert (await move(api, head, "m2", "validation")).status_code == 200
    assert (await move(api, who(api, "validator", "Altra"), "m2", "reopening")).status_code == 403
    assert (await move(api, head, "m2", "reopening")).status_code == 200
    assert (await move(api, who(api, "controller"), "m1", "reopening")).status_code == 200


async def test_nobody_validates_what_they_entered(api: Api) -> None:
    both = api.token({"LU": ["contributor", "validator"]}, units=["Ufficio Studi"], subject="both")
    assert (await record(api, both, "m1")).status_code == 201
    await record(api, api.token({"LU": ["controller"]}, subject="c"), "m1")
    changed = [{"measure": "m1", "year": YEAR, "value": "77"}]
    await api.client.post(f"{PLAN}/measurements", json={"measurements": changed}, headers=both)
    await move(api, both, "m1", "submission")
    refused = await move(api, both, "m1", "validation")
    assert (refused.status_code, refused.json()["code"]) == (403, "own_entry")


async def test_texts_are_written_by_the_units_of_their_objective(api: Api) -> None:
    path = f"{PLAN}/narratives/objective:A1"
    texts = {
        "contributor": [("Ufficio Studi", 200), ("CED", 403), ("Area Servizi", 403)],
        "validator": [("Area Servizi", 200), ("CED", 403)],
    }
    for role, cases in texts.items():
        for unit, status in cases:
            caller = who(api, role, unit)
            known = await api.client.get(path, headers=caller)
            match = {"If-Match": known.headers["etag"]} if known.is_success else {}
            answer = await api.client.put(path, json={"text": unit}, headers=caller | match)
            assert answer.status_code == status, (role, unit, answer.text)
            if known.is_success:
                writes = "narrative.write" in known.json()["allowed_actions"]
                assert writes == (status == 200)
    section = f"{PLAN}/narratives/section:3.1"
    mine = who(api, "contributor", "Ufficio Studi")
    assert (await api.client.put(section, json={"text": "x"}, headers=mine)).status_code == 403
    whole = who(api, "controller")
    assert (await api.client.put(section, json={"text": "x"}, headers=whole)).status_code == 200
