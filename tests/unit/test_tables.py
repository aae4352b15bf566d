"""Totals that do not equal their parts are found, and right ones left alone."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.tables import wrong_totals


def found(columns: list[str], rows: list[list[str | None]]) -> list[tuple[int, int, int]]:
    return [(w.row, w.column, int(w.difference)) for w in wrong_totals(columns, rows)]


def test_a_total_row_sums_the_rows_above() -> None:
    columns = ["Classe", "2019", "2020"]
    rows: list[list[str | None]] = [["20-29", "1", "2"], ["30-39", "3", "4"], ["Totale", "4", "7"]]
    assert found(columns, rows) == [(2, 2, 1)]


def test_totals_of_parts_and_a_total_of_totals_are_both_right() -> None:
    rows: list[list[str | None]] = [
        ["a", "1"],
        ["b", "2"],
        ["Totale proventi", "3"],
        ["c", "10"],
        ["Totale oneri", "10"],
        ["TOTALE", "13"],
    ]
    assert found(["Voce", "EUR"], rows) == []


def test_a_total_column_sums_its_row() -> None:
    rows: list[list[str | None]] = [["Donne", "10", "5", "15"], ["Uomini", "3", "4", "8"]]
    assert found(["Genere", "Tempo pieno", "Part time", "Totale"], rows) == [(1, 3, 1)]


def test_cells_without_a_number_decide_nothing() -> None:
    rows: list[list[str | None]] = [["a", "n.d."], ["b", "2"], ["Totale", "9"], ["nota"], []]
    assert found(["Voce", "EUR"], rows) == []


@given(st.lists(st.lists(st.integers(-999, 999), min_size=3, max_size=3), min_size=1, max_size=8))
def test_a_table_summed_right_is_never_remarked(numbers: list[list[int]]) -> None:
    rows: list[list[str | None]] = [
        [f"r{at}", *map(str, row), str(sum(row))] for at, row in enumerate(numbers)
    ]
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    rows.append(["Totale", *map(str, sums), str(sum(sums))])
    assert found(["", "a", "b", "c", "Totale"], rows) == []
