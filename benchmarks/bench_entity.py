"""Sixty chambers of one entity: created, loaded, consolidated; and ten years of them.

The application runs in this process on a PostgreSQL of its own, so that time and memory of a
request can be told. What is promised is shape: a chamber more costs the same whether it is the
third or the sixtieth, and ten years hold no more memory than they have chambers. Shapes are
told in processor time of this process, whatever else the machine is doing. Each joint figure is
compared with what the chamber has alone.
"""

import asyncio
import json
import shutil
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.plans import YEAR, large_case
from benchmarks.rows import Row
from deploy.local import postgres, roles
from deploy.local.identity import LocalIssuer
from deploy.local.layout import DataDirectory
from deploy.local.secrets import load_or_create
from services.api.db.migrate import upgrade
from services.api.main import create_app
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import results_document
from shared.domain.scoring import score
from shared.runtime.secrets import new_key
from shared.runtime.settings import LOCAL_ISSUER, ApiSettings

_CHAMBERS = 60
_YEARS = range(YEAR - 9, YEAR + 1)
_SHARED = tuple(range(1, 40, 2))
"""Indicators of the catalogue: quotients of two measures, twenty of the plan's 200."""
_STEPS = (15, 30, 45, 60)
_ROUNDS = 3
_BASE = "/v1/entities/TNO"
_MOST_GROWTH = 1.5


