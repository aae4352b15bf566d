"""Which system a command talks to: an embedded one (``--data``) or one at ``CICLO_URL``."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from deploy.local.layout import DataDirectory
from services.api.cli.client import ApiClient
from services.api.cli.display import waiting
from services.api.cli.failures import CommandFailedError
from shared.runtime.language import in_terminal_language


@dataclass(frozen=True, slots=True)
class Connection:
    """A system that answers."""

    api: ApiClient
    directory: DataDirectory | None
    """Its data directory, when it is the embedded one."""
    lasting: bool = True
    """Whether it keeps running when the command has ended."""

    @property
    def private(self) -> bool:
        """Whether it is an embedded system with a database of its own."""
        directory = self.directory
        given = os.environ.get("DATABASE_URL")
        return directory is not None and not given and directory.postgres.exists()


@contextlib.contextmanager
def connected(
    data: Path | None, *, renderer: bool = False, create: bool = False
) -> Iterator[Connection]:
    """The system that a command was pointed to, for the length of the block.

    Args:
        data: value of ``--data``; it wins over ``CICLO_URL``.
        renderer: whether documents will be rendered.
        create: whether a new, empty system may come into being; reading from one makes no
            sense and means that the folder was mistyped.

    Raises:
        CommandFailedError: neither ``--data`` nor ``CICLO_URL`` is given, or no system is there.
        LocalSystemError: the embedded system cannot be started.
    """
    url = os.environ.get("CICLO_URL")
    if data is not None:
        if not create and not DataDirectory.at(data).secrets_file.exists():
            raise CommandFailedError(
                in_terminal_language(
                    f"In {data} non c'è un sistema: importare prima un piano, o usare ciclo up.",
                    f"There is no system in {data}: import a plan first, or use ciclo up.",
                )
            )
        with _embedded(data, renderer=renderer) as connection:
            yield connection
    elif url:
        with ApiClient(url, os.environ.get("CICLO_TOKEN")) as client:
            yield Connection(client, None)
    else:
        raise CommandFailedError(
            in_terminal_language(
                "Indicare --data CARTELLA (sistema locale) oppure CICLO_URL e CICLO_TOKEN.",
                "Give --data DIR (local system), or CICLO_URL and CICLO_TOKEN.",
            )
        )


@contextlib.contextmanager
def _embedded(data: Path, *, renderer: bool) -> Iterator[Connection]:
    from deploy.local.system import running_system

    with contextlib.ExitStack() as stack:
        with waiting(in_terminal_language("Avvio del sistema...", "Starting the system...")):
            system = stack.enter_context(running_system(data, renderer=renderer, tell=_tell))
        client = stack.enter_context(ApiClient(system.url, system.token()))
        yield Connection(client, system.directory, lasting=not system.started_here)


def _tell(line: str) -> None:
    typer.echo(f"ciclo: {line}", err=True)
