"""What a person has to type again before something is gone for good."""

import sys

import typer

from services.api.cli.failures import CommandFailedError
from shared.runtime.language import in_terminal_language


def typed_code(chamber: str) -> str:
    """The code of a chamber, typed by whoever sits at the terminal.

    Raises:
        CommandFailedError: nobody sits there.
    """
    if not sys.stdin.isatty():
        raise CommandFailedError(
            in_terminal_language(f"Scrivere --confirm {chamber}.", f"Write --confirm {chamber}.")
        )
    question = in_terminal_language(
        f"Tutto ciò che c'è di {chamber} sarà cancellato. Scrivere il codice",
        f"Everything of {chamber} will be erased. Type the code",
    )
    return str(typer.prompt(question))
