"""``ciclo/merger@1``: how the plans of several chambers become the one of their entity.

The mapping is explicit: each objective and indicator of the new plan names those it comes
from, and what is given up is said with its reason. Nothing is guessed by title or code; what
no line of the mapping mentions is listed.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from shared.contracts.base import Contract
from shared.contracts.case import (
    MAX_ROWS,
    CaseTarget,
    Code,
    PositiveText,
    Text,
    Title,
)
from shared.contracts.catalogue import EntryReference
from shared.contracts.issues import Issue, issues_from
from shared.domain.plan import Kind

ChamberCode = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$", max_length=8)]


class Origin(Contract):
    """Un elemento del piano di una camera."""

    chamber: ChamberCode
    code: Code


Origins = Annotated[tuple[Origin, ...], Field(max_length=500)]


class MergedObjective(Contract):
    """Un obiettivo del piano dell'ente e gli obiettivi delle camere da cui viene."""

    code: Code
    kind: Kind
    parent: Code | None = None
    title: Title
    description: Text | None = None
    weight: PositiveText | None = None
    origins: Origins = ()


class MergedIndicator(Contract):
    """Un indicatore del piano dell'ente.

    `entry` è la voce condivisa che misura, e allora il valore di partenza è quello consolidato;
    `like` è l'indicatore di una camera da copiare, quando una voce condivisa non c'è.
    """

    code: Code
    objective: Code
    entry: EntryReference | None = None
    like: Origin | None = None
    weight: PositiveText | None = None
    target: CaseTarget | None = None
    origins: Origins = ()

    @model_validator(mode="after")
    def _one_definition(self) -> Self:
        if (self.entry is None) is (self.like is None):
            raise ValueError("entry")
        return self


class LeftBehind(Contract):
    """Ciò che del piano di una camera non passa in quello dell'ente, e perché."""

    chamber: ChamberCode
    section: Literal["objectives", "indicators"]
    code: Code
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class MergerMapping(Contract):
    """Un accorpamento: dai piani delle camere di un anno a quello dell'ente dell'anno dopo."""

    format: Literal["ciclo/merger@1"]
    chambers: Annotated[tuple[ChamberCode, ...], Field(min_length=1, max_length=500)]
    policy_of: Annotated[
        ChamberCode | None, Field(description="La camera di cui prendere le regole (SMVP).")
    ] = None
    objectives: Annotated[tuple[MergedObjective, ...], Field(max_length=MAX_ROWS)]
    indicators: Annotated[tuple[MergedIndicator, ...], Field(max_length=MAX_ROWS)] = ()
    left_behind: Annotated[tuple[LeftBehind, ...], Field(max_length=MAX_ROWS)] = ()


class MergerRefusedError(Exception):
    """The mapping cannot be carried out; ``issues`` lists every fault."""

    code = "merger_refused"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults")
        self.issues = issues


def read_mapping(raw: bytes) -> MergerMapping:
    """Reads a mapping file.

    Raises:
        MergerRefusedError: with all faults of form at once.
    """
    try:
        return MergerMapping.model_validate_json(raw)
    except ValidationError as error:
        raise MergerRefusedError(tuple(issues_from(error))) from error
