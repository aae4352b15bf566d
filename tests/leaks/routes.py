"""Asks every operation as everybody who has no business with the victims."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.leaks.attackers import Attacker
from tests.leaks.operations import Filler, Operation
from tests.leaks.tried import Tried
from tests.leaks.victims import MARKER, NOWHERE, STRANGER, VICTIMS, Ledger

_CHANGING = ("request-id", "date", "content-length", "ratelimit-remaining", "ratelimit-reset")

# No answer of ours takes so long; a stream of somebody else's events would never end.
_LONGEST_SECONDS = 20

# Not to be told from a chamber that does not exist: unknown, or not asked properly.
_REFUSED = {401, 404, 422}

UNSAFE = {"If-Match": "*", "Idempotency-Key": "the-victims-key-1"}
"""Headers with which a request that changes something gets as far as it can."""


@dataclass(frozen=True)
class Walk:
    """One application, its victims, and what may be asked of it."""

    client: httpx.AsyncClient
    ledger: Ledger
    operations: Sequence[Operation]
    fillers: Mapping[str, Filler]
    cursors: Mapping[str, str]
    """Cursors into the victims' lists, by path of the operation."""

    async def run(self, attackers: Iterable[Attacker]) -> Tried:
        """Everything that each attacker tries, and whether the victims' rows stayed the same."""
        tried = Tried()
        before = await self.ledger.fingerprints()
        for attacker in attackers:
            for operation in self.operations:
                await self._attack(tried, attacker, operation)
            after = await self.ledger.fingerprints()
            changed = sorted(name for name in before if before[name] != after[name])
            tried.note("comparisons", f"{attacker.name} changed {changed}" if changed else None)
            before = after
        return tried

    async def _attack(self, tried: Tried, attacker: Attacker, operation: Operation) -> None:
        if "chamber" in operation.parameters:
            await self._at_the_victims_door(tried, attacker, operation)
            if attacker.at_home:
                await self._from_their_own_chamber(tried, attacker, operation)
        else:
            for filler in self.fillers.values():
                answer = await self._send(attacker, operation, filler, "", query=True)
                tried.note("requests without a chamber", _marked(attacker, operation, answer))

    async def _at_the_victims_door(
        self, tried: Tried, attacker: Attacker, operation: Operation
    ) -> None:
        """The victim's chamber in the path: as if there were none."""
        for victim in VICTIMS:
            filler = self.fillers[victim]
            answer = await self._send(attacker, operation, filler, victim)
            nowhere = await self._send(attacker, operation, filler, NOWHERE)
            leak = _marked(attacker, operation, answer)
            if leak is None and answer.status_code not in _REFUSED:
                leak = f"{attacker.name}: {operation} of {victim} answers {answer.status_code}"
            if leak is None and _shape(answer, victim) != _shape(nowhere, NOWHERE):
                leak = f"{attacker.name}: {operation} tells {victim} from a chamber there is not"
            tried.note("requests to a victim's path", leak)

    async def _from_their_own_chamber(
        self, tried: Tried, attacker: Attacker, operation: Operation
    ) -> None:
        """The attacker's chamber in the path, and identifiers, filters, cursors of the victim."""
        for victim in VICTIMS:
            filler = self.fillers[victim]
            variants: list[dict[str, str]] = []
            if len(operation.parameters) > 1:
                variants.append({})
            if operation.method == "get" and operation.query:
                variants.append(filler.query(operation))
                if operation.path in self.cursors:
                    variants.append({"cursor": self.cursors[operation.path]})
            for query in variants:
                answer = await self._send(attacker, operation, filler, STRANGER, asked=query)
                leak = _marked(attacker, operation, answer)
                if leak is None and filler.proper(operation) and answer.is_success:
                    leak = f"{attacker.name}: {operation} with an id of {victim} succeeds"
                tried.note("requests to their own path", leak)

    async def _send(
        self,
        attacker: Attacker,
        operation: Operation,
        filler: Filler,
        chamber: str,
        *,
        asked: Mapping[str, str] | None = None,
        query: bool = False,
    ) -> httpx.Response:
        headers = dict(attacker.headers)
        more: dict[str, Any] = {"params": filler.query(operation) if query else asked or {}}
        if operation.method != "get":
            headers |= UNSAFE
        if operation.media_type is not None:
            headers["Content-Type"] = operation.media_type
            more["content"] = content_of(operation, filler)
        request = self.client.request(
            operation.method.upper(), filler.path(operation, chamber), headers=headers, **more
        )
        return await asyncio.wait_for(request, _LONGEST_SECONDS)


def content_of(operation: Operation, filler: Filler) -> bytes:
    """A body of the kind that an operation takes, with what the filler's chamber has."""
    if operation.media_type is None or not operation.media_type.endswith("json"):
        return b"%PDF-1.7 nothing"
    return json.dumps(filler.body(operation)).encode()


def _marked(attacker: Attacker, operation: Operation, answer: httpx.Response) -> str | None:
    """What to say when an answer holds the marker."""
    said = answer.text + str(answer.headers.raw)
    if MARKER not in said:
        return None
    return f"{attacker.name}: {operation} shows a victim's words ({answer.status_code})"


def _shape(answer: httpx.Response, chamber: str) -> tuple[object, ...]:
    """An answer without what differs from one request to the next."""
    headers = sorted((k, v) for k, v in answer.headers.items() if k not in _CHANGING)
    try:
        body = answer.json()
    except ValueError:
        body = answer.text
    if isinstance(body, dict):
        body = {k: v for k, v in body.items() if k not in {"request_id", "instance"}}
    text = re.sub(rf"\b{chamber}\b", "", json.dumps([headers, body]))
    return answer.status_code, text
