"""``ciclo subscription``: who is told of events, and what became of the messages."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.options import Chamber, Data, Json, Language
from shared.runtime.language import in_terminal_language

subscription = typer.Typer(
    help="Iscrizioni agli eventi: chi viene avvisato, e gli invii.", no_args_is_help=True
)

Identifier = Annotated[
    str, typer.Argument(metavar="ISCRIZIONE", help="Identificativo, come da list.")
]


def _path(chamber: str, subscription_id: str | None = None) -> str:
    base = f"/v1/chambers/{chamber}/subscriptions"
    return base if subscription_id is None else f"{base}/{subscription_id}"


@subscription.command("list")
def list_subscriptions(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Mostra chi viene avvisato, di che cosa, e se gli invii riescono."""
    with connected(data) as connection:
        document = connection.api.read_list(_path(chamber))
    if as_json:
        write_json(document)
        return
    words = ("Iscrizione|Titolo|Indirizzo|Eventi|Stato", "Subscription|Title|Address|Events|State")
    table = Table(*in_terminal_language(*words).split("|"), header_style="bold")
    for row in document["items"]:
        table.add_row(
            row["subscription_id"],
            escape(row["title"]),
            escape(row["url"]),
            ", ".join(row["events"]),
            _standing(row),
        )
    console().print(table)


@subscription.command("create")
def create(
    chamber: Chamber,
    url: Annotated[str, typer.Argument(metavar="INDIRIZZO", help="Dove inviare, https.")],
    events: Annotated[
        list[str], typer.Option("--event", help="Evento da ricevere; si può ripetere.")
    ],
    title: Annotated[str, typer.Option("--title", help="Di chi è l'indirizzo.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Iscrive un indirizzo; mostra, solo ora, il segreto con cui verificare i messaggi."""
    body = {"title": title, "url": url, "events": events}
    with connected(data) as connection:
        document = connection.api.create(_path(chamber), body)
    if as_json:
        write_json(document)
        return
    typer.echo(document["subscription"]["subscription_id"])
    typer.echo(document["issued"]["secret"])


@subscription.command("pause")
def pause(chamber: Chamber, identifier: Identifier, data: Data = None) -> None:
    """Ferma gli invii: gli eventi attendono."""
    _change(chamber, identifier, data, {"paused": True})


@subscription.command("resume")
def resume(chamber: Chamber, identifier: Identifier, data: Data = None) -> None:
    """Riprende gli invii, anche dopo che il servizio li aveva fermati."""
    _change(chamber, identifier, data, {"paused": False})


def _change(chamber: str, identifier: str, data: Data, change: Mapping[str, Any]) -> None:
    path = _path(chamber, identifier)
    with connected(data) as connection:
        etag = connection.api.get(path).headers["ETag"]
        document = connection.api.patch(path, change, etag=etag)
    typer.echo(_standing(document))


@subscription.command("test")
def send_test(chamber: Chamber, identifier: Identifier, data: Data = None) -> None:
    """Invia un messaggio di prova; l'esito si vede con deliveries."""
    with connected(data) as connection:
        document = connection.api.create(f"{_path(chamber, identifier)}/test", {})
    typer.echo(document["delivery_id"])


@subscription.command("deliveries")
def deliveries(
    chamber: Chamber,
    identifier: Identifier,
    state: Annotated[
        str | None, typer.Option("--state", help="pending, delivered o failed.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Mostra gli invii più recenti."""
    filters = {} if state is None else {"state": state}
    with connected(data) as connection:
        path = f"{_path(chamber, identifier)}/deliveries"
        document = connection.api.read(path, limit=100, **filters)
    if as_json:
        write_json(document)
    else:
        console().print(_deliveries_table(document["items"]))


@subscription.command("replay")
def replay(chamber: Chamber, identifier: Identifier, data: Data = None) -> None:
    """Invia di nuovo tutto ciò che non è riuscito; dice quanti eventi."""
    with connected(data) as connection:
        document = connection.api.create(f"{_path(chamber, identifier)}/replay", {})
    typer.echo(document["deliveries"])


_STATES = {
    "active": ("attiva", "active"),
    "paused": ("sospesa", "paused"),
    "disabled": ("disattivata", "disabled"),
    "pending": ("in attesa", "waiting"),
    "delivered": ("inviato", "delivered"),
    "failed": ("non riuscito", "failed"),
}


def _standing(row: Mapping[str, Any]) -> str:
    text = in_terminal_language(*_STATES[row["standing"]])
    return f"{text} ({row['disabled_reason']})" if row["disabled_reason"] else text


def _deliveries_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    words = (
        "Invio|Evento|Soggetto|Stato|Tentativi|Prossimo",
        "Delivery|Event|Subject|State|Attempts|Next",
    )
    table = Table(*in_terminal_language(*words).split("|"), header_style="bold")
    for row in rows:
        table.add_row(
            row["delivery_id"],
            row["event"],
            escape(row["subject"]),
            in_terminal_language(*_STATES[row["state"]]),
            str(row["attempts"]),
            row["next_at"] or "",
        )
    return table
