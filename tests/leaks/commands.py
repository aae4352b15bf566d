"""Every command of ``ciclo``, pointed at what belongs to somebody else.

Required parameters, and all arguments, are filled by their name: from :data:`WORDS`, or as in
a path (:mod:`tests.leaks.operations`) by the column that they stand for. A command with one
that is neither fails the test that calls :func:`unclassified`.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from typer.main import get_command
from typer.testing import CliRunner

from services.api.cli.main import app
from tests.leaks.operations import Filler, column_of
from tests.leaks.tried import Tried
from tests.leaks.victims import MARKER

LOCAL = {
    "up": "starts a system of its own",
    "down": "stops the system in a directory that the caller can write",
    "demo": "plays in a system of its own",
    "migrate": "runs as the owner of the database, before any chamber",
    "openapi": "writes the description of the API",
    "secrets key": "makes a key and reads nothing",
    "secrets rotate": "runs with the API's own variables, on the server",
    "tenant export": "reads the database of the machine it runs on, not an API",
    "tenant import": "writes the database of the machine it runs on, not through an API",
    "tenant erase": "asks the owner of the database of the machine it runs on",
    "tenant certificate": "checks a file of the caller's",
    "token": "reads the key of the local issuer in a directory of the caller",
}
"""Commands that ask nothing of an API with a caller's token, each with its reason."""

OPEN = {"verify": "the bytes of a document say who signed it, to whoever holds them"}
"""Commands that say about a file of a victim what stands in the file itself."""

WORDS: Mapping[str, str] = {
    "year": "2020",
    "code": "A1",
    "organ": "Giunta",
    "number": "7",
    "date": "2021-01-29",
    "motivation": "Motivo di prova",
    "reason": "Motivo di prova",
    "cause": "exogenous",
    "old": "1",
    "new": "1",
    "title": "Titolo di prova",
    "name": "catalogo",
    "url": "https://eventi.example.it/ciclo",
    "events": "results.changed",
    "person": "persona di prova",
    "roles": "reader",
    "scopes": "plan.read",
    "codes": "A1",
    "entry": "catalogo",
    "first": "2020",
    "last": "2020",
    "opened": "PI",
    "until": "2030-12-31",
    "role": "reader",
    "subject": "mario",
    "element": "indicators/I1",
    "office": "Ufficio Studi",
    "key": "section:2",
    "change": '{"note": "Nota di prova"}',
}
"""Values of parameters by name; the chamber and files are the victim's."""

SPECIAL: Mapping[tuple[str, str], str] = {
    ("period list", "code"): "Q1",
    ("period close", "code"): "Q1",
}
"""Values where a name means something else in one command."""

_FILES = frozenset({"file", "case", "out", "files", "mapping"})

_MANIFEST = "format: ciclo/chamber@1\ncode: {chamber}\nentity: TNO\ntitle: Titolo di prova\n"


@dataclass(frozen=True)
class Command:
    """One command that can be run."""

    name: str
    parameters: tuple[Any, ...]

    @property
    def asked(self) -> list[Any]:
        """Parameters to give: those that must be, and all arguments."""
        return [p for p in self.parameters if p.required or p.param_type_name == "argument"]

    def meaning(self, name: str) -> str:
        """What a parameter stands for: ``ciclo subscription pause IDENTIFIER`` a subscription."""
        return self.name.split()[0] if name == "identifier" else name

    @property
    def names_a_victim(self) -> bool:
        """Whether it says whose it asks for."""
        return any(p.name in {"chamber", "file", "case", "files", "mapping"} for p in self.asked)


def commands() -> list[Command]:
    """All commands, by walking what ``ciclo`` is composed of."""

    def leaves(command: Any, path: tuple[str, ...]) -> Iterator[Command]:  # noqa: ANN401
        children = getattr(command, "commands", None)
        if children is None:
            yield Command(" ".join(path), tuple(command.params))
            return
        for name, child in children.items():
            yield from leaves(child, (*path, name))

    return [found for found in leaves(get_command(app), ()) if found.name not in LOCAL]


def unclassified(found: list[Command]) -> list[str]:
    """Commands with a parameter that nobody knows how to fill."""
    return [
        f"ciclo {command.name}: {parameter.name} is not in WORDS"
        for command in found
        for parameter in command.asked
        if parameter.name not in WORDS.keys() | _FILES | {"chamber"}
        and (command.name, parameter.name) not in SPECIAL
        and column_of(command.meaning(parameter.name)) is None
    ]


@dataclass(frozen=True)
class Terminal:
    """Somebody at a terminal, with a token and the victim's files."""

    url: str
    token: str
    folder: Path
    case: Path
    document: Path
    fillers: Mapping[str, Filler]

    def run(self, command: Command, victim: str) -> tuple[int, str]:
        """Exit status, and everything that was written."""
        out = self.folder / f"{command.name.replace(' ', '-')}-{victim}.out"
        words = command.name.split()
        for parameter in command.asked:
            value = self._value(command, parameter.name, victim, out)
            option = parameter.opts if parameter.param_type_name == "option" else ()
            words += [*option[:1], value]
        variables = {"CICLO_URL": self.url, "CICLO_TOKEN": self.token}
        with patch.dict(os.environ, variables):
            result = CliRunner().invoke(app, words)
        written = out.read_text("utf-8", "replace") if out.exists() else ""
        return result.exit_code, f"{result.output}{result.exception or ''}{written}"

    def _value(self, command: Command, name: str, victim: str, out: Path) -> str:
        if name == "chamber":
            return victim
        if name == "out":
            return str(out)
        if name == "files":
            manifest = out.with_suffix(".yaml")
            manifest.write_text(_MANIFEST.format(chamber=victim), encoding="utf-8")
            return str(manifest)
        if name in _FILES:
            return str(self.document if command.name in OPEN else self.case)
        chosen = SPECIAL.get((command.name, name)) or WORDS.get(name)
        known = self.fillers[victim].known(command.meaning(name))
        return chosen or (known.value if known else "x")


def search(terminal: Terminal, who: str, victims: tuple[str, ...]) -> Tried:
    """Runs every command for every victim."""
    tried = Tried()
    for command in commands():
        for victim in victims:
            status, said = terminal.run(command, victim)
            leak = None
            if command.name in OPEN:
                pass
            elif MARKER in said:
                leak = f"{who}: ciclo {command.name} for {victim} shows a victim's words"
            elif status == 0 and command.names_a_victim:
                leak = f"{who}: ciclo {command.name} for {victim} succeeds"
            tried.note("commands", leak)
    return tried
