"""The entity's plan out of its chambers': explicit, whole or nothing, telling what is lost."""

import json
from typing import Any

import httpx
import pytest

from tests.api.entity_office import BASE, Person, send, share, year_of
from tests.api.system import JSON, Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

MAPPING: dict[str, Any] = {
    "format": "ciclo/merger@1",
    "chambers": ["LU", "PI"],
    "policy_of": "LU",
    "objectives": [
        {
            "code": "1",
            "kind": "perspective",
            "title": "Imprese e territorio",
            "origins": [{"chamber": "LU", "code": "A"}, {"chamber": "PI", "code": "A"}],
        }
    ],
    "indicators": [
        {
            "code": "1.1",
            "objective": "1",
            "entry": "c:quota",
            "weight": "60",
            "target": {"op": ">=", "value": "40"},
            "origins": [{"chamber": "LU", "code": "A.quota"}, {"chamber": "PI", "code": "A.quota"}],
        },
        {
            "code": "1.2",
            "objective": "1",
            "like": {"chamber": "PI", "code": "A.tempi"},
            "weight": "40",
            "origins": [{"chamber": "PI", "code": "A.tempi"}],
        },
    ],
    "left_behind": [
        {
            "chamber": "LU",
            "section": "indicators",
            "code": "A.tempi",
            "reason": "Rilevato in altro modo",
        }
    ],
}


async def prepared(api: Api) -> Person:
    await share(api, "LU", "MS", "PI", "TNO")
    await send(api, year_of("LU", 2022, "30", "40", "quota", "addetti", "tempi", staff=12, days=9))
    await send(api, year_of("PI", 2022, "5", "60", "quota", "tempi", days=2))
    person = Person(api, "merging", {"TNO": ["controller"]})
    await person.granted("LU", "PI")
    return person


async def merge(person: Person, year: int, mapping: dict[str, Any], **more: str) -> httpx.Response:
    headers = person.headers | JSON | {k.replace("_", "-"): v for k, v in more.items()}
    dry = {"dry_run": "true"} if headers.pop("dry-run", None) else {}
    return await person.api.client.post(
        f"{BASE}/plans/{year}/merger",
        content=json.dumps(mapping).encode(),
        headers=headers,
        params=dry,
    )


async def test_a_dry_run_shows_the_draft_and_stores_nothing(api: Api) -> None:
    person = await prepared(api)
    answer = await merge(person, 2023, MAPPING, dry_run="yes")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert [(row["chamber"], row["section"], row["code"]) for row in found["unmapped"]] == [
        ("LU", "indicators", "A.addetti")
    ]
    assert found["left_behind"][0]["code"] == "A.tempi"
    assert found["without_target"] == ["1.2"]
    assert found["without_baseline"] == ["1.2"]
    draft = found["draft"]
    assert (draft["chamber"], draft["year"], draft["kind"]) == ("TNO", 2023, "piano")
    first, second = draft["indicators"]
    assert (first["formula"], first["catalogue"]) == ("[n] / [d] * 100", "c:quota")
    assert (first["baseline"], first["targets"]["2023"]["value"]) == ("35.0", "40")
    assert first["note"] == "Da LU A.quota, PI A.quota"
    assert (second["formula"], second["value_type"]) == ("[days]", "days")
    assert [row["code"] for row in draft["measures"]] == ["n", "d", "days"]
    assert draft["measures"][1]["external_ids"] == {"c": "d"}
    gone = await api.call("GET", "/v1/chambers/TNO/plans/2023")
    assert gone.json()["code"] == "plan_not_found"


async def test_the_draft_becomes_the_plan_of_the_entity(api: Api) -> None:
    person = await prepared(api)
    key = "merge-2023"
    made = await merge(person, 2023, MAPPING, Idempotency_Key=key)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/chambers/TNO/plans/2023")
    again = await merge(person, 2023, MAPPING, Idempotency_Key=key)
    assert again.content == made.content
    plan = (await api.call("GET", made.headers["location"])).json()
    assert (plan["state"], plan["counts"]["indicators"]) == ("draft", 2)
    exported = await api.call("GET", f"{made.headers['location']}/export")
    assert exported.json()["indicators"] == made.json()["draft"]["indicators"]
    twice = await merge(person, 2023, MAPPING)
    assert (twice.status_code, twice.json()["code"]) == (409, "plan_exists")


async def test_every_fault_of_a_mapping_at_once(api: Api) -> None:
    person = await prepared(api)
    await person.granted("MS")
    wrong = json.loads(json.dumps(MAPPING))
    wrong["chambers"].append("MS")
    wrong["policy_of"] = "AR"
    wrong["objectives"][0]["origins"].append({"chamber": "LU", "code": "Z"})
    wrong["indicators"][0]["entry"] = "c:nessuna"
    wrong["indicators"][1]["origins"].append({"chamber": "LU", "code": "A.tempi"})
    answer = await merge(person, 2023, wrong, dry_run="yes")
    assert (answer.status_code, answer.json()["code"]) == (422, "merger_refused")
    assert set(codes(answer)) == {
        ("/chambers/2", "no_plan"),
        ("/policy_of", "no_plan"),
        ("/objectives/0/origins/2", "unknown_origin"),
        ("/indicators/0/entry", "unknown_entry"),
        ("/left_behind/0", "mapped_twice"),
    }
    both = json.loads(json.dumps(MAPPING))
    both["indicators"][0]["like"] = both["indicators"][1]["like"]
    shape = await merge(person, 2023, both)
    assert codes(shape) == [("/indicators/0", "wrong_value")]
    orphan = json.loads(json.dumps(MAPPING))
    orphan["indicators"][0]["objective"] = "9"
    found = await merge(person, 2023, orphan)
    assert ("/indicators/0/objective", "unknown_objective") in codes(found)


async def test_who_may_merge(api: Api) -> None:
    await prepared(api)
    without_grant = Person(api, "planner", {"TNO": ["controller"]})
    answer = await merge(without_grant, 2023, MAPPING)
    assert (answer.status_code, answer.json()["code"]) == (403, "reading_not_granted")
    some = Person(api, "some", {"TNO": ["controller"]})
    await some.granted("LU")
    assert (await merge(some, 2023, MAPPING)).json()["code"] == "chamber_not_granted"
    reader = Person(api, "reading", {"TNO": ["reader"], "LU": ["controller"]})
    await reader.granted("LU", "PI")
    assert (await merge(reader, 2023, MAPPING)).status_code == 403
    elsewhere = Person(api, "elsewhere", {})
    assert (await merge(elsewhere, 2023, MAPPING)).status_code == 404
