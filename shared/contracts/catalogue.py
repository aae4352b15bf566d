"""``ciclo/catalogue@1``: a catalogue of indicators as a file, and its entries one by one.

Fields stand in the order in which an export writes them; what is absent is not written.
"""

import json
from collections.abc import Callable, Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from shared.contracts.case import MAX_ROWS, CaseModel, Line, Places, Text, Title, Year
from shared.contracts.issues import Issue, issues_from, pointer
from shared.domain.catalogue import (
    CODE_PATTERN,
    REFERENCE_PATTERN,
    SOURCE_PATTERN,
    CatalogueIndicator,
    CatalogueMeasure,
    Direction,
    EntryKind,
    Fault,
    Reference,
    SourceClass,
)
from shared.domain.periods import Aggregation
from shared.domain.values import ValueType

FORMAT = "ciclo/catalogue@1"

_Formula = Annotated[str, Field(min_length=1, max_length=1000)]


class _Entry(CaseModel):
    """What indicators and measures of a catalogue have in common."""

    source: Annotated[
        str,
        Field(
            pattern=rf"^{SOURCE_PATTERN}$",
            max_length=30,
            description="Il catalogo; `own` è quello proprio di una camera.",
            examples=["pareto"],
        ),
    ]
    code: Annotated[
        str,
        Field(
            pattern=rf"^{CODE_PATTERN}$",
            max_length=80,
            description="Il codice nel catalogo.",
            examples=["C1.1_07"],
        ),
    ]
    title: Title
    description: Text | None = None
    unit: Line | None = None
    decimals: Places | None = None
    value_type: Annotated[ValueType, Field(description="Di che tipo sono i valori.")]
    source_office: Annotated[Line | None, Field(description="Da quale ufficio viene il dato.")] = (
        None
    )
    source_class: Annotated[
        SourceClass | None,
        Field(
            description="`external` fonte esterna, `certified` certificata, `internal` registro "
            "interno, `self_declared` autodichiarata: le linee guida la sconsigliano."
        ),
    ] = None
    entered_by: Annotated[Line | None, Field(description="Chi rileva.")] = None
    validated_by: Annotated[Line | None, Field(description="Chi valida.")] = None
    valid_from: Annotated[Year | None, Field(description="Primo anno in cui vale.")] = None
    valid_to: Annotated[Year | None, Field(description="Ultimo anno in cui vale.")] = None
    note: Text | None = None

    @model_validator(mode="after")
    def _years_in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError("valid_to")
        return self

    @property
    def ref(self) -> Reference:
        """Name of the entry in formulas and plans."""
        return Reference(self.source, self.code)

    def valid_in(self, year: int) -> bool:
        """Whether this version is the one of a year."""
        return (self.valid_from or year) <= year <= (self.valid_to or year)


class MeasureEntry(_Entry):
    """Una misura di un catalogo: un dato elementare, o calcolato da altri."""

    kind: Literal["measure"] = "measure"
    aggregation: Annotated[
        Literal["sum", "last", "mean"] | None,
        Field(description="Come i periodi fanno l'anno: somma, ultimo valore, media."),
    ] = None
    formula: Annotated[
        _Formula | None, Field(description="Da quali misure si calcola, se si calcola.")
    ] = None
    weight: Annotated[
        Line | None,
        Field(
            description="Misura con cui pesare la media fra camere, per un valore che non si "
            "somma (giorni medi: il numero di pratiche)."
        ),
    ] = None

    def _always_written(self) -> frozenset[str]:
        return frozenset({"kind"})

    def to_domain(self) -> CatalogueMeasure:
        """The measure as the rules of the domain read it."""
        aggregation = None if self.aggregation is None else Aggregation(self.aggregation)
        return CatalogueMeasure(
            self.ref, self.value_type, aggregation, self.weight, self.formula, self.unit
        )


class IndicatorEntry(_Entry):
    """Un indicatore di un catalogo: una formula su misure."""

    kind: Literal["indicator"] = "indicator"
    typology: Annotated[Line | None, Field(description="Volume, Efficacia, Qualità, ...")] = None
    formula: _Formula
    formula_text: Annotated[Text | None, Field(description="L'algoritmo a parole.")] = None
    direction: Annotated[
        Direction | None, Field(description="Quali valori sono migliori: `up` i più alti.")
    ] = None

    def _always_written(self) -> frozenset[str]:
        return frozenset({"kind"})

    def to_domain(self) -> CatalogueIndicator:
        """The indicator as the rules of the domain read it."""
        return CatalogueIndicator(
            self.ref, self.value_type, self.formula, self.direction, self.unit
        )


