"""Fixtures shared by all tests: a real PostgreSQL 18 and a real Redis, started from wheels.

One pair of servers runs per test session (per worker with ``pytest -n``). The migrations run
once, on a template; each test module that asks gets a fresh copy of it, made in milliseconds.
Tests connect as the API does: as the runtime role, subject to every row-level policy.

``CICLO_TEST_DATABASE_ADMIN_URL`` (a role that may create roles and databases on a server for
tests only) replaces the embedded PostgreSQL, ``CICLO_TEST_REDIS_URL`` the embedded Redis.
"""

import asyncio
import os
import secrets
import shutil
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from hypothesis import HealthCheck, settings

from deploy.local import postgres, redis, roles
from deploy.local.layout import DataDirectory
from deploy.local.secrets import LocalSecrets, load_or_create

_TEMPLATE = "ciclo_template"

# The same examples everywhere, and none judged by how busy the machine is: speed is measured
# in benchmarks/.
settings.register_profile(
    "ciclo", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ciclo")

# A shell that runs the tests in the background lets them ignore Ctrl-C, and every program that
# they start to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses tests with one id: with ``--dist loadfile`` the first alone would run, unnoticed."""
    found = Counter(item.nodeid for item in items)
    if repeated := [nodeid for nodeid, times in found.items() if times > 1]:
        raise pytest.UsageError(f"tests with the same id: {', '.join(repeated)}")


def _new_data_root() -> Path:
    """A folder that PostgreSQL's system account can traverse (pytest's own cannot be)."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-test-"))
    root.chmod(0o711)
    return root


@pytest.fixture(scope="session")
def server_directory() -> Iterator[DataDirectory]:
    """Data directory of the session's servers; removed at the end."""
    root = _new_data_root()
    directory = DataDirectory.at(root)
    directory.create()
    yield directory
    shutil.rmtree(root)


@pytest.fixture(scope="session")
def server_secrets(server_directory: DataDirectory) -> LocalSecrets:
    """Passwords and keys of the session's servers."""
    return load_or_create(server_directory.secrets_file)


@pytest.fixture(scope="session")
def database_admin_url(
    server_directory: DataDirectory, server_secrets: LocalSecrets
) -> Iterator[str]:
    """URL of a role that may create roles and databases. For fixtures, not for tests."""
    given = os.environ.get("CICLO_TEST_DATABASE_ADMIN_URL")
    if given:
        yield given
        return
    server = postgres.start(server_directory, server_secrets, durable=False)
    yield server.superuser_url
    server.stop()


@pytest.fixture(scope="session")
def role_passwords(server_secrets: LocalSecrets) -> roles.RolePasswords:
    """Passwords of ``ciclo_owner`` and ``ciclo_runtime`` on the session's server."""
    return roles.RolePasswords(server_secrets.database_owner, server_secrets.database_runtime)


@pytest.fixture(scope="session")
def migrated_template(database_admin_url: str, role_passwords: roles.RolePasswords) -> str:
    """Name of a database with the three roles and all migrations, to be copied."""
    from services.api.db.migrate import upgrade

    urls = roles.bootstrap(database_admin_url, role_passwords, database=_TEMPLATE, own_server=True)
    upgrade(urls.owner)
    return _TEMPLATE


@pytest.fixture(scope="module")
def database_urls(
    database_admin_url: str, role_passwords: roles.RolePasswords, migrated_template: str
) -> Iterator[roles.DatabaseUrls]:
    """A migrated, empty database of this test module alone; dropped after it."""
    yield from _copy(database_admin_url, role_passwords, migrated_template)


@pytest.fixture
def other_database_urls(
    database_admin_url: str, role_passwords: roles.RolePasswords, migrated_template: str
) -> Iterator[roles.DatabaseUrls]:
    """One more migrated, empty database, of this test alone: another installation."""
    yield from _copy(database_admin_url, role_passwords, migrated_template)


@pytest.fixture
def empty_database_urls(
    database_admin_url: str,
    role_passwords: roles.RolePasswords,
    migrated_template: str,  # makes the roles
) -> Iterator[roles.DatabaseUrls]:
    """A database of this test alone, without tables: an installation before its first migration."""
    assert migrated_template
    yield from _copy(database_admin_url, role_passwords, "template0")


def _copy(url: str, passwords: roles.RolePasswords, template: str) -> Iterator[roles.DatabaseUrls]:
    name = f"ciclo_test_{secrets.token_hex(6)}"
    copy = f"CREATE DATABASE {name} OWNER {roles.OWNER} TEMPLATE {template}"
    asyncio.run(_administer(url, f"{copy} STRATEGY FILE_COPY"))
    # Privileges on a database are not copied with it; opening it again sets them.
    yield roles.bootstrap(url, passwords, database=name, own_server=True)
    asyncio.run(_administer(url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _administer(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def owner_url(database_urls: roles.DatabaseUrls) -> str:
    """``postgresql://`` URL of the owner role: migrations and catalogue checks only."""
    return database_urls.owner


@pytest.fixture(scope="module")
def runtime_url(database_urls: roles.DatabaseUrls) -> str:
    """``postgresql://`` URL of the runtime role, the one the API uses."""
    return database_urls.runtime


@pytest.fixture(scope="session")
def redis_server_url(
    server_directory: DataDirectory, server_secrets: LocalSecrets
) -> Iterator[str]:
    """``redis://`` URL of the session's Redis, with whatever earlier tests left in it."""
    given = os.environ.get("CICLO_TEST_REDIS_URL")
    if given:
        yield given
        return
    server = redis.start(server_directory, server_secrets)
    yield server.url
    server.stop()


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """``redis://`` URL of the session's Redis, emptied for this test."""
    from redis import Redis

    with Redis.from_url(redis_server_url) as connection:
        connection.flushall()
    return redis_server_url


@pytest.fixture
def blob_dir(tmp_path: Path) -> Path:
    """An empty folder for the blob store of this test."""
    path = tmp_path / "blobs"
    path.mkdir()
    return path


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data directory for ``ciclo up --data`` and everything embedded."""
    root = _new_data_root()
    yield root / "data"
    shutil.rmtree(root)
