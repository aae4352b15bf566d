"""Which version of which document of a year a command is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError
from services.api.cli.paths import chamber_path
from shared.runtime.language import in_terminal_language

Row = Mapping[str, Any]

Which = Annotated[
    str | None,
    typer.Option(
        metavar="QUALE",
        help="Quale, dove l'anno ne ha più d'uno: relazione-2, LU-PI (v. «ciclo report list»).",
    ),
]


@dataclass(frozen=True, slots=True)
class Choice:
    """A document of a year as its caller names it; what is ``None`` is left to be found."""

    chamber: str
    year: int
    kind: str
    which: str | None
    version: int | None

    @property
    def reports(self) -> str:
        """Address of the documents of the chamber."""
        return f"{chamber_path(self.chamber)}/reports"

    def address(self, api: ApiClient, awaiting: str | None = None) -> str:
        """Address of the version named; else of the latest that waits for an action, or is made.

        Raises:
            CommandFailedError: there is none, or the year has several documents and none is named.
        """
        listed = api.read_list(self.reports, year=self.year, kind=self.kind)["items"]
        named = [row for row in listed if self._named(row)]
        made = [row for row in named if row["document"]]
        waiting = [row for row in named if awaiting in row["allowed_actions"]]
        found = max(_of_one(waiting or made), key=lambda row: int(row["version"]))
        return f"{self.reports}/{found['report_id']}"

    def _named(self, row: Row) -> bool:
        return self.which in {None, row["mark"]} and self.version in {None, row["version"]}


def _of_one(rows: Sequence[Row]) -> Sequence[Row]:
    """The versions, which have to be of one document."""
    marks = sorted({row["mark"] or "" for row in rows})
    if not marks:
        raise CommandFailedError(
            in_terminal_language(
                "Non c'è un documento così con un PDF: chiederlo con «ciclo render» o «ciclo "
                "entity report», vedere quali ci sono con «ciclo report list».",
                "There is no such document with a PDF: request it with 'ciclo render' or 'ciclo "
                "entity report', see which there are with 'ciclo report list'.",
            )
        )
    if len(marks) > 1:
        raise CommandFailedError(
            in_terminal_language(
                f"L'anno ne ha più d'uno: dire quale con --which {' o '.join(marks)}.",
                f"The year has several of them: say which with --which {' or '.join(marks)}.",
            )
        )
    return rows
