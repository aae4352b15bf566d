"""What a case says that stands, and that whoever wrote it should look at again."""

from collections.abc import Iterator

from shared.contracts.case import Case
from shared.contracts.case_resources import resource_issues
from shared.contracts.case_units import unit_issues
from shared.contracts.case_weights import weight_issues
from shared.contracts.issues import Issue, pointer
from shared.domain.numbers import number_text
from shared.domain.tables import wrong_totals


def case_warnings(case: Case) -> tuple[Issue, ...]:
    """Warnings about a case that was read, beside those of its single rows.

    The same for a file, for an element written over the API and for a plan about to be
    approved; pointers are into the case.
    """
    return (
        *weight_issues(case),
        *unit_issues(case),
        *resource_issues(case),
        *_total_issues(case),
    )


def _total_issues(case: Case) -> Iterator[Issue]:
    """Totals of context tables that are not the sum of their parts."""
    for index, table in enumerate(case.tables):
        for wrong in wrong_totals(table.columns, table.rows):
            stated, computed = number_text(wrong.stated), number_text(wrong.computed)
            difference = number_text(wrong.difference)
            yield Issue(
                pointer=pointer(("tables", index, "rows", wrong.row, wrong.column)),
                code="total_off",
                it=f"{table.code}: il totale {stated} non è la somma {computed} ({difference})",
                en=f"{table.code}: the total {stated} is not the sum {computed} ({difference})",
            )
