"""One measurement of a chamber of 200 indicators changes: how soon its results are current.

End to end, as a form does it: ``POST .../measurements`` with one value, then ``GET .../results``,
on one kept-open connection. The baseline is the same two requests when the value is the one that
is there already: token, row-level security and validation, but nothing to compute or to write.
"""

import json
import os
import shutil
import statistics
import tempfile
import time
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.plans import YEAR, large_case
from benchmarks.rows import Row
from deploy.local.system import RunningSystem, running_system
from services.api.cli.chambers import ensure_chamber
from services.api.cli.client import ApiClient
from services.api.cli.paths import chamber_path, plan_path

_ROUNDS = 150
_WARM_UP = 15
_LONGEST_MS = 20.0


def run() -> list[Row]:
    """Changes and repetitions by turns, so that both see the same machine."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    os.environ["CICLO_RATE_LIMIT_PER_MINUTE"] = "100000000"
    try:
        with running_system(root / "data", renderer=False) as system:
            with ApiClient(system.url, system.token()) as api:
                ensure_chamber(api, "PI")
                api.create(f"{chamber_path('PI')}/imports", large_case())
            client = _Client(system)
            changed: list[_Round] = []
            repeated: list[_Round] = []
            for number in range(_ROUNDS):
                changed.append(client.enter(number, changes=True))
                repeated.append(client.enter(number, changes=False))
    finally:
        shutil.rmtree(root)
    return _rows(changed[_WARM_UP:], repeated[_WARM_UP:])


_Round = tuple[float, float]
"""Seconds until the value was recorded, and until the results with it had arrived."""


class _Client:
    """An office that enters values and looks at the results."""

    def __init__(self, system: RunningSystem) -> None:
        """Connect; nothing is sent yet."""
        self._wire = HTTPConnection(urlsplit(system.url).netloc, timeout=60)
        self._headers = {"Authorization": f"Bearer {system.token()}"}
        self._revision = 0

    def enter(self, number: int, *, changes: bool) -> _Round:
        """Record one value and read the results, which must be those with the value."""
        item = {"measure": f"M{number}", "year": YEAR, "period": None, "value": f"{number}.25"}
        body = json.dumps({"measurements": [item]}).encode()
        begun = time.perf_counter()
        self._send("POST", f"{plan_path('PI', YEAR)}/measurements", body, HTTPStatus.CREATED)
        recorded = time.perf_counter()
        found = self._send("GET", f"{plan_path('PI', YEAR)}/results", None, HTTPStatus.OK)
        arrived = time.perf_counter()
        revision = json.loads(found)["revision"]
        if (revision > self._revision) is not changes:
            raise AssertionError(f"revision {revision} after {self._revision}")
        self._revision = revision
        return recorded - begun, arrived - begun

    def _send(self, method: str, path: str, body: bytes | None, expected: HTTPStatus) -> Any:  # noqa: ANN401 - bytes
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        self._wire.request(method, path, body, headers)
        answer = self._wire.getresponse()
        content = answer.read()
        if answer.status != expected:
            raise AssertionError(content.decode())
        return content


def _rows(changed: list[_Round], repeated: list[_Round]) -> list[Row]:
    total, base = (
        statistics.median(one for _, one in rounds) * 1000 for rounds in (changed, repeated)
    )
    entered, entered_again = (
        statistics.median(one for one, _ in rounds) * 1000 for rounds in (changed, repeated)
    )
    return [
        Row(
            name="one of 200 indicators changes: POST, then GET results",
            ours=total,
            baseline=base,
            unit="ms",
            baseline_name="the same, nothing changed",
            target=f"< {_LONGEST_MS:g} ms",
            met=total < _LONGEST_MS,
        ),
        Row(
            name="of it the POST",
            ours=entered,
            baseline=entered_again,
            unit="ms",
            baseline_name="the same, nothing changed",
        ),
    ]
