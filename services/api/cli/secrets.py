"""``ciclo secrets``: keys that seal secrets at rest."""

import asyncio
from dataclasses import asdict

import typer

from services.api.cli.display import write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.options import Json, Language
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="secrets",
    help="Le chiavi che cifrano i segreti conservati.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command()
def key() -> None:
    """Stampa una chiave nuova per CICLO_SECRET_KEYS."""
    from shared.runtime.secrets import new_key

    typer.echo(new_key())


@app.command()
def rotate(as_json: Json = False, _lang: Language = None) -> None:
    """Cifra di nuovo, con la prima chiave di CICLO_SECRET_KEYS, ciò che è cifrato con le altre.

    Usa le variabili dell'API (DATABASE_URL, CICLO_SECRET_KEYS, ...), che intanto può servire.
    Esce con 1 se qualcosa non si apre con nessuna chiave.
    """
    from pydantic import ValidationError

    from services.api.db.session import Database
    from services.api.sealed.service import Rotated
    from services.api.sealed.service import rotate as reseal
    from shared.runtime.secrets import SecretBox
    from shared.runtime.settings import ApiSettings

    async def run(settings: ApiSettings) -> Rotated:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        try:
            return await reseal(database, SecretBox(settings.secret_key_list))
        finally:
            await database.close()

    try:
        settings = ApiSettings()
    except ValidationError as error:
        raise CommandFailedError(str(error)) from None
    if not settings.secret_keys:
        raise CommandFailedError(
            in_terminal_language("Manca CICLO_SECRET_KEYS.", "CICLO_SECRET_KEYS is not set.")
        )
    done = asyncio.run(run(settings))
    if as_json:
        write_json(asdict(done))
    else:
        _show(done.resealed, done.current, done.unreadable)
    if done.unreadable:
        raise typer.Exit(1)


def _show(resealed: int, current: int, unreadable: list[str]) -> None:
    typer.echo(
        in_terminal_language(
            f"Cifrati di nuovo: {resealed}; già sotto la prima chiave: {current}.",
            f"Sealed again: {resealed}; under the first key already: {current}.",
        )
    )
    for place in unreadable:
        typer.echo(
            in_terminal_language(
                f"{place}: nessuna chiave lo apre; emettere un segreto nuovo.",
                f"{place}: no key opens it; issue a new secret.",
            ),
            err=True,
        )
