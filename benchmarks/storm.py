"""A storm of measurements: everything goes wrong at once, and nothing is lost.

Three chambers send a year's data and more: messages come twice and out of order, values are
corrected and withdrawn, some statements are nonsense, some messages are forged; API and
PostgreSQL are killed in the middle, twice, and come back. Afterwards what stands must be what
the sources hold, every piece of nonsense must wait in quarantine, every forgery be refused.

``make storm``, or ``python -m benchmarks.storm --measurements 20000``.
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from deploy.local.state import read_state
from deploy.local.system import RunningSystem, running_system
from services.api.cli.client import ApiClient
from services.api.cli.playing import issued_secret
from services.api.cli.simulator.agreement import differences, gaps, waiting
from services.api.cli.simulator.delivery import Tally, deliver
from services.api.cli.simulator.truth import Item, Message, Rates, Source, invalid_in

CHAMBERS = ("PI", "LU", "MS")
INTEGRATION = "integra"

_FIRST_YEAR = 2030
_MOST_MEASURES = 1000
_PERIODS: tuple[str | None, ...] = (
    None, "Q1", "Q2", "Q3", "S1", "S2", "T1", "T2", "T3", "T4",
    "M01", "M02", "M03", "M04", "M05", "M06", "M07", "M08", "M09", "M10",
)  # fmt: skip
_BATCH = 500


_FULL = 100_000
_KILLS = 2
_SEED = 1


@dataclass(frozen=True, slots=True)
class Storm:
    """How hard it blows: data of each chamber, rates, how often everything is killed."""

    measurements: int = _FULL
    rates: Rates = field(default_factory=Rates)
    kills: int = _KILLS
    batch: int = _BATCH
    seed: int = _SEED


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``faults`` is empty when nothing was lost and nothing was believed."""

    facts: dict[str, Any]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sender:
    chamber: str
    source: Source
    messages: Sequence[Message]
    secret: str


