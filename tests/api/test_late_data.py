"""What a system sends after a plan was closed: it waits for a decision."""

import pytest

from tests.api.plan_office import ACT, Office, small
from tests.api.system import Api
from tests.api.webhook_sender import create_integration, measure

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_late_data_wait_until_the_plan_is_reopened(api: Api) -> None:
    await api.create_chambers("LU")
    office = Office(api, 2030)
    assert (await office.send(small(2030))).status_code == 201
    await office.done("approval", {"act": ACT})
    await office.done("closure", {})
    before = await office.get("/results")
    sender = await create_integration(api, "LU", "integra")
    late = await sender.send(measure("m1", "100"))
    assert late.status_code < 300, late.text
    quarantine = "/v1/chambers/LU/quarantine"
    (item,) = (await api.call("GET", quarantine)).json()["items"]
    assert item["code"] == "plan_closed"
    replay = f"{quarantine}/{item['quarantine_id']}/replay"
    refused = await api.call("POST", replay)
    assert (refused.status_code, refused.json()["code"]) == (409, "still_quarantined")
    assert (await office.get("/results")).content == before.content

    await office.done("reopening", {"motivation": "Il fornitore ha corretto il dato."})
    replayed = await api.call("POST", replay)
    assert (replayed.status_code, replayed.json()["state"]) == (200, "replayed")
    results = await office.document("/results")
    assert results["indicators"][0]["value"] == "100"
    assert (await office.done("closure", {}))["state"] == "closed"
