"""The four database roles and the database, on the embedded server or any other.

==================  ==========================================================================
``ciclo_owner``     owns database and tables, runs the migrations
``ciclo_runtime``   the API's login: owns nothing, subject to every row-level policy
``ciclo_dispatcher``  cannot log in; owns the few functions that claim work across chambers
``ciclo_eraser``    cannot log in; owns the function that removes a chamber, and may nothing else
==================  ==========================================================================

None of them is a superuser, may bypass row-level security or create roles or databases.
"""

import asyncio
import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from deploy.local.errors import LocalSystemError
from shared.runtime.language import in_terminal_language

OWNER = "ciclo_owner"
RUNTIME = "ciclo_runtime"
DISPATCHER = "ciclo_dispatcher"
ERASER = "ciclo_eraser"
_WITHOUT_LOGIN = (DISPATCHER, ERASER)
DATABASE = "ciclo"

_SCRAM_ITERATIONS = 4096
"""PostgreSQL's own default (``scram_iterations``)."""
_BUILTIN_LOCALE_SINCE = 17
"""First major version with ``LOCALE_PROVIDER builtin``."""
_ATTRIBUTES = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"


@dataclass(frozen=True)
class DatabaseUrls:
    """How the two logins reach the database (``postgresql://``, no driver named)."""

    owner: str
    runtime: str


@dataclass(frozen=True)
class RolePasswords:
    """Passwords of the two roles that log in."""

    owner: str
    runtime: str


def bootstrap(
    administrator_url: str,
    passwords: RolePasswords,
    *,
    database: str = DATABASE,
    own_server: bool,
) -> DatabaseUrls:
    """Create what is missing of roles and database; safe to repeat.

    Args:
        administrator_url: a role that may create roles and databases.
        passwords: set on creation.
        database: its name; an existing one is used and its schema opened to the roles.
        own_server: whether nobody else uses the server, so that passwords of existing
            roles may be set again. Elsewhere a role that exists with another password
            belongs to another installation and is left alone.

    Raises:
        LocalSystemError: a role of another installation is in the way.
    """
    return asyncio.run(_bootstrap(administrator_url, passwords, database, own_server=own_server))


def url_for(base: str, *, user: str, password: str, database: str) -> str:
    """``base`` with another login and database; host, port and parameters stay."""
    parts = urlsplit(base)
    address = parts.netloc.rpartition("@")[2]
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return urlunsplit(("postgresql", f"{login}@{address}", f"/{quote(database)}", parts.query, ""))


async def _bootstrap(
    administrator_url: str, passwords: RolePasswords, database: str, *, own_server: bool
) -> DatabaseUrls:
    urls = DatabaseUrls(
        url_for(administrator_url, user=OWNER, password=passwords.owner, database=database),
        url_for(administrator_url, user=RUNTIME, password=passwords.runtime, database=database),
    )
    server = await asyncpg.connect(administrator_url)
    try:
        await _create_roles(server, passwords, reset=own_server)
        await _create_database(server, database)
    finally:
        await server.close()
    await _open_database(_other_database(administrator_url, database), database)
    if not own_server:
        await _check_logins(urls)
    return urls


async def _create_roles(
    server: asyncpg.Connection, passwords: RolePasswords, *, reset: bool
) -> None:
    existing = {
        row["rolname"]
        for row in await server.fetch(
            "SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)",
            [OWNER, RUNTIME, *_WITHOUT_LOGIN],
        )
    }
    for role, password in ((OWNER, passwords.owner), (RUNTIME, passwords.runtime)):
        verifier = scram_verifier(password)
        if role not in existing:
            await server.execute(f"CREATE ROLE {role} LOGIN {_ATTRIBUTES} PASSWORD '{verifier}'")
        elif reset:
            await server.execute(f"ALTER ROLE {role} PASSWORD '{verifier}'")
    for role in _WITHOUT_LOGIN:
        if role not in existing:
            await server.execute(f"CREATE ROLE {role} NOLOGIN {_ATTRIBUTES}")
        if OWNER not in existing or role not in existing:
            # The owner hands the functions over to the role; it does not act as it.
            await server.execute(f"GRANT {role} TO {OWNER} WITH INHERIT FALSE, SET TRUE")


async def _create_database(server: asyncpg.Connection, database: str) -> None:
    if await server.fetchval("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", database):
        return
    superuser = await server.fetchval(
        "SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
    )
    if not superuser:  # creating for another role takes the right to act as it
        await server.execute(f"GRANT {OWNER} TO CURRENT_USER")
    locale = "LOCALE 'C'"
    if server.get_server_version().major >= _BUILTIN_LOCALE_SINCE:
        locale += " LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
    await server.execute(
        f"CREATE DATABASE {_quoted(database)} OWNER {OWNER} TEMPLATE template0 "
        f"ENCODING 'UTF8' {locale}"
    )


async def _open_database(administrator_url: str, database: str) -> None:
    """Let the two logins in, the owner build in the schema, and nobody else in."""
    connection = await asyncpg.connect(administrator_url)
    try:
        await connection.execute(
            f"REVOKE ALL ON DATABASE {_quoted(database)} FROM PUBLIC;"
            f"GRANT CONNECT, TEMPORARY ON DATABASE {_quoted(database)} TO {OWNER};"
            f"GRANT CONNECT ON DATABASE {_quoted(database)} TO {RUNTIME};"
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
            f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER} WITH GRANT OPTION;"
            f"GRANT USAGE ON SCHEMA public TO {RUNTIME}, {DISPATCHER};"
        )
    finally:
        await connection.close()


async def _check_logins(urls: DatabaseUrls) -> None:
    for role, url in ((OWNER, urls.owner), (RUNTIME, urls.runtime)):
        try:
            connection = await asyncpg.connect(url)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            raise LocalSystemError(
                in_terminal_language(
                    f"Il ruolo {role} esiste già su questo server con un'altra password: indicare "
                    "DATABASE_URL (ruolo ciclo_runtime) e DATABASE_OWNER_URL (ruolo ciclo_owner).",
                    f"The role {role} already exists on this server with another password: set "
                    "DATABASE_URL (role ciclo_runtime) and DATABASE_OWNER_URL (role ciclo_owner).",
                )
            ) from error
        await connection.close()


def scram_verifier(password: str, *, salt: bytes | None = None) -> str:
    """What PostgreSQL stores of a password (RFC 5803), so that no statement carries it.

    Statements may be logged; the verifier does not let anyone log in. Passwords are ASCII here,
    so the preparation of RFC 4013 changes nothing.
    """
    salt = os.urandom(16) if salt is None else salt
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _SCRAM_ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        base64.b64encode(part).decode() for part in (salt, stored_key, server_key)
    )
    return f"SCRAM-SHA-256${_SCRAM_ITERATIONS}:{salt_text}${stored_text}:{server_text}"


def _other_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, f"/{quote(database)}", parts.query, ""))


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
