"""A signed webhook of 500 measurements, end to end, beside a raw upsert of the same rows.

End to end: one client, one API process, HTTP on this machine. The signature is verified, the
message stored and committed; 500 measurements are validated, resolved, decided, written with
their history, audited, committed and answered. The raw statement is what a database alone
needs for the rows: ``INSERT ... SELECT unnest(...) ON CONFLICT DO UPDATE`` as the same role on
the same table, committed each time. Both write new values over old ones in every round.

By itself: ``python -m benchmarks webhook``.
"""

import asyncio
import copy
import json
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from standardwebhooks.webhooks import Webhook

from benchmarks.rows import Row
from deploy.local import roles
from deploy.local.layout import DataDirectory
from deploy.local.ports import LOOPBACK
from deploy.local.secrets import load_or_create
from deploy.local.system import RunningSystem, running_system

_ITEMS = 500
_ROUNDS = 40
_WARM_UP = 5
_LEAST_SHARE = 1 / 8
_YEAR = 2030
_CHAMBER = "PI"

_RAW = """
    INSERT INTO measurements (chamber_id, plan_id, measurement_id, position, subject_kind,
        subject_code, year, value, status, version, source)
    SELECT $1, $2, u.id, u.position, 'measure', u.code, $3, u.value, 'measured', 1, 'raw'
    FROM unnest($4::uuid[], $5::integer[], $6::text[], $7::text[]) AS u (id, position, code, value)
    ON CONFLICT (chamber_id, plan_id, subject_kind, subject_code, year, period)
    DO UPDATE SET value = EXCLUDED.value, version = measurements.version + 1, updated_at = now()
"""


def _case(chamber: str) -> bytes:
    """A plan with 500 measures."""
    target = {"op": ">=", "value": "1"}
    document = {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": _YEAR,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Prova"}],
        "measures": [{"code": f"M{n}", "title": f"Misura {n}"} for n in range(_ITEMS)],
        "indicators": [
            {
                "code": f"I{n}",
                "objective": "A",
                "title": f"Indicatore {n}",
                "formula": f"[M{n}] / [M{n + 1}] * 100",
                "value_type": "percent",
                "targets": {str(_YEAR): target},
            }
            for n in range(0, _ITEMS, 2)
        ],
    }
    return json.dumps(document).encode()


