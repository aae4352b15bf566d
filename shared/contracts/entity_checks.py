"""Everything for which the report of an entity cannot be approved, read off its frozen content.

It puts together what its chambers have achieved, and computes nothing anew: so it stands on
reports that the bodies have approved, chamber by chamber (D.Lgs. 150/2009, art. 10).
"""

from collections.abc import Iterator

from shared.contracts.issues import Issue, pointer
from shared.contracts.snapshot import ReportSnapshot
from shared.contracts.snapshot_views import YearContent

_OF_A_REPORT = "relazione"


def entity_issues(snapshot: ReportSnapshot) -> list[Issue]:
    """Every fault at once; none when the report may be approved."""
    return list(_unapproved(snapshot))


def _unapproved(snapshot: ReportSnapshot) -> Iterator[Issue]:
    entity = snapshot.entity
    if entity is None:
        return
    if entity.own_plan and not _approved(snapshot):
        yield _issue("/acts", snapshot)
    for index, chapter in enumerate(entity.chapters):
        if not _approved(chapter):
            yield _issue(pointer(("entity", "chapters", index, "acts")), chapter)


def _approved(year: YearContent) -> bool:
    return any(act.document == _OF_A_REPORT for act in year.acts)


def _issue(where: str, year: YearContent) -> Issue:
    code, of = year.chamber.code, year.year
    return Issue(
        pointer=where,
        code="chamber_report_not_approved",
        it=f"{code}: la Relazione {of} della camera non risulta approvata. Registrarne l'atto "
        "(l'approvazione della Relazione, o `acts` nel file dell'anno) e richiedere una nuova "
        "versione",
        en=f"{code}: nobody has approved the chamber's own Relazione of {of}. Record its act (the "
        "approval of the Relazione, or `acts` in the file of the year) and request a new version",
    )
