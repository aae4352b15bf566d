"""Subscribers of events, and an application whose dispatching a test drives by hand."""

import dataclasses
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.identity import LocalIssuer
from services.api.container import Container
from services.api.dispatch.announcer import Announcer
from services.api.subscriptions.sending import Sender
from shared.runtime.clock import FixedClock
from tests.api.plan_office import small
from tests.api.system import Api, running, settings_for

BASE = "/v1/chambers/LU/subscriptions"
ADMINISTRATOR = {"LU": ["chamber_administrator"]}

_MERGE = {"Content-Type": "application/merge-patch+json"}
_values = itertools.count(1)


@asynccontextmanager
async def announcing_system(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    """The application, dispatching only when told to, with two plans in ``LU``."""
    settings = settings_for(runtime_url, issuer, dispatch=False, outbound_networks="127.0.0.0/8")
    async with running(settings, issuer) as made:
        await made.create_chambers("LU", "PI")
        for year in (2030, 2031):
            answer = await made.import_case("LU", json.dumps(small(year)).encode())
            assert answer.status_code == 201
        yield made


class Hours:
    """The dispatching parts of the application, with hours that pass when told to."""

    def __init__(self, api: Api) -> None:
        # Ahead of the clock of the requests, which make things due by their own.
        self.clock = FixedClock(datetime.now(UTC) + timedelta(minutes=2))
        container: Container = api.app.state.container
        self.parts = dataclasses.replace(container, clock=self.clock)
        self.announcer = Announcer(self.parts)
        self.sender = Sender(self.parts)

    def wait(self, pause: timedelta) -> None:
        self.clock.set(self.clock.now() + pause)

    async def work(self) -> None:
        """Announces and sends until nothing is due."""
        while await self.announcer.run_once():
            pass
        while await self.sender.run_once():
            pass


@dataclasses.dataclass
class Subscriber:
    """A subscription, and the calls about it."""

    api: Api
    subscription_id: str
    secret: str

    @property
    def path(self) -> str:
        return f"{BASE}/{self.subscription_id}"

    async def get(self, path: str = "") -> Any:  # noqa: ANN401 - JSON is anything
        answer = await self.api.call("GET", self.path + path, ADMINISTRATOR)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def patch(self, **change: object) -> Any:  # noqa: ANN401 - as above
        etag = (await self.api.call("GET", self.path, ADMINISTRATOR)).headers["etag"]
        answer = await self.api.call(
            "PATCH", self.path, ADMINISTRATOR, json=change, headers=_MERGE | {"If-Match": etag}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def deliveries(self) -> list[dict[str, Any]]:
        """The oldest first."""
        found: list[dict[str, Any]] = (await self.get("/deliveries?sort=created_at"))["items"]
        return found

    async def end(self) -> None:
        etag = (await self.api.call("GET", self.path, ADMINISTRATOR)).headers["etag"]
        headers = {"If-Match": etag}
        answer = await self.api.call("DELETE", self.path, ADMINISTRATOR, headers=headers)
        assert answer.status_code == 204, answer.text


async def subscribe(api: Api, url: str, *events: str) -> Subscriber:
    """A new subscriber, of changed results unless told otherwise."""
    body = {"title": "Cruscotto", "url": url, "events": events or ["results.changed"]}
    answer = await api.call("POST", BASE, ADMINISTRATOR, json=body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Subscriber(api, made["subscription"]["subscription_id"], made["issued"]["secret"])


async def change_results(api: Api, year: int = 2030) -> None:
    """Records a value that was not there before."""
    given = {"measure": "m1", "year": year, "period": None, "value": str(next(_values))}
    path = f"/v1/chambers/LU/plans/{year}/measurements"
    answer = await api.call("POST", path, json={"measurements": [given]})
    assert answer.status_code == 201, answer.text
