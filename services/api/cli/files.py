"""Files of the person at the terminal: read whole, written whole or not at all."""

from pathlib import Path

from services.api.cli.failures import CommandFailedError
from shared.runtime.language import in_terminal_language


def read_file(path: Path) -> bytes:
    """The content of a file.

    Raises:
        CommandFailedError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandFailedError(
            in_terminal_language(
                f"{path} non si può leggere: {error.strerror}.",
                f"{path} cannot be read: {error.strerror}.",
            )
        ) from error


def write_file(path: Path, content: bytes) -> None:
    """Put content in a file; a reader finds what was there before or all of it.

    Raises:
        CommandFailedError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CommandFailedError(
            in_terminal_language(
                f"{path} non si può scrivere: {error.strerror}.",
                f"{path} cannot be written: {error.strerror}.",
            )
        ) from error
