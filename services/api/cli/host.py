"""What an administrator has on the machine itself: the database, the documents, the key.

Archives are too large for a request and erasing is not for the API at all, so these commands
work where the API runs, with its environment (``DATABASE_URL``, ``CICLO_BLOB_URL``) or on the
data directory of an embedded system. Row-level security binds them as it binds the API.
"""

import asyncio
import contextlib
import getpass
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from services.api.cli.display import waiting
from services.api.cli.failures import CommandFailedError, RefusedError
from services.api.db.session import Author, Database, DatabaseUnavailableError
from services.api.errors import Refusal
from services.api.problem_table import PROBLEMS
from shared.runtime.blobs import BlobStore
from shared.runtime.language import in_terminal_language, terminal_language

T = TypeVar("T")

KEY_VARIABLE = "CICLO_INSTALLATION_KEY_FILE"


@dataclass(frozen=True)
class Host:
    """Where one installation keeps its things."""

    runtime_url: str
    owner_url: str | None
    blobs: BlobStore
    key_file: Path | None

    def run(self, work: Callable[[Database], Awaitable[T]], *, as_owner: bool = False) -> T:
        """Does some work on the database, as the runtime role or as the owner.

        Raises:
            RefusedError: the work was refused, with every reason.
            CommandFailedError: the database does not answer, or a file cannot be used.
        """
        url = self.owner_url if as_owner else self.runtime_url
        if url is None:
            raise missing("DATABASE_OWNER_URL")

        async def inside() -> T:
            database = Database(url, pool_size=3)
            try:
                return await work(database)
            finally:
                await database.close()

        try:
            return asyncio.run(inside())
        except Refusal as refusal:
            raise refused(refusal) from refusal
        except (DatabaseUnavailableError, OSError) as error:
            raise CommandFailedError(str(error)) from error


@contextlib.contextmanager
def host(data: Path | None) -> Iterator[Host]:
    """The installation of ``--data``, running for the length of the block, or this machine's.

    Raises:
        CommandFailedError: neither ``--data`` nor the API's environment is there.
    """
    if data is not None:
        with _embedded(data) as found:
            yield found
        return
    runtime_url, blob_url = os.environ.get("DATABASE_URL"), os.environ.get("CICLO_BLOB_URL")
    if not runtime_url or not blob_url:
        raise missing("DATABASE_URL" if not runtime_url else "CICLO_BLOB_URL")
    key_file = os.environ.get(KEY_VARIABLE)
    yield Host(
        runtime_url,
        os.environ.get("DATABASE_OWNER_URL"),
        BlobStore.open(blob_url),
        Path(key_file) if key_file else None,
    )


@contextlib.contextmanager
def _embedded(data: Path) -> Iterator[Host]:
    from deploy.local import databases, postgres
    from deploy.local.installation import ensure_installation_key
    from deploy.local.secrets import load_or_create
    from deploy.local.system import running_system

    with contextlib.ExitStack() as stack:
        with waiting(in_terminal_language("Avvio del sistema...", "Starting the system...")):
            system = stack.enter_context(running_system(data, renderer=False))
        directory = system.directory
        secrets = load_or_create(directory.secrets_file)
        given = databases.given_database_url()
        if given is not None:
            prepared = databases.prepare_given(given, secrets)
        else:
            server = postgres.running_server(directory, secrets)
            if server is None:
                raise missing("DATABASE_URL")
            prepared = databases.prepare_embedded(server.superuser_url, secrets)
        yield Host(
            prepared.runtime_url,
            prepared.owner_url,
            BlobStore.open(f"file://{quote(str(directory.blobs))}"),
            ensure_installation_key(directory),
        )


def author(by: str | None) -> Author:
    """Who answers for what is done: as named, or the account that runs the command."""
    return Author(by or f"host:{getpass.getuser()}")


def refused(refusal: Refusal) -> RefusedError:
    """A refusal in the form of the API's answers."""
    problem, language = PROBLEMS[refusal.code], terminal_language()
    errors = [
        {"pointer": issue.pointer, "code": issue.code, "detail": issue.detail(language)}
        for issue in refusal.issues
    ]
    return RefusedError(
        {
            "title": problem.title(language),
            "status": problem.status,
            "code": refusal.code,
            "detail": problem.detail(language, refusal.parts),
            "errors": errors,
        }
    )


def missing(variable: str) -> CommandFailedError:
    """Something that only the environment of the API knows."""
    return CommandFailedError(
        in_terminal_language(
            f"Manca {variable}: eseguire il comando dove gira l'API, o indicare --data CARTELLA.",
            f"{variable} is not set: run the command where the API runs, or give --data DIR.",
        )
    )
