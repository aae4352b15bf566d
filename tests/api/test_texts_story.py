"""A year's texts, written at once by an office, who runs the cycle and the OIV, over HTTP."""

import asyncio
import json
from typing import Any

import pytest

from tests.api.plan_office import small
from tests.api.system import Api
from tests.api.test_assignments import CED, STUDIES, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]

YEAR = 2020
PARAGRAPHS = 6


async def begun(api: Api) -> Person:
    case = small(YEAR)
    case["objectives"][1]["units"] = [STUDIES]
    case["policy"] |= {"explain_below": "90"}
    await api.create_chambers("LU")
    assert (await api.import_case("LU", json.dumps(case).encode())).status_code == 201
    return Person(api, YEAR)


async def write_as_one_types(person: Person, key: str, words: list[str]) -> None:
    """Autosaves word by word, puts together what others published, submits."""
    path, etag = f"/narratives/{key}/draft", None
    text, base = "", 0
    standing = await person.call("GET", f"/narratives/{key}")
    if standing.is_success:
        text, base = standing.json()["text"], standing.json()["version"]
    for word in words:
        text += f" {word}"
        etag = await saved(person, path, etag, text, base)
    while True:
        answer = await person.call("POST", f"{path}/submission", headers={"If-Match": etag or ""})
        if answer.is_success:
            return
        assert answer.json()["code"] == "draft_conflict", answer.text
        theirs = (await person.done("GET", path))["conflict"]
        text, base = f"{theirs['text']} {' '.join(words)}", theirs["version"]
        etag = await saved(person, path, etag, text, base)


async def saved(person: Person, path: str, etag: str | None, text: str, base: int) -> str:
    body = {"text": text, "base_version": base}
    headers = {} if etag is None else {"If-Match": etag}
    answer = await person.call("PUT", path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    found: str = answer.headers["etag"]
    return found


async def discuss(oiv: Person, office: Person, key: str) -> None:
    """The OIV asks, the office answers, the OIV is content."""
    thread = await oiv.done("POST", "/comment-threads", json={"key": key, "text": "Con che dati?"})
    path = f"/comment-threads/{thread['thread_id']}"
    await office.done("POST", f"{path}/comments", json={"text": "Quelli di Integra."})
    read = await oiv.call("GET", path)
    assert len(read.json()["comments"]) == 2
    settled = await oiv.call(
        "POST", f"{path}/resolution", json={}, headers={"If-Match": read.headers["etag"]}
    )
    assert settled.json()["state"] == "resolved"


async def test_a_year_of_texts(api: Api) -> None:
    controller = await begun(api)
    studies, ced = (controller.as_("contributor", unit) for unit in (STUDIES, CED))
    oiv = controller.as_("oiv")
    await controller.assign("section:2", STUDIES, CED, due_on="2021-04-30")
    await controller.assign("section:3.4", CED, due_on="2021-04-15")
    owed = (await ced.done("GET", "/outstanding?office=CED"))["items"]
    assert [row["key"] for row in owed] == ["section:3.4", "section:2"]

    writers = (studies, ced, controller)
    names = ("studi", "ced", "controllo")
    said = [[f"{name}{number}" for number in range(PARAGRAPHS)] for name in names]
    shared = zip(writers, said, strict=True)
    await asyncio.gather(
        *(write_as_one_types(who, "section:2", words) for who, words in shared),
        write_as_one_types(studies, "objective:A1", ["Impatto", "atteso."]),
        write_as_one_types(ced, "section:3.4", ["Bilancio", "di", "genere."]),
        write_as_one_types(controller, "section:1", ["Risultati."]),
        *(discuss(oiv, office, "section:2") for office in (studies, ced)),
    )
    text = await controller.done("GET", "/narratives/section:2")
    words = text["text"].split()
    for written in said:
        assert [word for word in words if word in written] == written
    versions = (await controller.done("GET", "/narratives/section:2/versions"))["items"]
    assert len(versions) == len({row["written_by"] for row in versions}) == len(writers)

    left = await controller.done("GET", "/outstanding")
    assert [(row["kind"], row["key"]) for row in left["items"]] == [("explanation", "objective:A1")]
    cause = {"cause": "exogenous", "explanation": "Chiusi per legge."}
    await studies.done("PUT", "/deviations/objective:A1", json=cause)
    assert (await controller.done("GET", "/outstanding"))["items"] == []
    check = await controller.done("GET", "/report-check")
    assert {row["code"] for row in check["obstacles"]} == {"overall_judgement_missing"}
    exported = await controller.done("GET", "/export")
    assert {"section:2", "section:3.4", "section:1", "objective:A1"} == {
        f"section:{row['section']}" if "section" in row else f"objective:{row['objective']}"
        for row in exported["narratives"]
    }
    drafts = [(await person.done("GET", "/drafts"))["items"] for person in writers]
    assert drafts == [[], [], []]
