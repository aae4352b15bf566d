"""Every illegal move while texts are written: refused with a stable code, and nothing changes."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.api.problem_table import PROBLEMS
from tests.api.plan_office import small
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

Case = dict[str, Any]

PLAN = "/v1/chambers/LU/plans/2020"
TABLES = (
    "narratives",
    "narrative_versions",
    "narrative_drafts",
    "comment_threads",
    "comments",
    "text_assignments",
    "previews",
)
A1, OTHER = "narratives/objective:A1", "narratives/objective:A"
DRAFT = {"text": "x", "base_version": 0}
OWED = {"offices": ["CED"]}


@dataclass(frozen=True)
class Move:
    """A request that must be refused. ``reads``: whose ETag it bears, or the ETag itself."""

    name: str
    who: str
    method: str
    path: str
    code: str
    body: Case | None = None
    reads: str | None = None
    faults: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


MOVES = (
    Move("write over what was not read", "office", "PUT", A1, "precondition_required",
         {"text": ""}),
    Move("write over what has changed", "office", "PUT", A1, "stale_version", {"text": ""}, '"v9"'),
    Move("write of another unit", "stranger", "PUT", A1, "outside_units", {"text": ""}, A1,
         ("outside_units",)),
    Move("write a section nobody assigned", "office", "PUT", "narratives/section:5",
         "outside_units", {"text": ""}, None, ("outside_units",)),
    Move("write as the OIV", "oiv", "PUT", A1, "forbidden", {"text": ""}, A1),
    Move("write as a reader", "reader", "PUT", A1, "forbidden", {"text": ""}, A1),
    Move("write about nothing", "controller", "PUT", "narratives/objective:Z",
         "subject_not_found", {"text": ""}),
    Move("write about a sheet unseen", "controller", "PUT", "narratives/objective:SG",
         "subject_not_found", {"text": ""}),
    Move("write no text", "office", "PUT", A1, "validation_failed", {}, A1, ("field_required",)),
    Move("remove what was not read", "office", "DELETE", A1, "precondition_required"),
    Move("remove of another unit", "stranger", "DELETE", A1, "outside_units", None, A1,
         ("outside_units",)),
    Move("save over an own draft unread", "office", "PUT", f"{A1}/draft",
         "precondition_required", DRAFT),
    Move("save over an own draft that changed", "office", "PUT", f"{A1}/draft", "stale_version",
         DRAFT, '"old"'),
    Move("save upon a version that never was", "office", "PUT", f"{A1}/draft",
         "validation_failed", DRAFT | {"base_version": 9}, f"{A1}/draft", ("no_such_version",)),
    Move("go on with a draft that is gone", "controller", "PUT", f"{OTHER}/draft",
         "stale_version", DRAFT, '"old"'),
    Move("submit no draft", "controller", "POST", f"{OTHER}/draft/submission",
         "draft_not_found", None, '"old"'),
    Move("submit somebody elses draft", "controller", "POST", f"{A1}/draft/submission",
         "draft_not_found", None, '"old"'),
    Move("submit a draft unread", "office", "POST", f"{A1}/draft/submission",
         "precondition_required"),
    Move("submit over a newer text", "office", "POST", f"{A1}/draft/submission",
         "draft_conflict", None, f"{A1}/draft"),
    Move("discard a draft unread", "office", "DELETE", f"{A1}/draft", "precondition_required"),
    Move("discard somebody elses draft", "controller", "DELETE", f"{A1}/draft",
         "draft_not_found", None, '"old"'),
    Move("comment on nothing", "oiv", "POST", "comment-threads", "subject_not_found",
         {"key": "objective:Z", "text": "x"}),
    Move("comment without words", "oiv", "POST", "comment-threads", "validation_failed",
         {"key": "objective:A1", "text": " "}, None, ("wrong_format",)),
    Move("comment as a reader", "reader", "POST", "comment-threads", "forbidden",
         {"key": "objective:A1", "text": "x"}),
    Move("answer what is resolved", "office", "POST", "{resolved}/comments", "thread_resolved",
         {"text": "x"}),
    Move("resolve the thread of the OIV", "controller", "POST", "{oiv}/resolution",
         "thread_of_others", {}, "{oiv}"),
    Move("resolve unread", "oiv", "POST", "{oiv}/resolution", "precondition_required", {}),
    Move("resolve twice", "controller", "POST", "{resolved}/resolution", "thread_resolved", {},
         "{resolved}"),
    Move("reopen what is open", "oiv", "POST", "{oiv}/reopening", "thread_open", {"text": "x"},
         "{oiv}"),
    Move("reopen without a reason", "controller", "POST", "{resolved}/reopening",
         "validation_failed", {}, "{resolved}", ("field_required",)),
    Move("assign as an office", "office", "PUT", "text-assignments/section:1", "forbidden", OWED),
    Move("assign a section that is none", "controller", "PUT", "text-assignments/section:77",
         "subject_not_found", OWED),
    Move("assign to nobody", "controller", "PUT", "text-assignments/section:1",
         "validation_failed", {"offices": []}, None, ("too_few",)),
    Move("assign anew unread", "controller", "PUT", "text-assignments/section:2",
         "precondition_required", OWED),
    Move("take from nobody", "controller", "DELETE", "text-assignments/section:1",
         "assignment_not_found", None, '"old"'),
    Move("look at nothing", "oiv", "POST", "previews", "subject_not_found",
         {"key": "section:77"}),
    Move("look as a reader", "reader", "POST", "previews", "forbidden", {"key": "section:1"}),
)  # fmt: skip


@dataclass
class Desk:
    """The year, and the threads in it."""

    api: Api
    owner_url: str
    threads: dict[str, str]

    async def call(self, who: str, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - httpx's
        roles = {"office": "contributor", "stranger": "contributor"}
        units = ["CED"] if who == "stranger" else ["Ufficio Studi"]
        bearer = self.api.token({"LU": [roles.get(who, who)]}, units=units, subject=who)
        headers = bearer | more.pop("headers", {})
        address = f"{PLAN}/{path.format(**self.threads)}"
        return await self.api.client.request(method, address, headers=headers, **more)

    async def done(self, who: str, method: str, path: str, body: Case, **more: Any) -> Any:  # noqa: ANN401 - httpx's
        answer = await self.call(who, method, path, json=body, **more)
        assert answer.is_success, answer.text
        return answer

    async def everything(self) -> list[str]:
        """All rows about texts, as the database has them."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            await connection.execute("SELECT set_config('ciclo.chambers', 'LU', false)")
            return [
                str(row[0])
                for table in TABLES
                for row in await connection.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")  # noqa: S608
            ]
        finally:
            await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(api: Api, owner_url: str) -> AsyncIterator[Desk]:
    """A1 is written twice, and has a draft of its office upon the first version."""
    case = small(2020)
    case["objectives"][1]["units"] = ["Ufficio Studi"]
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Segretario generale"}
    )
    await api.create_chambers("LU")
    assert (await api.import_case("LU", json.dumps(case).encode())).status_code == 201
    made = Desk(api, owner_url, {})
    await made.done("controller", "PUT", A1, {"text": "Uno."})
    await made.done("office", "PUT", f"{A1}/draft", {"text": "Uno e mezzo.", "base_version": 1})
    await made.done("controller", "PUT", A1, {"text": "Due."}, headers={"If-Match": '"v1"'})
    for name, who in (("oiv", "oiv"), ("resolved", "controller")):
        body = {"key": "objective:A1", "text": "Perché?"}
        thread = await made.done(who, "POST", "comment-threads", body)
        made.threads[name] = f"comment-threads/{thread.json()['thread_id']}"
        if name == "resolved":
            match = {"If-Match": thread.headers["etag"]}
            await made.done(who, "POST", "{resolved}/resolution", {}, headers=match)
    await made.done("controller", "PUT", "text-assignments/section:2", OWED)
    yield made


@pytest.mark.parametrize("move", MOVES, ids=str)
async def test_an_illegal_move(move: Move, desk: Desk) -> None:
    headers = {}
    if move.reads is not None and move.reads.startswith('"'):
        headers["If-Match"] = move.reads
    elif move.reads is not None:
        headers["If-Match"] = (await desk.call(move.who, "GET", move.reads)).headers["etag"]
    before = await desk.everything()
    refused = await desk.call(move.who, move.method, move.path, json=move.body, headers=headers)
    problem = refused.json()
    assert problem["code"] == move.code, refused.text
    assert refused.status_code == problem["status"] == PROBLEMS[move.code].status
    assert sorted(code for _, code in codes(refused)) == sorted(move.faults)
    assert all([problem["detail"], *(error["detail"] for error in problem["errors"])])
    english = await desk.call(
        move.who,
        move.method,
        move.path,
        json=move.body,
        headers={**headers, "Accept-Language": "en"},
    )
    assert english.json()["code"] == move.code
    assert english.json()["detail"] not in {"", problem["detail"]}
    assert await desk.everything() == before
