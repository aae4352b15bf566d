"""``Idempotency-Key``: a POST that creates does so once, however often it is sent.

The first answer is stored in the transaction that did the work, so either both are there or
neither. While a request with a key is being served another one with the same key is told so
(409); afterwards it gets the stored answer, or 422 when its content differs.
"""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Header, Request
from sqlalchemy.dialects import postgresql
from starlette.responses import Response

from services.api.db.session import WriteSession
from services.api.db.tables.requests import entity_idempotency_keys, idempotency_keys
from services.api.errors import Refusal

# Callers that retry over a week-end still get the first answer.
KEPT_FOR = timedelta(hours=72)

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,128}$",
        max_length=128,
        description="Un testo unico. La stessa richiesta con la stessa chiave è eseguita una "
        "volta sola; la risposta si conserva per 72 ore.",
        examples=["9f2c2f0e-6a3b-4d0e-8a43-7c2a3c1f0b11"],
    ),
]

_TRY_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")

_STORED_HEADERS = ("location", "etag", "content-type", "retry-after", "cache-control", "vary")


async def once(
    request: Request,
    session: WriteSession,
    key: str | None,
    body: bytes,
    answer: Callable[[], Awaitable[Response]],
    *,
    entity: str | None = None,
) -> Response:
    """The answer to a request that creates: made now, or replayed.

    Args:
        request: method and path are part of what the key stands for.
        session: the transaction that creates; the answer is stored in it.
        key: value of ``Idempotency-Key``; without one the work is simply done.
        body: exact content of the request.
        answer: does the work.
        entity: set for what belongs to an entity instead of a chamber.

    Raises:
        Refusal: ``idempotency_key_in_use`` or ``idempotency_key_reused``.
    """
    if key is None:
        return await answer()
    store = _Store(session, f"{request.method} {request.url.path}", key, entity)
    digest = hashlib.sha256(body).digest()
    await store.lock()
    replayed = await store.find(digest)
    if replayed is not None:
        return replayed
    made = await answer()
    await store.keep(digest, made)
    return made


async def once_showing(
    request: Request,
    session: WriteSession,
    key: str | None,
    body: bytes,
    answers: Callable[[], Awaitable[tuple[Response, Response]]],
) -> Response:
    """As :func:`once`, for what shows a secret, to whoever asks first and to nobody later.

    ``answers`` does the work and gives two answers: the one with the secret, and the one without
    it, which is kept for repetitions of the request.
    """
    shown: list[Response] = []

    async def answer() -> Response:
        full, kept = await answers()
        shown.append(full)
        return kept

    stored = await once(request, session, key, body, answer)
    return shown[0] if shown else stored


class _Store:
    """Where the answers of one key are."""

    def __init__(self, session: WriteSession, operation: str, key: str, entity: str | None) -> None:
        self._session = session
        self._table = idempotency_keys if entity is None else entity_idempotency_keys
        owner = session.chamber if entity is None else entity
        self._identity: dict[str, Any] = {
            "chamber_id" if entity is None else "entity_id": owner,
            "operation": operation,
            "key": key,
        }

    async def lock(self) -> None:
        """Holds the key until the transaction ends, or refuses at once."""
        name = "\n".join(str(part) for part in self._identity.values())
        if not await self._session.scalar(_TRY_LOCK, {"name": name}):
            raise Refusal("idempotency_key_in_use")

    async def find(self, digest: bytes) -> Response | None:
        """The stored answer to this content."""
        columns = self._table.c
        row = await self._session.first(
            sa.select(columns.request_sha256, columns.status, columns.headers, columns.body).where(
                *(columns[name] == value for name, value in self._identity.items()),
                columns.expires_at > sa.func.now(),
            )
        )
        if row is None:
            return None
        if row.request_sha256 != digest:
            raise Refusal("idempotency_key_reused")
        return Response(
            row.body,
            status_code=row.status,
            headers={**row.headers, "Idempotency-Replayed": "true"},
        )

    async def keep(self, digest: bytes, response: Response) -> None:
        """Stores an answer; those of the same owner that have expired go."""
        owner, *_ = self._identity.items()
        await self._session.execute(
            sa.delete(self._table).where(
                self._table.c[owner[0]] == owner[1], self._table.c.expires_at <= sa.func.now()
            )
        )
        values = {
            "request_sha256": digest,
            "status": response.status_code,
            "headers": {
                name: response.headers[name] for name in _STORED_HEADERS if name in response.headers
            },
            "body": bytes(response.body),
            "created_at": sa.func.now(),
            "expires_at": sa.func.now() + KEPT_FOR,
        }
        insert = postgresql.insert(self._table).values(**self._identity, **values)
        await self._session.execute(
            insert.on_conflict_do_update(index_elements=list(self._identity), set_=values)
        )