def run() -> list[Row]:
    """Everything, in one event loop."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    try:
        return asyncio.run(_run(root))
    finally:
        shutil.rmtree(root)


async def _run(root: Path) -> list[Row]:
    async with _entity(root) as office:
        rows = _loading_rows(await office.load())
        await office.check_alone()
        rows += await _one_year(office)
        await office.load_earlier_years()
        return rows + await _ten_years(office)


def _codes() -> list[str]:
    return [f"C{number:02}" for number in range(_CHAMBERS)]


@dataclass
class _Office:
    """Somebody who governs the entity."""

    client: httpx.AsyncClient

    async def send(self, method: str, path: str, content: bytes | dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Content-Type": "application/json"}
        answer = await self.client.request(method, path, content=raw, headers=headers)
        if answer.is_error:
            raise AssertionError(answer.text)
        return answer.json()

    async def view(self, path: str, codes: Sequence[str], **asked: int) -> Any:  # noqa: ANN401 - JSON
        """One of the views of the entity."""
        given: dict[str, str | int] = {"chambers": ",".join(codes), **asked}
        answer = await self.client.get(f"{_BASE}/{path}", params=given)
        if answer.is_error:
            raise AssertionError(answer.text)
        return answer.json()

    async def load(self) -> list[float]:
        """The entity and its chambers, each with a year of 200 indicators; seconds of each."""
        await self.send("POST", "/v1/entities", {"code": "TNO", "title": "Ente"})
        taken: list[float] = []
        for code in _codes():
            case = _case(code, YEAR)
            begun = time.process_time()
            chamber = {"code": code, "entity": "TNO", "title": f"Camera {code}"}
            await self.send("POST", "/v1/chambers", chamber)
            await self.send("POST", f"/v1/chambers/{code}/imports", case)
            taken.append(time.process_time() - begun)
        await self.send("POST", f"{_BASE}/catalogue/import", _catalogue())
        grant = {
            "reader": "amministratore-locale",
            "chambers": _codes(),
            "reason": "Misura",
            "expires_on": "2099-12-31",
        }
        await self.send("POST", f"{_BASE}/readers", grant)
        return taken

    async def load_earlier_years(self) -> None:
        """Nine years more, of the shared indicators only."""
        for code in _codes():
            for year in _YEARS[:-1]:
                case = _case(code, year, shared_only=True)
                await self.send("POST", f"/v1/chambers/{code}/imports", case)

    async def check_alone(self) -> None:
        """Every joint figure is what its chamber has when nobody else is there."""
        joint = await self.view(f"consolidated/{YEAR}", _codes())
        columns = await self.view("chambers", _codes(), from_year=YEAR, to_year=YEAR)
        for at, code in enumerate(_codes()):
            plan = plan_from_case(read_case(_case(code, YEAR)).case)
            alone = results_document(plan, score(plan))
            values = {f"c:{row.code}": row.value for row in alone.indicators}
            overall = columns["chambers"][at]["years"][0]["overall"]
            if overall != alone.overall.model_dump(mode="json"):
                raise AssertionError(f"{code}: {overall}")
            for row in joint["indicators"]:
                told = row["chambers"][at]
                if (told["chamber"], told["value"]) != (code, values[row["facts"]["entry"]]):
                    raise AssertionError(f"{code}: {told}")


def _case(code: str, year: int, *, shared_only: bool = False) -> bytes:
    """A plan of 200 indicators, twenty of them shared; values differ from chamber to chamber."""
    document = json.loads(large_case(code))
    shift = int(code[1:]) + year % 10
    document["year"] = year
    for row in document["indicators"]:
        row["targets"] = {str(year): target for target in row["targets"].values()}
        if int(row["code"][1:]) in _SHARED:
            row["catalogue"] = f"c:{row['code']}"
    for row in document["measurements"]:
        row["year"] = year
        row["value"] = str(shift + 40 + len(row["measure"]) + int(row["measure"][1:]))
    if shared_only:
        document["indicators"] = [r for r in document["indicators"] if "catalogue" in r]
        document["measures"] = document["measures"][:40] + document["measures"][200:208]
        kept = {row["code"] for row in document["measures"]}
        document["measurements"] = [r for r in document["measurements"] if r["measure"] in kept]
    return json.dumps(document).encode()


def _catalogue() -> dict[str, Any]:
    document = json.loads(large_case())
    shared = {"source": "c", "value_type": "number"}
    return {
        "format": "ciclo/catalogue@1",
        "measures": [shared | {"code": r["code"], "title": "m"} for r in document["measures"]],
        "indicators": [
            shared
            | {"code": r["code"], "title": "i", "value_type": "percent", "formula": r["formula"]}
            for r in document["indicators"]
            if int(r["code"][1:]) in _SHARED
        ],
    }


@asynccontextmanager
async def _entity(root: Path) -> AsyncIterator[_Office]:
    """An application on a database of its own."""
    directory = DataDirectory.at(root)
    directory.create()
    secrets = load_or_create(directory.secrets_file)
    server = postgres.start(directory, secrets, durable=False)
    try:
        passwords = roles.RolePasswords(secrets.database_owner, secrets.database_runtime)
        urls = await asyncio.to_thread(
            roles.bootstrap, server.superuser_url, passwords, database="bench", own_server=True
        )
        await asyncio.to_thread(upgrade, urls.owner)
        issuer = LocalIssuer(root / "identity")
        issuer.ensure_keys()
        app = create_app(_settings(urls.runtime, issuer))
        token = issuer.mint({"*": ["entity_administrator", "controller"]})
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://ciclo.bench",
                headers={"Authorization": f"Bearer {token}"},
                timeout=120,
            ) as client,
        ):
            yield _Office(client)
    finally:
        server.stop()


def _settings(url: str, issuer: LocalIssuer) -> ApiSettings:
    given: dict[str, Any] = {
        "mode": "development",
        "database_url": url,
        "redis_url": "redis://127.0.0.1:1/0",
        "public_url": "http://ciclo.bench",
        "oidc_issuer": LOCAL_ISSUER,
        "oidc_jwks_file": issuer.key_set_file,
        "secret_keys": new_key(),
        "rate_limit_per_minute": 10_000_000,
        "log_level": "ERROR",
    }
    return ApiSettings(**given)


def _loading_rows(taken: Sequence[float]) -> list[Row]:
    """The last twenty chambers beside the first twenty, after the very first few."""
    third = _CHAMBERS // 3
    first = statistics.median(taken[2:third]) * 1000
    last = statistics.median(taken[-third:]) * 1000
    return [
        Row(
            name=f"a chamber created and loaded, the last of {_CHAMBERS}",
            ours=last,
            baseline=first,
            unit="ms",
            baseline_name="the first ones",
            target=f"constant (< {_MOST_GROWTH:g} x)",
            met=last < _MOST_GROWTH * first,
        )
    ]


async def _one_year(office: _Office) -> list[Row]:
    path = f"consolidated/{YEAR}"
    times = [await _fastest(office, path, count) for count in _STEPS]
    return [_growth(f"{_CHAMBERS} chambers consolidated, a chamber more", times, "ms")]


async def _ten_years(office: _Office) -> list[Row]:
    asked = {"from_year": _YEARS[0], "to_year": _YEARS[-1]}
    times = [await _fastest(office, "trend", count, **asked) for count in _STEPS]
    begun = time.perf_counter()
    await office.view("trend", _codes(), **asked)
    whole = (time.perf_counter() - begun) * 1000
    peaks: list[float] = []
    for count in _STEPS:
        tracemalloc.start()
        await office.view("trend", _codes()[:count], **asked)
        peaks.append(tracemalloc.get_traced_memory()[1] / 1024)
        tracemalloc.stop()
    name = f"{_CHAMBERS} x {len(_YEARS)} consolidated"
    return [
        Row(name=f"{name}, all of it", ours=whole, baseline=None, unit="ms"),
        Row(name=f"{name}, memory at most", ours=peaks[-1], baseline=None, unit="KiB"),
        _growth(f"{name}, a chamber more", times, "ms"),
        _growth(f"{name}, memory of a chamber more", peaks, "KiB"),
    ]


async def _fastest(office: _Office, path: str, count: int, **asked: int) -> float:
    """Milliseconds of processor time of the quickest of a few rounds, after one that warms up."""
    taken: list[float] = []
    for _ in range(_ROUNDS + 1):
        begun = time.process_time()
        await office.view(path, _codes()[:count], **asked)
        taken.append((time.process_time() - begun) * 1000)
    return min(taken[1:])


def _growth(name: str, figures: Sequence[float], unit: str) -> Row:
    """The slope of the second half beside that of the first: alike when growth is linear."""
    middle = len(_STEPS) // 2
    early = (figures[middle] - figures[0]) / (_STEPS[middle] - _STEPS[0])
    late = (figures[-1] - figures[middle - 1]) / (_STEPS[-1] - _STEPS[middle - 1])
    return Row(
        name=name,
        ours=late,
        baseline=early,
        unit=unit,
        baseline_name=f"from {_STEPS[0]} to {_STEPS[middle]} chambers",
        target=f"linear (< {_MOST_GROWTH:g} x)",
        met=late < _MOST_GROWTH * early,
    )
