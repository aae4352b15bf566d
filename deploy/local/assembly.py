"""All processes of one embedded system: started in order, watched, stopped in reverse."""

import http.client
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import databases, postgres, redis
from deploy.local.errors import LocalSystemError
from deploy.local.identity import LocalIssuer
from deploy.local.layout import DataDirectory
from deploy.local.ports import LOOPBACK, USUAL_PORT, in_use
from deploy.local.processes import Child, ProcessIdentity, spawn, stop_stranded, wait_until
from deploy.local.secrets import LocalSecrets, load_or_create
from deploy.local.services import (
    Connections,
    ServiceCommands,
    api_environment,
    renderer_environment,
)
from deploy.local.state import StartedBy, SystemState, clear_state, read_state, write_state
from shared.runtime.language import in_terminal_language

_READY_SECONDS = 60.0
_LOG_BYTES_KEPT = 10 * 1024 * 1024
"""A longer log is set aside (one older file per process) when its process starts."""

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
_STEADY_SECONDS = 60.0
"""A process that ran this long is not failing at start: its next pause is the first again."""

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - told apart, not listened on
_STOP_SECONDS = {"api": 10.0, "renderer": 15.0}


@dataclass(frozen=True)
class SystemOptions:
    """What is started and for whom."""

    port: int
    host: str = LOOPBACK
    renderer: bool = True
    started_by: StartedBy = "up"
    commands: ServiceCommands = field(default_factory=ServiceCommands)


@dataclass
class _Watched:
    """One process and how often it failed lately."""

    child: Child
    restart: Callable[[], Child]
    started: float
    pause: float = _FIRST_PAUSE_SECONDS
    due: float | None = None
    """When it is started again (monotonic seconds), while it is down."""


