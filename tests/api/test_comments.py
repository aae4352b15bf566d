"""Threads on texts: opened, answered, resolved by whom they concern."""

import asyncio
import json
from typing import Any

import pytest
import pytest_asyncio

from tests.api.plan_office import small
from tests.api.plan_writer import Writer
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2020
THREADS = "/comment-threads"

Case = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def controller(api: Api) -> Writer:
    """Whoever runs the cycle; the year has a sheet, which they see no texts of."""
    case = small(YEAR, narratives=[{"objective": "A1", "text": "Impatto"}])
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Segretario generale"}
    )
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case).encode())
    assert made.status_code == 201, made.text
    return Writer(api, "LU", YEAR, "controller")


async def opened(writer: Writer, key: str = "objective:A1", text: str = "Perché?") -> Case:
    made: Case = await writer.done("POST", THREADS, json={"key": key, "text": text})
    return made


async def settle(
    writer: Writer, thread: Case, step: str, text: str | None = None
) -> tuple[int, str]:
    """A step as the person has read the thread: the status, and the state or the problem."""
    path = f"{THREADS}/{thread['thread_id']}"
    etag = (await writer.get(path)).headers["etag"]
    answer = await writer.call(
        "POST", f"{path}/{step}", json={"text": text}, headers={"If-Match": etag}
    )
    body = answer.json()
    return answer.status_code, body["state"] if answer.is_success else body["code"]


async def test_a_thread_from_question_to_answer(controller: Writer) -> None:
    oiv, office = controller.colleague("oiv"), controller.colleague("contributor")
    thread = await oiv.done(
        "POST",
        THREADS,
        json={"key": "objective:A1", "text": "Su quali dati?", "quote": "Impatto"},
    )
    assert (thread["state"], thread["capacity"], thread["text_version"]) == ("open", "oiv", 1)
    path = f"{THREADS}/{thread['thread_id']}"
    answered = await office.done("POST", f"{path}/comments", json={"text": "Quelli di Integra."})
    assert [(c["move"], c["capacity"]) for c in answered["comments"]] == [
        ("open", "oiv"),
        ("answer", "office"),
    ]
    assert "comment.resolve" not in answered["allowed_actions"]
    assert await settle(office, thread, "resolution") == (403, "thread_of_others")
    assert await settle(controller, thread, "resolution") == (403, "thread_of_others")
    assert await settle(oiv, thread, "resolution", "Va bene.") == (200, "resolved")
    closed = await office.call("POST", f"{path}/comments", json={"text": "Ancora."})
    assert (closed.status_code, closed.json()["code"]) == (409, "thread_resolved")
    assert await settle(oiv, thread, "resolution") == (409, "thread_resolved")
    assert await settle(oiv, thread, "reopening", "I dati sono altri.") == (200, "open")
    assert await settle(oiv, thread, "reopening", "x") == (409, "thread_open")
    moves = [line["move"] for line in (await oiv.get(path)).json()["comments"]]
    assert moves == ["open", "answer", "resolve", "reopen"]


async def test_nobody_resolves_over_what_they_have_not_read(controller: Writer) -> None:
    thread = await opened(controller)
    path = f"{THREADS}/{thread['thread_id']}"
    etag = (await controller.get(path)).headers["etag"]
    office = controller.colleague("contributor")
    await office.done("POST", f"{path}/comments", json={"text": "Un momento."})
    for headers, status in (({}, 428), ({"If-Match": etag}, 412)):
        answer = await controller.call("POST", f"{path}/resolution", json={}, headers=headers)
        assert answer.status_code == status
    assert await settle(controller, thread, "resolution") == (200, "resolved")


async def test_of_many_answers_at_once_none_is_lost(controller: Writer) -> None:
    thread = await opened(controller)
    path = f"{THREADS}/{thread['thread_id']}/comments"
    people = [controller.colleague(role) for role in ("oiv", "contributor", "validator")] * 4
    said = [f"Riga {number}" for number in range(len(people))]
    await asyncio.gather(
        *(p.done("POST", path, json={"text": t}) for p, t in zip(people, said, strict=True))
    )
    lines = (await controller.get(f"{THREADS}/{thread['thread_id']}")).json()["comments"]
    assert [line["number"] for line in lines] == list(range(1, len(people) + 2))
    assert sorted(line["text"] for line in lines[1:]) == sorted(said)


