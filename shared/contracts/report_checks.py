"""Everything for which a report cannot be approved, read off its frozen content.

The body approves a document, so the document is what is looked at: what was written after it
was frozen is not in it, and asks for another version. Pointers are into the snapshot.
"""

from collections import defaultdict
from collections.abc import Iterator

from shared.contracts.issues import Issue, pointer
from shared.contracts.snapshot import IndicatorView, ObjectiveView, ReportSnapshot
from shared.domain.plan import HEADINGS

_DECIDED = frozenset({"suspended", "struck", "neutralised"})
"""Reasons of an objective without a result that somebody decided and the report prints."""


def report_issues(snapshot: ReportSnapshot) -> list[Issue]:
    """Every fault at once; none when the report may be approved."""
    return [*_unexplained(snapshot), *_without_result(snapshot), *_judgement(snapshot)]


def _unexplained(snapshot: ReportSnapshot) -> Iterator[Issue]:
    if snapshot.deviations is None:
        yield Issue(
            pointer="/deviations",
            code="frozen_before_evaluation",
            it="il documento è stato congelato prima che vi fossero gli scostamenti: richiederne "
            "una nuova versione",
            en="the document was frozen before deviations were in it: request a new version",
        )
    for index, row in enumerate(snapshot.deviations or ()):
        if row.explanation is None:
            owners = ", ".join(row.owners)
            yield Issue(
                pointer=pointer(("deviations", index)),
                code="deviation_unexplained",
                it=f"{row.subject}: manca la causa dello scostamento"
                + (f"; la deve {owners}" if owners else "")
                + ". Registrarla (deviations) e richiedere una nuova versione",
                en=f"{row.subject}: the cause of the deviation is missing"
                + (f"; owed by {owners}" if owners else "")
                + ". Record it (deviations) and request a new version",
            )


def _without_result(snapshot: ReportSnapshot) -> Iterator[Issue]:
    """Objectives of which the report would say nothing: no figure, and no text in its place."""
    tree = _Tree(snapshot)
    for index, row in enumerate(snapshot.objectives):
        figure = row.figure
        if figure.recognised is not None or figure.reason in _DECIDED:
            continue
        if row.kind in HEADINGS and tree.children[row.code]:
            continue  # what stands below is asked for by itself
        if tree.told(row) or tree.only_watched(row):
            continue
        yield Issue(
            pointer=pointer(("objectives", index)),
            code="objective_without_result",
            it=f"{row.code}: l'obiettivo non ha né un risultato né un testo che dica perché. "
            "Inserire le rilevazioni o il testo e richiedere una nuova versione",
            en=f"{row.code}: the objective has neither a result nor a text that says why. "
            "Record measurements or write the text, and request a new version",
        )


def _judgement(snapshot: ReportSnapshot) -> Iterator[Issue]:
    given = snapshot.overall_judgement
    if given is None:
        yield _about_judgement(
            "overall_judgement_missing",
            "manca il giudizio complessivo dell'OIV",
            "the overall judgement of the OIV is missing",
        )
        return
    if not given.final:
        yield _about_judgement(
            "overall_judgement_not_final",
            "il giudizio complessivo dell'OIV non è definitivo",
            "the overall judgement of the OIV is not final",
        )
    if given.measured != snapshot.overall.measured:
        yield _about_judgement(
            "overall_judgement_outdated",
            "il giudizio complessivo è stato dato su un altro risultato: l'OIV deve confermarlo",
            "the overall judgement was given on another result: the OIV has to confirm it",
        )


def _about_judgement(code: str, it: str, en: str) -> Issue:
    return Issue(
        pointer="/overall_judgement",
        code=code,
        it=f"{it}, poi richiedere una nuova versione",
        en=f"{en}, then request a new version",
    )


class _Tree:
    """The tree of performance of a snapshot, and what is said along it."""

    def __init__(self, snapshot: ReportSnapshot) -> None:
        self.rows = {row.code: row for row in snapshot.objectives}
        self.children: dict[str, list[ObjectiveView]] = defaultdict(list)
        for row in snapshot.objectives:
            if row.parent is not None:
                self.children[row.parent].append(row)
        self.indicators: dict[str, list[IndicatorView]] = defaultdict(list)
        for indicator in snapshot.indicators:
            self.indicators[indicator.objective].append(indicator)
        self.said = {row.objective for row in snapshot.analyses}
        self.said |= {row.objective for row in snapshot.judgements}
        self.said |= {row.code for row in snapshot.objectives if row.narrative}

    def told(self, row: ObjectiveView) -> bool:
        """Whether a text about the objective, or the one it serves, stands in for its result.

        The text of a heading is about all that stands below it, and so about nothing of it.
        """
        node: ObjectiveView | None = row
        while node is not None and (node is row or node.kind not in HEADINGS):
            if node.code in self.said:
                return True
            node = None if node.parent is None else self.rows.get(node.parent)
        return False

    def only_watched(self, row: ObjectiveView) -> bool:
        """Whether everything below is monitored without a target: no result is expected."""
        found: list[IndicatorView] = []
        waiting = [row]
        while waiting:
            node = waiting.pop()
            found.extend(self.indicators[node.code])
            waiting.extend(self.children[node.code])
        return bool(found) and all(indicator.status == "monitoring" for indicator in found)
