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
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
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
    """Bring the database up to date as its owner; quick when it already is.

    Raises:
        LocalSystemError: a migration failed (nothing of it remains); ``log`` has the details.
    """
    newest = newest_revision(resources.files("migrations").joinpath("versions"))
    if newest is not None and asyncio.run(_revision(owner_url)) == newest:
        return
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


_REVISION = re.compile(r"^(down_revision|revision)\b[^=]*= *(?:\"(\w+)\"|None)$", re.MULTILINE)


def newest_revision(versions: Traversable) -> str | None:
    """The revision that no other one follows, read from the scripts without running them.

    Alembic would tell the same after a second of imports. ``None`` when the scripts do not
    tell exactly one: then Alembic decides.
    """
    texts = [
        path.read_text(encoding="utf-8")
        for path in versions.iterdir()
        if path.name.endswith(".py") and not path.name.startswith("_")
    ]
    found = [dict(_REVISION.findall(text)) for text in texts]
    if not all({"revision", "down_revision"} <= entry.keys() for entry in found):
        return None
    heads = {entry["revision"] for entry in found} - {entry["down_revision"] for entry in found}
    return heads.pop() if len(heads) == 1 else None


async def _revision(owner_url: str) -> str | None:
    """The revision that the database is at, ``None`` for an empty one."""
    import asyncpg

    connection = await asyncpg.connect(owner_url)
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    else:
        return revision
    finally:
        await connection.close()


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
