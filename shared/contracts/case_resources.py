"""Resources of objectives that do not add up, as warnings of a case."""

from collections.abc import Iterator

from shared.contracts.case import Case, CaseObjective
from shared.contracts.issues import Issue, pointer
from shared.domain.numbers import number_text, parse_number
from shared.domain.resources import PARTS, Difference, Line, up_the_tree, within_rows


def resource_issues(case: Case) -> Iterator[Issue]:
    """Amounts that differ from those they follow from, each with the difference."""
    resources = {row.code: _lines(row) for row in case.objectives if row.resources}
    parents = {row.code: row.parent for row in case.objectives}
    places = {row.code: index for index, row in enumerate(case.objectives)}
    for found in within_rows(resources):
        text = ("non segue dagli altri importi", "does not follow from the other amounts")
        yield _issue(places, found, "resource_off", text)
    for found in up_the_tree(parents, resources):
        text = ("non è la somma di quelli sottostanti", "is not the sum of those below")
        yield _issue(places, found, "resource_sum_off", text)


def _lines(objective: CaseObjective) -> list[Line]:
    return [
        Line(
            row,
            (resource.type, resource.year, resource.currency),
            {
                part: parse_number(text)
                for part in PARTS
                if (text := getattr(resource, part)) is not None
            },
        )
        for row, resource in enumerate(objective.resources)
    ]


def _issue(places: dict[str, int], found: Difference, code: str, text: tuple[str, str]) -> Issue:
    stated, computed = number_text(found.stated), number_text(found.computed)
    difference = number_text(found.stated - found.computed)
    what = f"{found.objective} {found.part}"
    return Issue(
        pointer=pointer(
            ("objectives", places[found.objective], "resources", found.row, found.part)
        ),
        code=code,
        it=f"{what}: {stated} {text[0]}, {computed} ({difference})",
        en=f"{what}: {stated} {text[1]}, {computed} ({difference})",
    )
