"""The synthetic year is what it says: deterministic, of mixed shapes, as long as asked for."""

from collections import Counter

from shared.contracts.snapshot import canonical_bytes
from tests.renderer import century


def test_it_holds_every_shape() -> None:
    made = century.snapshot(60)
    statuses = Counter(row.status for row in made.indicators)
    assert {"measured", "missing", "struck", "suspended", "monitoring", "assessed"} <= set(statuses)
    kinds = {row.kind for row in made.objectives}
    assert {"perspective", "strategic_area", "area", "entity_objective", "individual"} <= kinds
    late = [row for row in made.indicators if row.value_type == "date" and row.met is False]
    assert late
    assert max(len(table.columns) for table in made.tables) > 9
    assert made.deviations
    assert made.overall.shown is not None


def test_it_is_the_same_every_time() -> None:
    first = canonical_bytes(century.snapshot(60))
    century.case.cache_clear()
    century.snapshot.cache_clear()
    assert canonical_bytes(century.snapshot(60)) == first


def test_more_pages_are_more_objectives() -> None:
    assert len(century.snapshot(100).objectives) > len(century.snapshot(60).objectives)
