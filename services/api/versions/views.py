"""Versions and differences as callers see them."""

from collections.abc import Iterable, Sequence

from services.api.versions.schemas import (
    ActOfApproval,
    FieldDifference,
    RowDifference,
    TargetDifference,
    VersionDifferences,
    VersionFacts,
)
from services.api.versions.service import Version
from shared.contracts.case import Act, CaseTarget
from shared.domain.versions import RowChange, TargetChange, readable, target_changes


def act_of(act: ActOfApproval) -> Act:
    """An act as case files have it."""
    return Act.model_validate(act.model_dump(mode="json"))


def facts(version: Version) -> VersionFacts:
    """A version without its content."""
    reasons, row = version.reasons, version.row
    return VersionFacts(
        version=version.number,
        state=version.state,
        act=None if reasons.act is None else ActOfApproval.model_validate(reasons.act.model_dump()),
        motivation=reasons.motivation,
        cause=reasons.cause,
        oiv_opinion=reasons.oiv_opinion,
        approved_at=None if row is None else row.approved_at,
        sha256=None if row is None else row.sha256,
    )


def differences_view(
    place: tuple[str, int, int, int], changes: Sequence[RowChange], reasons: Iterable[Version]
) -> VersionDifferences:
    """Differences between two versions; ``place`` is chamber, year, and the two numbers."""
    chamber, year, old, new = place
    return VersionDifferences(
        chamber=chamber,
        year=year,
        old_version=old,
        new_version=new,
        reasons=[facts(version) for version in reasons],
        targets=[_target(change) for change in target_changes(changes)],
        changes=[_row(change) for change in changes],
    )


def _row(change: RowChange) -> RowDifference:
    return RowDifference.model_validate(
        {
            "section": change.section,
            "code": change.code,
            "title": change.title,
            "change": change.change,
            "fields": [
                FieldDifference(name=f.name, old=readable(f.old), new=readable(f.new))
                for f in change.fields
            ],
        }
    )


def _target(change: TargetChange) -> TargetDifference:
    old, new = (
        None if target is None else CaseTarget.model_validate(target)
        for target in (change.old, change.new)
    )
    return TargetDifference(
        indicator=change.indicator, title=change.title, year=change.year, old=old, new=new
    )
