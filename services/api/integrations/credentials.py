"""Secrets of integrations: sealed at rest, each opening for its own integration only."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from services.api.errors import Refusal
from shared.runtime.secrets import SecretBox
from shared.runtime.settings import ApiSettings


def seal(settings: ApiSettings, chamber: str, integration: str, secret: str) -> str:
    """A secret as it may be stored.

    Raises:
        Refusal: ``not_ready`` where no key to seal with is configured.
    """
    if not settings.secret_keys:
        raise Refusal("not_ready", reason="CICLO_SECRET_KEYS")
    box = _box(tuple(settings.secret_key_list))
    return box.seal(secret, context=_context(chamber, integration)).decode()


def opened_text(settings: ApiSettings, chamber: str, holder: str, sealed: str) -> str:
    """Another secret text of a holder, sealed by :func:`seal`."""
    return _box(tuple(settings.secret_key_list)).open(
        sealed.encode(), context=_context(chamber, holder)
    )


def opened_secrets(
    settings: ApiSettings, chamber: str, holder: str, rows: Iterable[sa.Row[Any]]
) -> list[str]:
    """The secrets of a holder that are stored in ``rows`` (column ``sealed``)."""
    sealed = [row.sealed for row in rows if row.sealed is not None]
    if not sealed:
        return []
    box = _box(tuple(settings.secret_key_list))
    return [box.open(one.encode(), context=_context(chamber, holder)) for one in sealed]


def opened_keys(
    settings: ApiSettings, chamber: str, integration: str, rows: Iterable[sa.Row[Any]]
) -> list[str]:
    """The keys of an integration in ``rows``: secrets from ``sealed``, public keys as they are."""
    found = list(rows)
    public = [row.public_key for row in found if row.public_key is not None]
    return [*public, *opened_secrets(settings, chamber, integration, found)]


def _context(chamber: str, integration: str) -> str:
    return f"{chamber}/{integration}"


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> SecretBox:
    return SecretBox(keys)
