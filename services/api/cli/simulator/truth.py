"""What a simulated source holds, and the messages it makes of it: reproducible by a seed.

Every datum has versions; the highest is what the source holds in the end. Messages are what a
source under load sends: batches and single values, some twice, some out of order, some with
nonsense in them, and among them those of somebody who does not know the secret.
"""

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Item = Mapping[str, Any]
Key = tuple[str, str, int, str | None]
"""Kind, code, year and period of a datum."""

_SINGLE_SHARE = 0.01
_FARTHEST_MOVE = 40
_WITHDRAWN_SHARE = 0.1
_THIRD_VERSION_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares, from 0 to 1.

    Of messages: sent twice, out of order, forged, never sent. Of data: corrected. Beside them, as
    a share of the statements: such that nobody can use.
    """

    duplicates: float = 0.20
    reordered: float = 0.10
    corrected: float = 0.05
    invalid: float = 0.02
    forged: float = 0.01
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it travels. ``invalid``: how many of its statements nobody can use."""

    message_id: str
    body: bytes
    items: int
    invalid: int = 0
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """A datum as the source holds it in the end."""

    item: Item
    version: int
    said: datetime
    withdrawn: bool = False


def key_of(item: Item) -> Key:
    """What a statement is about."""
    kind = next(name for name in ("measure", "indicator", "objective") if item.get(name))
    return (kind, str(item[kind]), int(item["year"]), item.get("period"))


class Source:
    """One source of one chamber."""

    def __init__(
        self, name: str, items: Sequence[Item], rates: Rates, *, seed: int, start: datetime
    ) -> None:
        """Take what it has measured; ``name`` tells its messages from those of others."""
        self._name = name
        self._rates = rates
        # Reproducible on purpose; nothing secret is made of it.
        self._chance = random.Random(f"{seed}/{name}")  # noqa: S311 - no secret is made of it
        self._start = start
        self._made = 0
        self.held: dict[Key, Held] = {}
        self._waves = self._statements(items)

    def _statements(self, items: Sequence[Item]) -> list[list[Item]]:
        """First versions, then second ones, then third ones; what holds in the end is noted."""
        waves: list[list[Item]] = [[], [], []]
        for item in items:
            last = 0
            if self._chance.random() < self._rates.corrected:
                last = 1 + (self._chance.random() < _THIRD_VERSION_SHARE)
            for number in range(last + 1):
                said = self._start + timedelta(minutes=number)
                stated = self._version(item, number, final=number == last)
                withdrawn = stated.get("event") == "withdrawn"
                self.held[key_of(item)] = Held(stated, number + 1, said, withdrawn)
                waves[number].append(stated)
        return waves

    def _version(self, item: Item, number: int, *, final: bool) -> Item:
        stated = {**item, "source_version": number + 1}
        if number == 0:
            return stated
        if final and self._chance.random() < _WITHDRAWN_SHARE:
            kept = ("measure", "indicator", "objective", "year", "period", "source_version")
            said = {name: stated[name] for name in kept if stated.get(name) is not None}
            return {**said, "event": "withdrawn"}
        value = stated.get("value")
        if isinstance(value, str) and value.isdecimal():
            stated["value"] = str((int(value) + number) % 10**15)
        return {**stated, "event": "corrected"}

    def truth(self) -> Mapping[Key, Held]:
        """What it holds in the end, by datum."""
        return self.held

    def messages(self, batch: int) -> list[Message]:
        """Everything it sends, in the order in which it does."""
        sent: list[Message] = []
        for number, wave in enumerate(self._waves):
            said = self._start + timedelta(minutes=number)
            sent += self._wave(wave, said, batch)
        sent = [one for one in self._moved(sent) if self._chance.random() >= self._rates.lost]
        count = round(len(sent) * self._rates.duplicates)
        again = self._chance.sample(sent, min(len(sent), count))
        forged = [self._forged(sent, said=self._start) for _ in range(self._forgeries(len(sent)))]
        for extra in (*again, *forged):
            sent.insert(self._chance.randrange(len(sent) + 1), extra)
        return sent

    def _forgeries(self, messages: int) -> int:
        rate = self._rates.forged
        return max(1, round(messages * rate)) if rate and messages else 0

    def _wave(self, wave: Sequence[Item], said: datetime, batch: int) -> Iterator[Message]:
        """Batches, each with a share of nonsense; and some single values."""
        singles = {at for at in range(len(wave)) if self._chance.random() < _SINGLE_SHARE}
        for at in sorted(singles):
            item = dict(wave[at])
            kind = item.pop("event", "recorded")
            yield self._message(f"measurement.{kind}", said, item, 1)
        rest = [item for at, item in enumerate(wave) if at not in singles]
        for begin in range(0, len(rest), batch):
            items = list(rest[begin : begin + batch])
            spoiled = self._nonsense(items)
            for bad in spoiled:
                items.insert(self._chance.randrange(len(items) + 1), bad)
            data = {"measurements": items}
            yield self._message("measurements.batch", said, data, len(items), len(spoiled))

    def _nonsense(self, items: Sequence[Item]) -> list[Item]:
        wanted = len(items) * self._rates.invalid
        count = int(wanted) + (self._chance.random() < wanted % 1)
        return [self._spoiled(self._chance.choice(items)) for _ in range(count)]

    def _spoiled(self, item: Item) -> Item:
        """A statement that nobody can use, each of another kind."""
        stated = {name: value for name, value in item.items() if name != "event"}
        unknown = f"IGNOTA-{self._chance.randrange(10**6)}"
        kinds: list[Item] = [
            {"measure": unknown, "year": stated["year"], "value": "1"},
            {**stated, "value": 12},
            {**stated, "valore": "12"},
            {**stated, "year": 1066},
            {**stated, "measure": "A", "objective": "B"},
        ]
        if str(stated.get("value", "")).isdecimal():
            kinds += [{**stated, "value": "molto"}, {**stated, "value": "9" * 20}]
        return self._chance.choice(kinds)

    def _message(
        self, kind: str, said: datetime, data: Item, items: int, invalid: int = 0
    ) -> Message:
        self._made += 1
        event = {"type": kind, "timestamp": said.isoformat(), "data": data}
        body = json.dumps(event, ensure_ascii=False).encode()
        return Message(f"{self._name}-{self._made}", body, items, invalid)

    def _forged(self, sent: Sequence[Message], said: datetime) -> Message:
        """Somebody else says that a figure is another one, and later than all the others."""
        stolen = self._chance.choice(sent)
        later = (said + timedelta(days=9)).isoformat().encode()
        body = stolen.body.replace(said.isoformat().encode(), later).replace(b'"1', b'"7')
        self._made += 1
        return Message(f"{self._name}-{self._made}", body, stolen.items, forged=True)

    def _moved(self, sent: list[Message]) -> list[Message]:
        """Some messages overtake others or fall behind."""
        places = [float(at) for at in range(len(sent))]
        for at in range(len(sent)):
            if self._chance.random() < self._rates.reordered:
                places[at] += self._chance.uniform(-_FARTHEST_MOVE, _FARTHEST_MOVE)
        order = sorted(range(len(sent)), key=lambda at: places[at])
        return [sent[at] for at in order]


def invalid_in(messages: Iterable[Message]) -> int:
    """Statements that must end in quarantine; a message sent twice counts once."""
    found = {one.message_id: one.invalid for one in messages if not one.forged}
    return sum(found.values())