class Client:
    """One sender of one chamber, and the administrator who prepares its way."""

    def __init__(self, system: RunningSystem, chamber: str = _CHAMBER) -> None:
        """Prepare chamber, plan and integration."""
        self._http = httpx.Client(base_url=system.url, timeout=60)
        self._server = urlsplit(system.url).netloc
        self.connect()
        self._bearer = {"Authorization": f"Bearer {system.token()}"}
        self._post("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"}, known=True)
        new = {"code": chamber, "entity": "TNO", "title": "Camera di prova"}
        self._post("/v1/chambers", new)
        self._post(f"/v1/chambers/{chamber}/imports", _case(chamber))
        made = self._post(
            f"/v1/chambers/{chamber}/integrations", {"code": "bench", "title": "Misura"}
        )
        self._path = made["integration"]["webhook_path"]
        self._signer = Webhook(made["issued"]["secret"])

    def _post(
        self, path: str, body: bytes | dict[str, Any], *, known: bool = False
    ) -> dict[str, Any]:
        """Creates something; ``known``: it may be there already."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {**self._bearer, "Content-Type": "application/json"}
        answer = self._http.post(path, content=content, headers=headers)
        if not (known and answer.status_code == HTTPStatus.CONFLICT):
            answer.raise_for_status()
        return dict(answer.json())

    def beside(self) -> "Client":
        """Another sender of the same integration, on a connection of its own."""
        other = copy.copy(self)
        other.connect()
        return other

    def connect(self) -> None:
        """A new connection, by the plainest client there is; the server ends idle ones."""
        self._wire = HTTPConnection(self._server, timeout=60)

    def prepare(self, number: int, count: int = _ITEMS, *, first: int = 0) -> Callable[[], None]:
        """A signed message with so many new values; calling the result sends it."""
        now = datetime.now(UTC)
        items = [
            {"measure": f"M{n}", "year": _YEAR, "period": None, "value": f"{number}.{n}"}
            for n in range(first, first + count)
        ]
        event = {
            "type": "measurements.batch",
            "timestamp": now.isoformat(),
            "data": {"measurements": items},
        }
        body = json.dumps(event)
        content = body.encode()
        headers = {
            "Content-Type": "application/json",
            "webhook-id": f"bench-{number}",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(f"bench-{number}", now, body),
        }

        def send() -> None:
            self._wire.request("POST", self._path, content, headers)
            answer = self._wire.getresponse()
            receipt = json.loads(answer.read())
            if answer.status != HTTPStatus.OK or receipt["applied"] != count:
                raise AssertionError(receipt)

        return send


class _RawUpsert:
    """The statement alone, on a plan of its own."""

    def __init__(self, connection: "asyncpg.Connection[Any]") -> None:
        """Take an open connection of the runtime role."""
        self._connection = connection
        self._plan = uuid.uuid4()
        self._ids = [uuid.uuid4() for _ in range(_ITEMS)]

    async def prepare(self) -> None:
        """Make the plan that the rows belong to."""
        await self._connection.execute("SELECT set_config('ciclo.chambers', $1, false)", _CHAMBER)
        await self._connection.execute(
            "INSERT INTO plans (chamber_id, plan_id, year, kind, acts, policy)"
            " VALUES ($1, $2, $3, 'piano', '[]', '{}')",
            _CHAMBER,
            self._plan,
            _YEAR + 1,
        )

    async def run(self, number: int) -> None:
        """Write 500 rows."""
        await self._connection.execute(
            _RAW,
            _CHAMBER,
            self._plan,
            _YEAR,
            self._ids,
            list(range(_ITEMS)),
            [f"M{n}" for n in range(_ITEMS)],
            [f"{number}.{n}" for n in range(_ITEMS)],
        )


def run() -> list[Row]:
    """Time both, in turns, so that both see the same machine."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    try:
        with running_system(root / "data", renderer=False) as system:
            webhook, raw = asyncio.run(_measure(system))
    finally:
        shutil.rmtree(root)
    ours, baseline = _ITEMS / statistics.median(webhook), _ITEMS / statistics.median(raw)
    return [
        Row(
            name=f"signed webhook of {_ITEMS} measurements",
            ours=ours,
            baseline=baseline,
            unit="rows/s",
            baseline_name="INSERT ... unnest upsert of the same rows",
            target=">= 1/8",
            met=ours >= _LEAST_SHARE * baseline,
        )
    ]


async def _measure(system: RunningSystem) -> tuple[list[float], list[float]]:
    """Seconds of every round: the webhook's and the raw statement's."""
    client = Client(system)
    connection = await asyncpg.connect(_runtime_url(system.directory))
    upsert = _RawUpsert(connection)
    await upsert.prepare()
    webhook: list[float] = []
    raw: list[float] = []
    for number in range(_ROUNDS + _WARM_UP):
        send = client.prepare(number)
        begun = time.perf_counter()
        send()
        sent = time.perf_counter()
        await upsert.run(number)
        webhook.append(sent - begun)
        raw.append(time.perf_counter() - sent)
    await connection.close()
    return webhook[_WARM_UP:], raw[_WARM_UP:]


def _runtime_url(directory: DataDirectory) -> str:
    """The embedded server's address for the role of the API, as PostgreSQL notes its port."""
    port = (directory.postgres / "postmaster.pid").read_text(encoding="utf-8").split("\n")[3]
    password = load_or_create(directory.secrets_file).database_runtime
    return f"postgresql://{roles.RUNTIME}:{password}@{LOOPBACK}:{port}/{roles.DATABASE}"
