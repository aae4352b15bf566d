"""The API is killed while it tells subscribers: every event arrives, in order, none is lost."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from standardwebhooks.webhooks import Webhook

from tests.e2e.render_system import SMALL, RenderSystem, render_system, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CHANGES = 30


@contextmanager
def _receiver(port: int = 0) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """Where it listens, and what it was sent: everything is taken."""
    taken: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", taken
    finally:
        server.shutdown()
        thread.join(10)


def _change(system: RenderSystem, value: int) -> None:
    given = {"indicator": "A.1", "year": 2019, "period": None, "value": str(value)}
    path = "/v1/chambers/PI/plans/2019/measurements"
    answer = system.request("POST", path, json={"measurements": [given]})
    assert answer.status_code == 201, answer.text


def _revisions(taken: list[tuple[dict[str, str], bytes]]) -> list[int]:
    """Revisions that were told, each when it was told first."""
    told: list[Any] = [json.loads(body)["data"]["revision"] for _, body in taken]
    return list(dict.fromkeys(told))


def test_killed_between_commit_and_delivery(
    tmp_path: Path, runtime_url: str, redis_server_url: str
) -> None:
    variables = {
        "CICLO_SECRET_KEYS": Fernet.generate_key().decode(),
        "CICLO_OUTBOUND_NETWORKS": "127.0.0.0/8",
    }
    with (
        render_system(tmp_path, runtime_url, redis_server_url) as system,
        _receiver() as (url, taken),
    ):
        system.start_api(**variables)
        for path, body in (
            ("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"}),
            ("/v1/chambers", {"code": "PI", "entity": "TNO", "title": "Camera di Pisa"}),
            ("/v1/chambers/PI/imports", SMALL),
        ):
            assert system.request("POST", path, json=body).is_success
        new = {"title": "Cruscotto", "url": url, "events": ["results.changed"]}
        made = system.request("POST", "/v1/chambers/PI/subscriptions", json=new).json()
        before = system.request("GET", "/v1/chambers/PI/plans/2019").json()["revision"]
        for number in range(CHANGES):
            _change(system, 1000 + number)
            if number % 10 == 9:
                system.kill_api()
                system.start_api(**variables)
        expected = [before + number for number in range(1, CHANGES + 1)]
        # The plan itself may be told, too: it became one a moment before the subscription.
        until(lambda: _revisions(taken)[-1:] == expected[-1:] or None, 120)
        assert [told for told in _revisions(taken) if told > before] == expected
        for headers, content in taken:
            Webhook(made["issued"]["secret"]).verify(content.decode(), headers)
        path = f"/v1/chambers/PI/subscriptions/{made['subscription']['subscription_id']}/deliveries"

        def settled() -> bool | None:
            found = system.request("GET", f"{path}?limit=100").json()["items"]
            return {one["state"] for one in found} == {"delivered"} or None

        until(settled, 60)
