"""``ciclo client``: machines with a key of a chamber."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language
from shared.runtime.language import in_terminal_language

client = typer.Typer(help="Sistemi con una chiave della camera.", no_args_is_help=True)

Identifier = Annotated[str, typer.Argument(metavar="SISTEMA", help="Identificativo, come da list.")]
Days = Annotated[int, typer.Option("--days", min=1, max=400, help="Giorni di validità.")]
_DEFAULT_DAYS = 180


def _path(chamber: str, client_id: str | None = None) -> str:
    base = f"/v1/chambers/{chamber}/clients"
    return base if client_id is None else f"{base}/{client_id}"


@client.command("list")
def list_clients(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Mostra i sistemi, le azioni consentite, scadenza e ultimo uso delle chiavi."""
    with connected(data) as connection:
        document = connection.api.read_list(_path(chamber))
    if as_json:
        write_json(document)
        return
    words = in_terminal_language(
        "Sistema|Nome|Stato|Azioni|Scadenza|Ultimo uso",
        "Client|Title|State|Actions|Expires|Last used",
    )
    table = Table(*words.split("|"), header_style="bold")
    for row in document["items"]:
        keys = row["keys"]
        table.add_row(
            row["client_id"],
            escape(row["title"]),
            in_terminal_language(*_STATES[row["state"]]),
            ", ".join(row["scopes"]),
            "\n".join(key["expires_at"][:10] for key in keys),
            "\n".join((key["last_used_at"] or "-")[:16] for key in keys),
        )
    console().print(table)


@client.command("create")
def create_client(
    chamber: Chamber,
    title: Annotated[str, typer.Argument(metavar="NOME", help="Quale sistema è.")],
    scopes: Annotated[list[str], typer.Option("--scope", help="Azione consentita; ripetibile.")],
    days: Days = _DEFAULT_DAYS,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Crea un sistema; mostra, solo ora, la sua chiave."""
    body = {"title": title, "scopes": scopes, "valid_days": days}
    with connected(data) as connection:
        document = connection.api.create(_path(chamber), body)
    if as_json:
        write_json(document)
        return
    typer.echo(document["client"]["client_id"])
    _tell_key(document["issued"])


@client.command("rotate")
def rotate_client(
    chamber: Chamber,
    identifier: Identifier,
    days: Days = _DEFAULT_DAYS,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="Ore per cui vale ancora la chiave precedente.")
    ] = 24,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Sostituisce la chiave; mostra, solo ora, quella nuova."""
    body = {"valid_days": days, "overlap_hours": overlap_hours}
    with connected(data) as connection:
        document = connection.api.create(f"{_path(chamber, identifier)}/keys", body)
    if as_json:
        write_json(document)
    else:
        _tell_key(document)


@client.command("revoke")
def revoke_client(
    chamber: Chamber, identifier: Identifier, data: Data = None, _lang: Language = None
) -> None:
    """Mette fine, subito e per sempre, alle chiavi di un sistema."""
    path = _path(chamber, identifier)
    with connected(data) as connection:
        etag = connection.api.get(path).headers["ETag"]
        connection.api.post(f"{path}/revocation", b"", more_headers={"If-Match": etag})
    console().print(in_terminal_language("Revocato.", "Revoked."))


def _tell_key(issued: dict[str, Any]) -> None:
    typer.echo(issued["key"])
    until = issued["expires_at"][:10]
    typer.echo(
        in_terminal_language(
            f"Vale fino al {until}; non si potrà rileggere.",
            f"Good until {until}; it cannot be read again.",
        ),
        err=True,
    )


_STATES = {
    "active": ("attivo", "active"),
    "expired": ("scaduto", "expired"),
    "revoked": ("revocato", "revoked"),
}