class LocalSystem:
    """The processes of one data directory. The caller holds its lock."""

    def __init__(
        self, directory: DataDirectory, options: SystemOptions, tell: Callable[[str], None]
    ) -> None:
        """Nothing is started yet; ``tell`` gets a line when something happens later."""
        self._directory = directory
        self._options = options
        self._tell = tell
        self._secrets: LocalSecrets = load_or_create(directory.secrets_file)
        self._servers: list[postgres.PostgresServer | redis.RedisServer] = []
        self._watched: dict[str, _Watched] = {}
        self._ready = False
        self.issuer = LocalIssuer(directory.identity)
        self.postgres_port: int | None = None
        self.redis_port: int | None = None

    @property
    def url(self) -> str:
        """Address of the API on this machine."""
        host = self._options.host
        if host in _EVERY_ADDRESS:
            host = LOOPBACK
        elif ":" in host:
            host = f"[{host}]"
        return f"http://{host}:{self._options.port}"

    @property
    def public_url(self) -> str:
        """Where readers will find the API when this process is gone.

        A system started for one command listens on any port that was free; what it issues
        must lead to where ``ciclo up`` will serve.
        """
        given = os.environ.get("CICLO_PUBLIC_URL")
        if given:
            return given
        if self._options.started_by == "up":
            return self.url
        return f"http://{LOOPBACK}:{USUAL_PORT}"

    def start(self) -> None:
        """Start everything and wait until it answers; on failure, stop what was started.

        Raises:
            LocalSystemError: what kept it from starting, in one sentence.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop what this started, consumers before servers; data stays. Repeatable."""
        for name in ("renderer", "api"):
            watched = self._watched.pop(name, None)
            if watched is not None:
                watched.child.stop(seconds=_STOP_SECONDS[name])
        while self._servers:
            self._servers.pop().stop()
        self._watched.clear()
        clear_state(self._directory)

    def check(self) -> None:
        """Look after the processes once: start again, after a pause, the ones that died."""
        now = time.monotonic()
        for name, watched in self._watched.items():
            if watched.due is not None:
                if now >= watched.due:
                    self._start_again(name, watched, now)
            elif not watched.child.running():
                self._note_death(name, watched, now)

    def _start(self) -> None:
        stop_left_over(self._directory)
        if in_use(self._options.host, self._options.port):
            port = self._options.port
            raise LocalSystemError(
                in_terminal_language(
                    f"La porta {port} è già in uso: indicarne un'altra con --port.",
                    f"Port {port} is already in use: choose another one with --port.",
                )
            )
        for log in self._directory.logs.glob("*.log"):
            _set_aside(log)
        self._write_state()
        self.issuer.ensure_keys()
        authority = self._begin_authority()
        redis_url = databases.given_redis_url() or self._start_redis()
        database = self._prepare_database()
        connections = Connections(self.url, self.public_url, database.runtime_url, redis_url)
        self._start_api(connections)
        if database.owner_url is not None:
            log = self._directory.logs / "migrations.log"
            databases.migrate(database.owner_url, self._options.commands.migration, log)
        self._finish_authority(authority)
        self._watched["api"].child.open_gate()
        if self._options.renderer:
            self._start_renderer(connections)
        self._wait_until_ready()
        self._ready = True
        self._write_state()

    def _prepare_database(self) -> databases.Prepared:
        given = databases.given_database_url()
        if given is None:
            return databases.prepare_embedded(self._start_postgres(), self._secrets)
        return databases.prepare_given(given, self._secrets)

    def _start_postgres(self) -> str:
        was_there = self._directory.postgres.exists()
        server = postgres.start(self._directory, self._secrets)
        self._servers.append(server)
        self.postgres_port = server.port
        if not was_there and self._directory.postgres.is_symlink():
            self._tell_where(server.cluster)

        def restart() -> Child:
            again = postgres.start(self._directory, self._secrets, port=server.port)
            server.child, server.identity = again.child, again.identity
            return _owned(again.child)

        self._watch("postgres", _owned(server.child), restart)
        return server.superuser_url

    def _tell_where(self, cluster: Path) -> None:
        self._tell(
            in_terminal_language(
                f"L'utente di sistema di PostgreSQL non può attraversare {self._directory.root}: "
                f"il database sta in {cluster} (collegamento {self._directory.postgres}).",
                f"The system user of PostgreSQL cannot enter {self._directory.root}: "
                f"the database lies in {cluster} (link {self._directory.postgres}).",
            )
        )

    def _start_redis(self) -> str:
        server = redis.start(self._directory, self._secrets)
        self._servers.append(server)
        self.redis_port = server.port

        def restart() -> Child:
            again = redis.start(self._directory, self._secrets, port=server.port)
            server.child, server.identity = again.child, again.identity
            return _owned(again.child)

        self._watch("redis", _owned(server.child), restart)
        return server.url

    def _start_api(self, connections: Connections) -> None:
        """Start the API up to its gate: it imports while the database is migrated."""
        command = [*self._options.commands.api, "--host", self._options.host]
        command += ["--port", str(self._options.port)]
        variables = api_environment(self._directory, self._secrets, connections)
        log = self._directory.logs / "api.log"

        def start() -> Child:
            return spawn(command, log=log, environment=variables, gated=True)

        def restart() -> Child:
            child = start()
            child.open_gate()
            return child

        self._watch("api", start(), restart)

    def _start_renderer(self, connections: Connections) -> None:
        command = self._options.commands.renderer
        variables = renderer_environment(self._directory, self._secrets, connections)
        log = self._directory.logs / "renderer.log"

        def start() -> Child:
            return spawn(command, log=log, environment=variables)

        self._watch("renderer", start(), start)

    def _watch(self, name: str, child: Child, restart: Callable[[], Child]) -> None:
        self._watched[name] = _Watched(child, restart, time.monotonic())
        self._write_state()  # a killed run is cleaned up by what stands there

    def _wait_until_ready(self) -> None:
        api = self._watched["api"].child

        def settled() -> bool:
            return not api.running() or self.answers()

        came = wait_until(settled, seconds=_READY_SECONDS, interval=0.02)
        for name, watched in self._watched.items():
            if not watched.child.running():
                raise _not_started(name, self._directory.logs / f"{name}.log")
        if not came:
            raise _not_started("api", self._directory.logs / "api.log")

    def answers(self) -> bool:
        """Whether the API says it is ready to serve."""
        host = self.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=2.0)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _begin_authority(self) -> "subprocess.Popen[bytes] | None":
        """Have the development seals' authority made, beside everything else, when missing."""
        if any(self._directory.trust.glob("*.pem")):
            return None
        return subprocess.Popen(
            [*self._options.commands.authority, str(self._directory.signing)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def _finish_authority(self, authority: "subprocess.Popen[bytes] | None") -> None:
        if authority is None:
            return
        _, errors = authority.communicate(timeout=_READY_SECONDS)
        if authority.returncode != 0:
            reason = (errors.decode(errors="replace").strip().splitlines() or ["?"])[-1]
            raise LocalSystemError(
                in_terminal_language(
                    f"L'autorità dei sigilli di prova non si crea: {reason}",
                    f"The authority of the test seals cannot be made: {reason}",
                )
            )

    def _note_death(self, name: str, watched: _Watched, now: float) -> None:
        if now - watched.started >= _STEADY_SECONDS:
            watched.pause = _FIRST_PAUSE_SECONDS
        watched.due = now + watched.pause
        status = watched.child.exit_status
        self._tell(
            in_terminal_language(
                f"{name} si è fermato (stato {status}); riparte tra {watched.pause:g} s, "
                f"dettagli in {self._directory.logs / f'{name}.log'}",
                f"{name} has ended (status {status}); starting again in {watched.pause:g} s, "
                f"details in {self._directory.logs / f'{name}.log'}",
            )
        )
        watched.pause = min(watched.pause * 2, _LONGEST_PAUSE_SECONDS)

    def _start_again(self, name: str, watched: _Watched, now: float) -> None:
        watched.due = None
        watched.started = now
        try:
            watched.child = watched.restart()
        except LocalSystemError as error:
            self._tell(str(error))
            watched.due = now + watched.pause
            watched.pause = min(watched.pause * 2, _LONGEST_PAUSE_SECONDS)
            return
        self._write_state()
        self._tell(in_terminal_language(f"{name} è ripartito", f"{name} runs again"))

    def _write_state(self) -> None:
        own = ProcessIdentity.of(os.getpid())
        if own is None:
            raise AssertionError("this process exists")
        children = {name: watched.child.identity for name, watched in self._watched.items()}
        state = SystemState(own, self._options.started_by, self._ready, self.url, children)
        write_state(self._directory, state)


def stop_left_over(directory: DataDirectory) -> None:
    """Stop processes that a killed run of this data directory has left behind.

    Only processes on file are touched, told by id and creation time.
    """
    state = read_state(directory)
    if state is not None and not state.alive():
        for name in ("renderer", "api"):
            identity = state.children.get(name)
            if identity is not None:
                stop_stranded(identity)
        clear_state(directory)
    redis.stop_left_over(directory)
    postgres.stop_left_over(directory)


def _owned(child: Child | None) -> Child:
    """The child of a server that was just started after left-over ones were stopped."""
    if child is None:
        raise LocalSystemError(
            in_terminal_language(
                "Un altro processo usa già questa cartella dei dati.",
                "Another process already uses this data directory.",
            )
        )
    return child


def _set_aside(log: Path) -> None:
    if log.stat().st_size > _LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".log.1"))


def _not_started(name: str, log: Path) -> LocalSystemError:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = lines[-1].strip() if lines else "-"
    return LocalSystemError(
        in_terminal_language(
            f"{name} non si avvia: {last} (dettagli in {log})",
            f"{name} does not start: {last} (details in {log})",
        )
    )