Entry = IndicatorEntry | MeasureEntry

EntryReference = Annotated[str, Field(pattern=rf"^{REFERENCE_PATTERN}$", max_length=111)]


class CatalogueFile(CaseModel):
    """Un catalogo di indicatori come file `ciclo/catalogue@1`."""

    format: Literal["ciclo/catalogue@1"]
    measures: Annotated[tuple[MeasureEntry, ...], Field(max_length=MAX_ROWS)] = ()
    indicators: Annotated[tuple[IndicatorEntry, ...], Field(max_length=MAX_ROWS)] = ()

    def _always_written(self) -> frozenset[str]:
        return frozenset(CatalogueFile.model_fields)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Measures, then indicators."""
        return (*self.measures, *self.indicators)


class CatalogueRefusedError(Exception):
    """The file cannot be read exactly; ``issues`` lists every fault."""

    code = "catalogue_refused"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults")
        self.issues = issues


def read_catalogue(raw: bytes) -> CatalogueFile:
    """Reads a catalogue file; what its formulas need is checked beside what is stored.

    Raises:
        CatalogueRefusedError: with all faults of form at once.
    """
    try:
        found = CatalogueFile.model_validate_json(raw)
    except ValidationError as error:
        raise CatalogueRefusedError(tuple(issues_from(error))) from error
    repeated = tuple(_repeated(found))
    if repeated:
        raise CatalogueRefusedError(repeated)
    return found


def _repeated(found: CatalogueFile) -> Iterable[Issue]:
    for section in ("measures", "indicators"):
        seen: set[Reference] = set()
        for index, entry in enumerate(getattr(found, section)):
            if entry.ref in seen:
                yield Issue(
                    pointer=pointer((section, index, "code")),
                    code="duplicate_code",
                    it=f"codice ripetuto: {entry.ref}",
                    en=f"repeated code: {entry.ref}",
                )
            seen.add(entry.ref)


def write_catalogue(entries: Iterable[Entry]) -> bytes:
    """The canonical file: entries in order of catalogue and code, fields in order."""
    ordered = sorted(entries, key=lambda entry: entry.ref)
    found = CatalogueFile(
        format="ciclo/catalogue@1",
        measures=tuple(entry for entry in ordered if isinstance(entry, MeasureEntry)),
        indicators=tuple(entry for entry in ordered if isinstance(entry, IndicatorEntry)),
    )
    return json.dumps(found.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()


_FAULTS = {
    "formula_syntax": (
        "formula non leggibile dal carattere {subject}",
        "unreadable formula from character {subject}",
    ),
    "unknown_measure": (
        "misura che non è nel catalogo: {subject}",
        "a measure that is not in the catalogue: {subject}",
    ),
    "circular": (
        "la formula torna a leggere la misura stessa, o ne attraversa troppe",
        "the formula gets back to the measure itself, or through too many",
    ),
    "not_a_number": (
        "con questa misura non si fanno calcoli: {subject}",
        "there is no arithmetic on this measure: {subject}",
    ),
    "other_value_type": (
        "il tipo non è quello della misura {subject}",
        "the type is not that of the measure {subject}",
    ),
    "units_clash": (
        "somma di unità diverse: {subject}",
        "a sum of different units: {subject}",
    ),
    "other_unit": (
        "la formula dà {subject}, non l'unità indicata",
        "the formula gives {subject}, not the unit stated",
    ),
    "weight_not_additive": (
        "non è un conteggio con cui si possa pesare: {subject}",
        "no count that could serve as a weight: {subject}",
    ),
    "formula_too_long": (
        "la formula, sviluppata, supera {subject} elementi",
        "the formula, expanded, has more than {subject} items",
    ),
}


def fault_issues(
    faults: Iterable[Fault], place: Callable[[EntryKind, Reference], str | None]
) -> list[Issue]:
    """Faults in words. ``place`` gives the pointer of an entry in what was sent, if it is there.

    A fault that the change causes in another entry has the pointer of the whole document, and
    names the entry.
    """
    issues: list[Issue] = []
    for fault in faults:
        italian, english = (text.format(subject=fault.subject) for text in _FAULTS[fault.reason])
        at = place(fault.kind, fault.ref)
        whose = "" if at is not None else f"{fault.ref}: "
        issues.append(
            Issue(
                pointer="" if at is None else f"{at}/{fault.field}",
                code=fault.reason,
                it=f"{whose}{italian}",
                en=f"{whose}{english}",
            )
        )
    return issues
