"""Which database and which queue a system uses: the embedded ones, or those it is given.

===================================  =======================================================
``DATABASE_URL``                      what happens
===================================  =======================================================
not set                               the embedded PostgreSQL; everything is prepared
a role that may create roles          roles and database are prepared there, with generated
                                      passwords kept in ``secrets.json``; the API connects
                                      as ``ciclo_runtime``
an unprivileged role                  used as it is; migrated when ``DATABASE_OWNER_URL``
                                      names the owner role, otherwise not
===================================  =======================================================

``REDIS_URL`` simply replaces the embedded Redis.
"""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from deploy.local.errors import LocalSystemError
from deploy.local.secrets import LocalSecrets
from shared.runtime.language import in_terminal_language
from shared.runtime.logging import strike_out_secrets

_MAINTENANCE_DATABASES = frozenset({"", "postgres"})
"""An administrator's URL that names one of these does not mean it as the home of our tables."""


@dataclass(frozen=True)
class Prepared:
    """A database ready for the API."""

    runtime_url: str
    owner_url: str | None
    """``None`` where somebody else migrates."""


def given_database_url() -> str | None:
    """``DATABASE_URL``, when it is set to something."""
    return os.environ.get("DATABASE_URL") or None


def given_redis_url() -> str | None:
    """``REDIS_URL``, when it is set to something."""
    return os.environ.get("REDIS_URL") or None


def prepare_embedded(superuser_url: str, secrets: LocalSecrets) -> Prepared:
    """Roles and database on the embedded server."""
    from deploy.local import roles

    passwords = roles.RolePasswords(secrets.database_owner, secrets.database_runtime)
    urls = roles.bootstrap(superuser_url, passwords, own_server=True)
    return Prepared(urls.runtime, urls.owner)


def prepare_given(url: str, secrets: LocalSecrets) -> Prepared:
    """Roles and database on a server that was given, as far as its role may.

    Raises:
        LocalSystemError: the server cannot be reached, or roles of another installation are
            in the way.
    """
    from deploy.local import roles

    if not asyncio.run(_may_create_roles(url)):
        return Prepared(url, os.environ.get("DATABASE_OWNER_URL") or None)
    named = unquote(urlsplit(url).path.lstrip("/"))
    database = roles.DATABASE if named in _MAINTENANCE_DATABASES else named
    passwords = roles.RolePasswords(secrets.database_owner, secrets.database_runtime)
    urls = roles.bootstrap(url, passwords, database=database, own_server=False)
    return Prepared(urls.runtime, urls.owner)


def migrate(owner_url: str, command: Sequence[str], log: Path) -> None:
    """Bring the database up to date as its owner.

    Raises:
        LocalSystemError: a migration failed (nothing of it remains); ``log`` has the details.
    """
    done = subprocess.run(
        command,
        env=os.environ | {"DATABASE_OWNER_URL": owner_url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        with log.open("a", encoding="utf-8") as stream:
            stream.write(strike_out_secrets(done.stderr))
        raise LocalSystemError(
            in_terminal_language(
                f"Il database non si aggiorna; il motivo è in {log}.",
                f"The database cannot be brought up to date; the reason is in {log}.",
            )
        )


async def _may_create_roles(url: str) -> bool:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError, ValueError) as error:
        raise LocalSystemError(
            in_terminal_language(
                f"Il server di DATABASE_URL non risponde: {error}",
                f"The server of DATABASE_URL does not answer: {error}",
            )
        ) from error
    try:
        may: bool = await connection.fetchval(
            "SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user"
        )
        return may
    finally:
        await connection.close()