async def test_a_thread_is_opened_once_per_key(controller: Writer) -> None:
    body = {"key": "section:1", "text": "Manca il confronto."}
    headers = {"Idempotency-Key": "thread-1"}
    made = [await controller.call("POST", THREADS, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json() == made[1].json()
    assert made[0].headers["location"].endswith(made[0].json()["thread_id"])


async def test_threads_are_found_by_text_and_state(controller: Writer) -> None:
    key = "section:2.2"
    first, second = await opened(controller, key), await opened(controller, key)
    await settle(controller, first, "resolution")
    for query, expected in (
        (f"?key={key}", [second, first]),
        (f"?key={key}&state=open", [second]),
        (f"?key={key}&state=resolved", [first]),
    ):
        listed = (await controller.get(f"{THREADS}{query}")).json()["items"]
        assert [row["thread_id"] for row in listed] == [row["thread_id"] for row in expected]
    page = (await controller.get(f"{THREADS}?key={key}&limit=1")).json()
    rest = (await controller.get(f"{THREADS}?key={key}&cursor={page['next']}")).json()
    assert [row["thread_id"] for row in rest["items"]] == [first["thread_id"]]


async def test_who_talks_and_who_listens(controller: Writer) -> None:
    body = {"key": "section:1", "text": "x"}
    for role, reads, writes in (
        ("reader", 403, 403),
        ("signer", 200, 403),
        ("contributor", 200, 201),
        ("oiv", 200, 201),
    ):
        person = controller.colleague(role)
        assert (await person.call("GET", THREADS)).status_code == reads, role
        assert (await person.call("POST", THREADS, json=body)).status_code == writes, role


async def test_what_is_said_of_a_sheet_is_seen_by_who_sees_it(controller: Writer) -> None:
    oiv = controller.colleague("oiv")
    thread = await opened(oiv, "objective:SG", "riservatissimo")
    for role in ("controller", "contributor", "validator"):
        person = controller.colleague(role)
        assert "riservatissimo" not in (await person.get(f"{THREADS}?limit=500")).text
        path = f"{THREADS}/{thread['thread_id']}"
        for method, where, given in (
            ("GET", path, None),
            ("POST", f"{path}/comments", {"text": "x"}),
            ("POST", f"{path}/resolution", {}),
            ("POST", THREADS, {"key": "objective:SG", "text": "x"}),
        ):
            answer = await person.call(method, where, json=given, headers={"If-Match": "*"})
            assert answer.status_code == 404, (role, where)
    assert (await controller.colleague("signer").get(f"{THREADS}?key=objective:SG")).json()["items"]


async def test_what_is_no_comment(controller: Writer) -> None:
    for body, expected in (
        ({"key": "objective:A1", "text": " "}, [("/text", "wrong_format")]),
        ({"key": "objective:A1"}, [("/text", "field_required")]),
        ({"key": "nothing", "text": "x"}, [("/key", "wrong_format")]),
    ):
        answer = await controller.call("POST", THREADS, json=body)
        assert (answer.status_code, codes(answer)) == (422, expected)
    unknown = await controller.call("POST", THREADS, json={"key": "objective:Z", "text": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "subject_not_found")
    nowhere = "00000000-0000-7000-8000-000000000000"
    missing = await controller.call("GET", f"{THREADS}/{nowhere}")
    assert (missing.status_code, missing.json()["code"]) == (404, "thread_not_found")


async def test_a_thread_that_is_too_long_can_still_be_resolved(controller: Writer) -> None:
    thread = await opened(controller)
    path = f"{THREADS}/{thread['thread_id']}/comments"
    for _ in range(198):
        await controller.done("POST", path, json={"text": "x"})
    full = await controller.call("POST", path, json={"text": "x"})
    assert (full.status_code, full.json()["code"]) == (409, "thread_full")
    assert await settle(controller, thread, "resolution") == (200, "resolved")
    assert await settle(controller, thread, "reopening", "x") == (409, "thread_full")
