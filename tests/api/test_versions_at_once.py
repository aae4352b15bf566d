"""Several offices at one plan at the same moment: what is approved is what somebody read."""

import asyncio

import pytest

from tests.api.plan_office import ACT, AMENDMENT, Office, small, with_target
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("year", range(2031, 2041))
async def test_an_import_and_an_approval_at_once(api: Api, year: int) -> None:
    await api.create_chambers("LU")
    office = Office(api, year)
    assert (await office.send(small(year))).status_code == 201
    imported, approved = await asyncio.gather(
        office.send(with_target(small(year), "I1", "90")), office.move("approval", {"act": ACT})
    )
    plan = await office.document()
    if approved.status_code == 201:
        # Either nothing was imported after the approval, or it was read after the import.
        assert plan["state"] == "approved"
        content = (await office.document("/versions/1"))["content"]
        assert content["indicators"] == (await office.document("/export"))["indicators"]
        expected = "90" if imported.status_code == 201 else "100"
        assert content["indicators"][0]["targets"][str(year)]["value"] == expected
    else:
        assert (approved.status_code, imported.status_code) == (412, 201)
        assert plan["state"] == "draft"


async def test_of_many_who_open_an_amendment_one_does(api: Api) -> None:
    await api.create_chambers("LU")
    office = Office(api, 2050)
    await office.send(small(2050))
    await office.done("approval", {"act": ACT})
    etag = (await office.get()).headers["etag"]
    answers = await asyncio.gather(
        *(office.move("amendments", AMENDMENT, headers={"If-Match": etag}) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[412] * 7]
    assert (await office.document())["version"] == 2
