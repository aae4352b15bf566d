"""The data of a published document, file by file."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from services.api.publications.shelf import LICENCE
from shared.contracts import open_data
from shared.contracts.snapshot import ReportSnapshot


class DataFile(StrEnum):
    """A file of data; what each CSV holds is in ``metadati.json``."""

    OBJECTIVES = "obiettivi.csv"
    INDICATORS = "indicatori.csv"
    MEASURES = "misure.csv"
    RESOURCES = "risorse.csv"
    EXPLANATIONS = "spiegazioni.csv"
    CONTRIBUTIONS = "medie.csv"
    CONSOLIDATED = "consolidati.csv"
    TABLES = "tabelle.json"
    SNAPSHOT = "snapshot.json"
    METADATA = "metadati.json"

    @property
    def media_type(self) -> str:
        """Its type on the way."""
        if self is DataFile.METADATA:
            return "application/csvm+json"
        return "text/csv; charset=utf-8" if self.is_csv else "application/json"

    @property
    def is_csv(self) -> bool:
        """Whether it is a table."""
        return self.value.endswith(".csv")

    @property
    def label(self) -> str:
        """What it is, for people."""
        table = _TABLES.get(self)
        return table.title if table else _TITLES[self]


_TABLES = {DataFile(f"{table.name}.csv"): table for table in open_data.TABLES}
_TITLES = {
    DataFile.TABLES: "Tutte le tabelle in un file",
    DataFile.SNAPSHOT: "Tutti i dati del documento, come congelati",
    DataFile.METADATA: "Che cosa contiene ogni colonna (CSV on the Web)",
}


_RESULTS = frozenset({DataFile.MEASURES, DataFile.EXPLANATIONS, DataFile.CONTRIBUTIONS})
_WITHOUT_ROWS: Mapping[str, frozenset[DataFile]] = MappingProxyType(
    {
        "relazione": frozenset({DataFile.CONSOLIDATED}),
        # What is wanted, and nothing of what came of it.
        "piano": _RESULTS | {DataFile.CONSOLIDATED},
        # The results of objectives, in brief.
        "validazione": _RESULTS | {DataFile.CONSOLIDATED, DataFile.INDICATORS, DataFile.RESOURCES},
    }
)
"""Tables that are empty in every document of a kind; each can be fetched, and none is offered."""


def of_kind(kind: str) -> tuple[DataFile, ...]:
    """The files that a document of this kind has something in."""
    empty = _WITHOUT_ROWS.get(kind, frozenset())
    return tuple(file for file in DataFile if file not in empty)


def content(file: DataFile, frozen: bytes) -> bytes:
    """The bytes of a file, from the frozen content of the document."""
    if file is DataFile.SNAPSHOT:
        return frozen
    snapshot = ReportSnapshot.model_validate_json(frozen)
    if file is DataFile.TABLES:
        return open_data.to_json(snapshot)
    if file is DataFile.METADATA:
        return open_data.to_csvw(snapshot, LICENCE)
    return open_data.to_csv(_TABLES[file], snapshot)
