"""What if: the results a plan would have with other values, targets, weights or rules.

Nothing is stored. The changes are laid over a copy of the plan's case file and the copy is
read as strictly as an import, so a simulation cannot show what a plan could never hold.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.api.auth.caller import Access
from services.api.db.session import Database
from services.api.errors import Refusal
from services.api.results.schemas import ChangedFigure, Simulated, Simulation
from services.api.results.service import scored_plan
from shared.contracts.case import Case, write_case
from shared.contracts.case_reading import CaseRefusedError, plan_from_case, read_case
from shared.contracts.issues import Issue, pointer
from shared.contracts.results import ResultsDocument, results_document
from shared.domain.scoring import score

Document = dict[str, Any]
Key = tuple[str, str, int, str | None]


async def simulate(database: Database, access: Access, year: int, changes: Simulation) -> Simulated:
    """The results with ``changes``, and every figure that they move.

    Raises:
        Refusal: ``plan_not_found``, or ``simulation_refused`` with every fault at its place
            in the request.
    """
    scored = await scored_plan(database, access, year)
    plan = plan_from_case(_changed(scored.stored.case, changes), scored.plan.revision)
    standing = scored.stored.head.standing
    after = results_document(plan, score(plan), standing)
    before = results_document(scored.plan, scored.results, standing)
    return Simulated(results=after, changes=list(_moved(before, after)))


def _changed(case: Case, changes: Simulation) -> Case:
    document: Document = json.loads(write_case(case))
    overlay = _Overlay(document, case.year)
    overlay.lay(changes)
    try:
        return read_case(json.dumps(document).encode()).case
    except CaseRefusedError as error:
        issues = [overlay.in_request(issue) for issue in error.issues]
        raise Refusal("simulation_refused", issues=issues) from error


class _Overlay:
    """Changes laid over a case document; remembers which place came from where."""

    def __init__(self, document: Document, year: int) -> None:
        self._document = document
        self._year = year
        self._origins: dict[str, str] = {}
        self._faults: list[Issue] = []

    def lay(self, changes: Simulation) -> None:
        """Writes every change into the document.

        Raises:
            Refusal: ``simulation_refused`` when a change names what is not in the plan.
        """
        if changes.policy is not None:
            self._document["policy"] = changes.policy.model_dump(mode="json", by_alias=True)
            self._origins["/policy"] = "/policy"
        self._measurements([m.model_dump(mode="json") for m in changes.measurements])
        for section, weights in (
            ("objectives", changes.objective_weights),
            ("indicators", changes.indicator_weights),
        ):
            for code, weight in weights.items():
                at = self._row(section, code, f"{section.removesuffix('s')}_weights")
                if at is not None:
                    self._document[section][at]["weight"] = weight
        for code, target in changes.targets.items():
            at = self._row("indicators", code, "targets")
            if at is not None:
                written = target.model_dump(mode="json")
                self._document["indicators"][at]["targets"][str(self._year)] = written
                place = pointer(("indicators", at, "targets", str(self._year)))
                self._origins[place] = pointer(("targets", code))
        if self._faults:
            raise Refusal("simulation_refused", issues=self._faults)

    def _measurements(self, given: list[Document]) -> None:
        """A measurement takes the place of the one of the same datum, or is added."""
        rows: list[Document] = self._document["measurements"]
        places = {self._key(row): at for at, row in enumerate(rows)}
        for index, row in enumerate(given):
            at = places.setdefault(self._key(row), len(rows))
            rows[at : at + 1] = [row]
            self._origins[pointer(("measurements", at))] = pointer(("measurements", index))

    def _key(self, row: Mapping[str, Any]) -> Key:
        subject = next(
            (name for name in ("measure", "indicator", "objective") if row.get(name)), ""
        )
        return (subject, row.get(subject, ""), row.get("year") or self._year, row.get("period"))

    def _row(self, section: str, code: str, field: str) -> int | None:
        for at, row in enumerate(self._document[section]):
            if row["code"] == code:
                return at
        kind = section.removesuffix("s")
        words = {"objective": "obiettivo sconosciuto", "indicator": "indicatore sconosciuto"}
        self._faults.append(
            Issue(
                pointer=pointer((field, code)),
                code=f"unknown_{kind}",
                it=f"{words[kind]}: {code}",
                en=f"unknown {kind}: {code}",
            )
        )
        return None

    def in_request(self, issue: Issue) -> Issue:
        """A fault of the changed document, at the place of the request that caused it."""
        for place, origin in self._origins.items():
            if issue.pointer == place or issue.pointer.startswith(f"{place}/"):
                return issue.model_copy(
                    update={"pointer": origin + issue.pointer.removeprefix(place)}
                )
        return issue


def _moved(before: ResultsDocument, after: ResultsDocument) -> Iterator[ChangedFigure]:
    old, new = dict(_figures(before)), dict(_figures(after))
    for key, figure in new.items():
        if figure != old.get(key):
            subject, code = key
            yield ChangedFigure(subject=subject, code=code, before=old.get(key), after=figure)  # type: ignore[arg-type]  # one of the three words


def _figures(document: ResultsDocument) -> Iterator[tuple[tuple[str, str | None], str | None]]:
    """Exact recognised figures by subject and code."""
    yield ("overall", None), document.overall.recognised
    for objective in document.objectives:
        yield ("objective", objective.code), objective.figure.recognised
    for indicator in document.indicators:
        yield ("indicator", indicator.code), indicator.figure.recognised
