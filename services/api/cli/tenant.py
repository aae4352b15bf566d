"""``ciclo tenant``: the life of a chamber, for the administrator of its entity."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli import applying, archiving
from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import CommandFailedError
from services.api.cli.files import read_file
from services.api.cli.manifests import setting_value, write_manifest
from services.api.cli.options import Chamber, Data, Json, Language
from services.api.cli.paths import chamber_path, configuration_path
from shared.contracts.chamber import manifest_schema
from shared.runtime.language import in_terminal_language

app = typer.Typer(
    name="tenant",
    help="La vita di una camera: creazione, configurazione, sospensione, archivio, fine.",
    no_args_is_help=True,
)

app.command("apply")(applying.apply)
app.command("export")(archiving.export)
app.command("import")(archiving.import_)
app.command("erase")(archiving.erase)
app.command("certificate")(archiving.certificate)

Setting = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="CAMPO=VALORE",
        help="Un campo della configurazione: region=Toscana, calendar.deadline_days=10, "
        "successor=null; ripetibile.",
    ),
]
Logo = Annotated[Path | None, typer.Option(help="Immagine SVG.")]


@app.command()
def create(
    chamber: Chamber,
    title: Annotated[str, typer.Option(help="Denominazione.")],
    entity: Annotated[str | None, typer.Option(help="Ente; senza, quello di chi chiama.")] = None,
    setting: Setting = None,
    logo: Logo = None,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Crea una camera. Tutto il resto si può impostare ora (--set) o dopo."""
    with connected(data) as connection:
        api = connection.api
        given = {
            "code": chamber,
            "entity": entity or _own_entity(api),
            "title": title,
            **_settings(setting, logo),
        }
        made = api.create("/v1/chambers", given)
    _tell(made, f"Creata {chamber}: {title}.", f"Created {chamber}: {title}.", as_json=as_json)


@app.command("list")
def list_(data: Data = None, as_json: Json = False, _lang: Language = None) -> None:
    """Elenca le camere che si possono vedere."""
    with connected(data) as connection:
        items = connection.api.read_list("/v1/chambers")["items"]
    if as_json:
        write_json({"items": items})
        return
    heads = in_terminal_language(
        "Codice|Denominazione|Stato|Dal|Al|Le succede", "Code|Title|State|From|To|Successor"
    )
    table = Table(*heads.split("|"), header_style="bold")
    for one in items:
        cells = (one["valid_from"], one["valid_to"], one["successor"])
        state = _state(one["status"])
        table.add_row(one["code"], escape(one["title"]), state, *(cell or "-" for cell in cells))
    console().print(table)


@app.command()
def show(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Mostra la configurazione come manifesto YAML, pronto per ciclo tenant apply."""
    with connected(data) as connection:
        found = connection.api.read(configuration_path(chamber))
    if as_json:
        write_json(found)
        return
    said = {key: found[key] for key in found if key not in {"status", "allowed_actions"}}
    typer.echo(write_manifest(said), nl=False)


@app.command()
def configure(
    chamber: Chamber,
    setting: Setting = None,
    logo: Logo = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Mostra le differenze e non cambia nulla.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Cambia alcuni campi della configurazione; gli altri restano."""
    patch = _settings(setting, logo)
    if not patch:
        raise CommandFailedError(
            in_terminal_language(
                "Indicare almeno un campo: --set CAMPO=VALORE, o --logo FILE.",
                "Give at least one field: --set FIELD=VALUE, or --logo FILE.",
            )
        )
    path = configuration_path(chamber)
    with connected(data) as connection:
        read = connection.api.get(path)
        changes = applying.changes_of(read.json(), patch)
        if changes and not dry_run:
            connection.api.patch(path, patch, etag=read.headers["ETag"])
    if as_json:
        listed = [{"pointer": c.pointer, "before": c.before, "after": c.after} for c in changes]
        write_json({"dry_run": dry_run, "changes": listed})
    elif changes:
        console().print(applying.changes_table(changes))
    else:
        console().print(in_terminal_language("Nulla cambia.", "Nothing changes."))


@app.command()
def schema() -> None:
    """Scrive lo schema JSON dei manifesti, per gli editor."""
    write_json(manifest_schema())


@app.command()
def suspend(
    chamber: Chamber,
    reason: Annotated[str, typer.Option(help="Il motivo, per il registro degli atti.")],
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Sospende una camera: si può solo leggere, finché non la si riattiva."""
    with connected(data) as connection:
        path = f"{chamber_path(chamber)}/suspension"
        made = connection.api.create(path, {"reason": reason})
    _tell(made, f"{chamber} è sospesa.", f"{chamber} is suspended.", as_json=as_json)


@app.command()
def resume(
    chamber: Chamber, data: Data = None, as_json: Json = False, _lang: Language = None
) -> None:
    """Riattiva una camera sospesa."""
    with connected(data) as connection:
        made = connection.api.create(f"{chamber_path(chamber)}/resumption", {})
    _tell(made, f"{chamber} è attiva.", f"{chamber} is active.", as_json=as_json)


def _own_entity(api: ApiClient) -> str:
    items = api.read("/v1/entities")["items"]
    if not items:
        raise CommandFailedError(
            in_terminal_language(
                "Il suo ente non c'è ancora: crearlo con un manifesto (ciclo tenant apply).",
                "Your entity does not exist yet: create it by a manifest (ciclo tenant apply).",
            )
        )
    return str(items[0]["code"])


def _settings(given: list[str] | None, logo: Path | None) -> dict[str, Any]:
    """The fields of ``--set``, nested as their dots say, with values read as in a manifest."""
    found: dict[str, Any] = {}
    for text in given or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise CommandFailedError(
                in_terminal_language(
                    f"{text!r}: scrivere CAMPO=VALORE.", f"{text!r}: write FIELD=VALUE."
                )
            )
        *folders, last = name.split(".")
        place = found
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = setting_value(value)
    if logo is not None:
        found["logo_svg"] = read_file(logo).decode("utf-8", "replace")
    return found


def _state(status: str) -> str:
    words = {"active": ("attiva", "active"), "suspended": ("sospesa", "suspended")}
    return in_terminal_language(*words[status])


def _tell(document: Mapping[str, Any], italian: str, english: str, *, as_json: bool) -> None:
    if as_json:
        write_json(document)
    else:
        console().print(escape(in_terminal_language(italian, english)), soft_wrap=True)
