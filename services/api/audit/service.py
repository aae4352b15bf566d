"""Proves an audit: computes every hash again from what is stored."""

import asyncio

from services.api.audit import repository
from services.api.audit.repository import Trail
from services.api.db.session import ReadSession
from shared.domain.audit_chain import Head, Verifier

# Between so many lines other requests get their turn.
_TURN = 500


async def verify(session: ReadSession, trail: Trail, anchor: Head | None) -> Verifier:
    """The whole chain, compared with its lines, its recorded head and an earlier note of it."""
    verifier = Verifier(anchor, await repository.retired_through(session, trail))
    async for link in repository.links(session, trail):
        verifier.take(link)
        if link.sequence % _TURN == 0:
            await asyncio.sleep(0)
    recorded = await repository.head(session, trail)
    verifier.end(recorded, await repository.unchained(session, trail))
    return verifier