def data_of(count: int) -> list[Item]:
    """So many data: measures of some years, each with twenty periods."""
    measures = -(-count // len(_PERIODS))
    items: list[Item] = []
    for number in range(measures):
        year = _FIRST_YEAR + number // _MOST_MEASURES
        code = f"M{number % _MOST_MEASURES}"
        for at, period in enumerate(_PERIODS[: count - len(items)]):
            items.append(
                {"measure": code, "year": year, "period": period, "value": str(number * 97 + at)}
            )
    return items


def plan_of(chamber: str, year: int, measures: int) -> dict[str, Any]:
    """A plan that has these measures and reads one of them."""
    return {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": year,
        "kind": "piano",
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Prova"}],
        "measures": [{"code": f"M{n}", "title": f"Misura {n}"} for n in range(measures)],
        "indicators": [
            {
                "code": "I",
                "objective": "A",
                "title": "Indicatore",
                "formula": "[M0]",
                "value_type": "number",
                "targets": {str(year): {"op": ">=", "value": "1"}},
            }
        ],
    }


def blow(storm: Storm) -> Outcome:
    """Let one storm pass over a fresh system."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-storm-"))
    root.chmod(0o711)
    try:
        with running_system(root / "data", renderer=False) as system:
            return _blow(system, storm)
    finally:
        shutil.rmtree(root)


def _blow(system: RunningSystem, storm: Storm) -> Outcome:
    items = data_of(storm.measurements)
    years = sorted({int(item["year"]) for item in items})
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    senders: list[_Sender] = []
    with ApiClient(system.url, system.token()) as api:
        api.create("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"})
        for chamber in CHAMBERS:
            new = {"code": chamber, "entity": "TNO", "title": f"Camera di prova {chamber}"}
            api.create("/v1/chambers", new)
            for year in years:
                codes = {item["measure"] for item in items if item["year"] == year}
                plan = json.dumps(plan_of(chamber, year, len(codes))).encode()
                api.post(f"/v1/chambers/{chamber}/imports", plan)
            source = Source(chamber, items, storm.rates, seed=storm.seed, start=start)
            messages = source.messages(storm.batch)
            senders.append(_Sender(chamber, source, messages, issued_secret(api, chamber)))
    begun = time.monotonic()
    with _killing(system, sum(len(one.messages) for one in senders), storm.kills) as killer:
        tallies = asyncio.run(_deliver_all(system.url, senders, killer))
    seconds = time.monotonic() - begun
    with ApiClient(system.url, system.token()) as api:
        faults = [fault for one in senders for fault in _faults(api, one, tallies, years)]
    if killer.killed < storm.kills:
        faults.append(f"{killer.killed} kills instead of {storm.kills}")
    return Outcome(_facts(senders, tallies, seconds, killer.killed), tuple(faults))


async def _deliver_all(url: str, senders: Sequence[_Sender], killer: "_Killer") -> dict[str, Tally]:
    """Every chamber's source at the same time."""
    tallies = await asyncio.gather(
        *(
            deliver(
                f"{url}/v1/chambers/{one.chamber}/integrations/{INTEGRATION}/webhooks",
                one.secret,
                one.messages,
                tell=killer.count,
            )
            for one in senders
        )
    )
    return {one.chamber: tally for one, tally in zip(senders, tallies, strict=True)}


class _Killer:
    """Ends API and PostgreSQL, without warning, after shares of the messages."""

    def __init__(self, system: RunningSystem, messages: int, kills: int) -> None:
        self._system = system
        self._places = [messages * (n + 1) // (kills + 1) for n in range(kills)]
        self._counted = 0
        self._turn = threading.Event()
        self._over = threading.Event()
        self.killed = 0

    def count(self) -> None:
        """One message more has been settled."""
        self._counted += 1
        if self._places and self._counted >= self._places[0]:
            self._places.pop(0)
            self._turn.set()

    def watch(self) -> None:
        """Waits for its turns; runs in a thread of its own."""
        while not self._over.is_set():
            if self._turn.wait(0.1):
                self._turn.clear()
                self._kill("api", "postgres")
                self.killed += 1

    def end(self) -> None:
        """No more turns."""
        self._over.set()

    def _kill(self, *names: str) -> None:
        state = read_state(self._system.directory)
        if state is None:
            return
        for name in names:
            identity = state.children.get(name)
            if identity is None:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(identity.pid)
                for member in (process, *process.children(recursive=True)):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        member.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def _killing(system: RunningSystem, messages: int, kills: int) -> Iterator[_Killer]:
    killer = _Killer(system, messages, kills)
    thread = threading.Thread(target=killer.watch, name="storm-killer", daemon=True)
    thread.start()
    try:
        yield killer
    finally:
        killer.end()
        thread.join()


def _faults(
    api: ApiClient, one: _Sender, tallies: dict[str, Tally], years: Sequence[int]
) -> Iterator[str]:
    """Everything that is not as it must be in one chamber."""
    tally = tallies[one.chamber]
    for message in tally.lost[:20]:
        yield f"{one.chamber}: message {message} was lost"
    forged = sum(message.forged for message in one.messages)
    if tally.refused != forged:
        yield f"{one.chamber}: {tally.refused} of {forged} forged messages refused"
    invalid, apart = invalid_in(one.messages), waiting(api, one.chamber)
    if not invalid == apart == sum(tally.quarantined.values()):
        answered = sum(tally.quarantined.values())
        yield f"{one.chamber}: {invalid} invalid, {apart} in quarantine, {answered} answered"
    missing = gaps(api, one.chamber, INTEGRATION)
    if missing:
        yield f"{one.chamber}: {missing} gaps although every version was sent"
    yield from differences(api, one.chamber, one.source.held, years)


def _facts(
    senders: Sequence[_Sender], tallies: dict[str, Tally], seconds: float, killed: int
) -> dict[str, Any]:
    all_messages = [message for one in senders for message in one.messages]
    statements = sum(message.items for message in all_messages if not message.forged)
    found = list(tallies.values())
    return {
        "chambers": len(senders),
        "data": sum(len(one.source.held) for one in senders),
        "messages": len(all_messages),
        "statements": statements,
        "invalid": sum(invalid_in(one.messages) for one in senders),
        "quarantined": sum(sum(tally.quarantined.values()) for tally in found),
        "forged": sum(message.forged for message in all_messages),
        "refused": sum(tally.refused for tally in found),
        "repeated": sum(tally.repeated for tally in found),
        "retried": sum(tally.retried for tally in found),
        "lost": sum(len(tally.lost) for tally in found),
        "killed": killed,
        "seconds": round(seconds, 1),
        "statements_per_second": round(statements / seconds),
    }


def main() -> int:
    """One storm, its figures, and 1 when anything was lost or believed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storm", description=__doc__)
    parser.add_argument("--measurements", type=int, default=_FULL)
    parser.add_argument("--kills", type=int, default=_KILLS)
    parser.add_argument("--seed", type=int, default=_SEED)
    asked = parser.parse_args()
    outcome = blow(Storm(asked.measurements, kills=asked.kills, seed=asked.seed))
    print(json.dumps(outcome.facts, indent=2))
    for fault in outcome.faults:
        print(fault, file=sys.stderr)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
