"""The embedded PostgreSQL and Redis by themselves: accounts, crashes, repeated calls."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis import Redis

from deploy.local import postgres, redis
from deploy.local.accounts import ACCOUNT_NAME, service_account
from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.secrets import LocalSecrets, load_or_create

_ROOT = os.geteuid() == 0


@pytest.fixture
def directory(data_dir: Path) -> DataDirectory:
    made = DataDirectory.at(data_dir)
    made.create()
    return made


@pytest.fixture
def secrets(directory: DataDirectory) -> LocalSecrets:
    return load_or_create(directory.secrets_file)


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[DataDirectory]:
    """A data directory below a folder that only its owner may enter."""
    tmp_path.chmod(0o700)
    directory = DataDirectory.at(tmp_path / "data")
    directory.create()
    yield directory
    cluster = directory.postgres.resolve()
    if directory.postgres.is_symlink():
        shutil.rmtree(cluster)


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_postgres_runs_as_an_account_of_its_own_when_root_starts_it(
    directory: DataDirectory, secrets: LocalSecrets
) -> None:
    server = postgres.start(directory, secrets, durable=False)
    try:
        account = service_account()
        owner = directory.postgres.stat().st_uid
        assert (account is not None) == _ROOT, ACCOUNT_NAME
        assert owner == (account.uid if account else os.geteuid())
        assert directory.postgres.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_below_a_closed_folder_the_cluster_goes_where_it_can_be_reached(
    closed: DataDirectory, tmp_path: Path
) -> None:
    secrets = load_or_create(closed.secrets_file)
    for _ in range(2):  # created, then found again
        server = postgres.start(closed, secrets, durable=False)
        try:
            assert asyncio.run(_value(server.superuser_url, "SELECT 1")) == 1
        finally:
            server.stop()
    assert closed.postgres.is_symlink() == _ROOT
    assert (closed.postgres / "PG_VERSION").read_text().strip() == "18"
    assert tmp_path.stat().st_mode & 0o777 == 0o700  # not ours to change


def test_a_cluster_that_became_unreachable_is_told_by_its_folder(
    data_dir: Path, directory: DataDirectory, secrets: LocalSecrets
) -> None:
    postgres.start(directory, secrets, durable=False).stop()
    data_dir.parent.chmod(0o700)
    try:
        if _ROOT:
            with pytest.raises(LocalSystemError, match=str(directory.root)):
                postgres.start(directory, secrets)
        else:
            postgres.start(directory, secrets, durable=False).stop()
        assert data_dir.parent.stat().st_mode & 0o777 == 0o700
    finally:
        data_dir.parent.chmod(0o711)


def test_start_and_stop_may_be_repeated(directory: DataDirectory, secrets: LocalSecrets) -> None:
    first = postgres.start(directory, secrets, durable=False)
    queue = redis.start(directory, secrets)
    try:
        again, queue_again = postgres.start(directory, secrets), redis.start(directory, secrets)
        assert (again.port, queue_again.port) == (first.port, queue.port)
        again.stop()
        queue_again.stop()
        assert first.running()  # whoever found it running does not stop it
        assert queue.running()
    finally:
        for _ in range(2):
            first.stop()
            queue.stop()
    assert not first.running()
    assert postgres.running_server(directory, secrets) is None
    assert redis.running_server(directory, secrets) is None


def test_what_was_written_survives_kill_9(directory: DataDirectory, secrets: LocalSecrets) -> None:
    server, queue = postgres.start(directory, secrets), redis.start(directory, secrets)
    asyncio.run(_value(server.superuser_url, "CREATE TABLE kept AS SELECT 42 AS n"))
    with Redis.from_url(queue.url) as connection:
        connection.set("kept", "42")
        connection.config_set("appendfsync", "always")
        connection.set("kept too", "43")
    for identity in (server.identity, queue.identity):
        os.kill(identity.pid, signal.SIGKILL)
    server, queue = postgres.start(directory, secrets), redis.start(directory, secrets)
    try:
        assert asyncio.run(_value(server.superuser_url, "SELECT n FROM kept")) == 42
        with Redis.from_url(queue.url) as connection:
            assert connection.mget("kept", "kept too") == [b"42", b"43"]
    finally:
        server.stop()
        queue.stop()


def test_a_half_made_cluster_is_made_again(directory: DataDirectory, secrets: LocalSecrets) -> None:
    draft = directory.root / "postgres.new"
    draft.mkdir()
    (draft / "half").write_text("a killed initdb")
    server = postgres.start(directory, secrets, durable=False)
    try:
        assert str(asyncio.run(_value(server.superuser_url, "SHOW server_version"))).startswith(
            "18"
        )
        assert not draft.exists()
    finally:
        server.stop()


def test_data_are_written_through_unless_they_may_be_lost(
    directory: DataDirectory, secrets: LocalSecrets
) -> None:
    for durable, expected in ((True, "on"), (False, "off")):
        server = postgres.start(directory, secrets, durable=durable)
        try:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert asyncio.run(_value(server.superuser_url, f"SHOW {setting}")) == expected
        finally:
            server.stop()


def test_servers_listen_on_loopback_only_and_ask_for_a_password(
    directory: DataDirectory, secrets: LocalSecrets
) -> None:
    server, queue = (
        postgres.start(directory, secrets, durable=False),
        redis.start(directory, secrets),
    )
    try:
        without = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        with pytest.raises(asyncpg.PostgresError, match="password"):
            asyncio.run(_value(without, "SELECT 1"))
        assert asyncio.run(_value(server.superuser_url, "SHOW listen_addresses")) == "127.0.0.1"
        with socket.create_connection(("127.0.0.1", queue.port)) as stranger:
            stranger.sendall(b"PING\r\n")
            assert stranger.recv(100).startswith(b"-NOAUTH")
        with Redis.from_url(queue.url) as connection:
            assert connection.config_get("bind") == {"bind": "127.0.0.1"}
    finally:
        server.stop()
        queue.stop()
