"""``ciclo tenant apply``: chambers become what their manifests say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from services.api.cli.client import ApiClient
from services.api.cli.connection import connected
from services.api.cli.display import console, write_json
from services.api.cli.failures import RefusedError
from services.api.cli.manifests import EntityManifest, Manifest, read_manifests
from services.api.cli.options import Data, Json, Language
from services.api.cli.paths import configuration_path
from shared.contracts.chamber_reading import (
    ConfigurationRefusedError,
    Difference,
    differences,
    patched,
    read_configuration,
)
from shared.runtime.language import in_terminal_language

State = Literal["created", "changed", "unchanged"]

_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one manifest; with a dry run, what would become of it."""

    code: str
    kind: Literal["entity", "chamber"]
    state: State
    changes: tuple[Difference, ...]


def apply(
    files: Annotated[list[Path], typer.Option("--file", "-f", help="Manifesto YAML; ripetibile.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Mostra le differenze e non cambia nulla.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
    _lang: Language = None,
) -> None:
    """Porta enti e camere allo stato descritto dai manifesti; ripetuto, non cambia nulla.

    Ciò che un manifesto non nomina resta com'è.
    """
    manifests = read_manifests(files)
    with connected(data, create=not dry_run) as connection:
        done = [_applied(connection.api, one, dry_run=dry_run) for one in manifests]
    if as_json:
        write_json({"dry_run": dry_run, "applied": [asdict(one) for one in done]})
    else:
        _show(done, dry_run=dry_run)


def _applied(api: ApiClient, manifest: Manifest, *, dry_run: bool) -> Applied:
    if isinstance(manifest.content, EntityManifest):
        return _entity(api, manifest.content, dry_run=dry_run)
    return _chamber(api, manifest.document, manifest.content.document(), dry_run=dry_run)


def _entity(api: ApiClient, wanted: EntityManifest, *, dry_run: bool) -> Applied:
    if any(one["code"] == wanted.code for one in api.read("/v1/entities")["items"]):
        return Applied(wanted.code, "entity", "unchanged", ())
    new = {"code": wanted.code, "title": wanted.title}
    if not dry_run:
        api.create("/v1/entities", new)
    return Applied(wanted.code, "entity", "created", tuple(differences({}, new)))


def _chamber(
    api: ApiClient, given: Mapping[str, Any], whole: Mapping[str, Any], *, dry_run: bool
) -> Applied:
    code = str(whole["code"])
    try:
        answer = api.get(configuration_path(code))
    except RefusedError as refused:
        if refused.code != "chamber_not_found":
            raise
        if not dry_run:
            api.create("/v1/chambers", given)
        return Applied(code, "chamber", "created", tuple(differences({}, given)))
    changes = changes_of(answer.json(), given)
    if changes and not dry_run:
        api.patch(configuration_path(code), given, etag=answer.headers["ETag"])
    return Applied(code, "chamber", "changed" if changes else "unchanged", changes)


def changes_of(
    configuration: Mapping[str, Any], patch: Mapping[str, Any]
) -> tuple[Difference, ...]:
    """What a patch would change, found with the rules of the API.

    Raises:
        RefusedError: the chamber would be set to what is not allowed.
    """
    before = {
        name: value
        for name, value in configuration.items()
        if name not in {"status", "allowed_actions"}
    }
    try:
        wanted = read_configuration(patched(before, patch))
    except ConfigurationRefusedError as refused:
        title = in_terminal_language("Configurazione con errori", "Faulty configuration")
        raise RefusedError.of_issues("validation_failed", title, refused.issues) from refused
    return tuple(differences(before, wanted.document()))


_STATES: Mapping[State, tuple[str, str]] = {
    "created": ("creata", "created"),
    "changed": ("modificata", "changed"),
    "unchanged": ("invariata", "unchanged"),
}
_WOULD: Mapping[State, tuple[str, str]] = {
    "created": ("da creare", "to be created"),
    "changed": ("da modificare", "to be changed"),
    "unchanged": ("invariata", "unchanged"),
}


def _show(done: Sequence[Applied], *, dry_run: bool) -> None:
    out = console()
    for one in done:
        state = in_terminal_language(*(_WOULD if dry_run else _STATES)[one.state])
        out.print(f"[bold]{one.code}[/] ({one.kind}): {state}")
        if one.changes:
            out.print(changes_table(one.changes))


def changes_table(changes: Sequence[Difference]) -> Table:
    """Field by field, what was and what will be."""
    heads = in_terminal_language("Campo|Prima|Dopo", "Field|Before|After").split("|")
    table = Table(*heads, header_style="bold")
    for change in changes:
        table.add_row(escape(change.pointer), _shown(change.before), _shown(change.after))
    return table


def _shown(value: object) -> str:
    text = "-" if value is None else str(value)
    return escape(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")
