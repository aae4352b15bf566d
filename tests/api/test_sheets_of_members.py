"""The four who see a sheet, as in life: by what a chamber wrote down, without any claim."""

import json
from typing import Any

import pytest
import pytest_asyncio

from tests.api.system import Api
from tests.api.test_sheets import FIGURE, PLAN, SHEET, WORDS, case, leaks

pytestmark = pytest.mark.asyncio(loop_scope="module")

MEMBERS = "/v1/chambers/LU/members"

SEEING: dict[str, dict[str, Any]] = {
    "evaluated": {"roles": ["contributor"], "sheets": [SHEET]},
    "evaluator": {"roles": ["validator"], "evaluates": [SHEET]},
    "oiv": {"roles": ["oiv"]},
    "secretary": {"roles": ["signer"]},
}
BLIND: dict[str, dict[str, Any]] = {
    "colleague": {"roles": ["contributor"], "units": ["*"]},
    "manager": {"roles": ["validator"], "units": ["*"], "evaluates": ["OTHER"]},
    "controller": {"roles": ["controller"]},
    "administrator": {"roles": ["chamber_administrator"]},
}


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _members(api: Api) -> None:
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case()).encode())
    assert made.status_code == 201, made.text
    for person, given in {**SEEING, **BLIND}.items():
        added = await api.call("POST", MEMBERS, json={"person": f"{person} ({SHEET})", **given})
        assert added.status_code == 201, added.text


def who(api: Api, person: str) -> dict[str, str]:
    """A token that says who somebody is, and nothing else."""
    return api.token({}, subject=f"{person} ({SHEET})")


@pytest.mark.parametrize("person", SEEING)
async def test_the_four_see_the_sheet_whole(api: Api, person: str) -> None:
    caller = who(api, person)
    results = (await api.client.get(f"{PLAN}/results", headers=caller)).json()
    (sheet,) = (row for row in results["objectives"] if row["code"] == SHEET)
    assert sheet["figure"]["recognised"] is not None
    listed = await api.client.get(f"{PLAN}/measurements?subject_code={SHEET}m", headers=caller)
    assert [row["value"] for row in listed.json()["items"]] == [FIGURE]
    explained = await api.client.get(f"{PLAN}/results/{SHEET}-1", headers=caller)
    assert explained.status_code == 200, explained.text
    text = await api.client.get(f"{PLAN}/narratives/objective:{SHEET}-1", headers=caller)
    assert text.json()["text"] == WORDS
    taken = await api.client.get(f"{PLAN}/export", headers=caller)
    assert "ciclo-withheld" not in taken.headers
    assert taken.text.count(WORDS) >= 5


@pytest.mark.parametrize("person", BLIND)
async def test_nobody_else_reads_a_figure_of_it(api: Api, person: str) -> None:
    assert await leaks(api, who(api, person), (FIGURE, WORDS, "42.42")) == []


async def test_who_is_no_longer_the_evaluator_sees_nothing_any_more(api: Api) -> None:
    listed = await api.call("GET", f"{MEMBERS}?limit=100")
    (found,) = (m for m in listed.json()["items"] if m["person"].startswith("evaluator"))
    path = f"{MEMBERS}/{found['member_id']}"
    etag = (await api.call("GET", path)).headers["etag"]
    changed = await api.call(
        "PATCH",
        path,
        content=json.dumps({"evaluates": []}),
        headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"},
    )
    assert changed.status_code == 200, changed.text
    assert await leaks(api, who(api, "evaluator"), (FIGURE, WORDS, SHEET)) == []


async def test_nobody_gives_themselves_a_sheet(api: Api) -> None:
    caller = who(api, "administrator")
    listed = (await api.client.get(f"{MEMBERS}?limit=100", headers=caller)).json()["items"]
    (own,) = (m for m in listed if m["person"].startswith("administrator"))
    path = f"{MEMBERS}/{own['member_id']}"
    etag = (await api.client.get(path, headers=caller)).headers["etag"]
    answer = await api.client.patch(
        path,
        content=json.dumps({"evaluates": [SHEET]}),
        headers={**caller, "If-Match": etag, "Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 403
