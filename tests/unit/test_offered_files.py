"""The data that is offered with a document has rows; what is left out has none."""

import pytest

from services.api.publications import files
from services.api.publications.files import DataFile
from shared.contracts import open_data
from shared.contracts.snapshot import ReportSnapshot
from shared.domain.publication import decided_kinds, public_kind
from tests.renderer import decisions, entity, plans, snapshots

MADE = {
    "relazione": [snapshots.pisa()],
    "piano": [plans.massa(), plans.pisa()],
    "validazione": [decisions.decision()],
    "relazione_ente": [entity.consolidated_report()],
}


def test_every_public_kind_is_looked_at() -> None:
    assert set(MADE) == {kind for kind in decided_kinds() if public_kind(kind) is not None}


@pytest.mark.parametrize("kind", MADE)
def test_offered_is_what_has_rows(kind: str) -> None:
    offered = {file for file in files.of_kind(kind) if file.is_csv}
    filled = {
        DataFile(f"{table.name}.csv")
        for snapshot in MADE[kind]
        for table in open_data.tables_of(snapshot)
        if _rows(table, snapshot)
    }
    assert offered == filled


def _rows(table: open_data.Table, snapshot: ReportSnapshot) -> int:
    return sum(1 for _ in open_data.rows_of(table, snapshot))
