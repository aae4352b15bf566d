"""Archives on their way and erasures, as callers see them."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.api.archives.repository import REQUESTED
from services.api.auth.caller import Access
from services.api.problem_table import PROBLEMS
from services.api.transfers.schemas import (
    ChamberErasure,
    ChamberExport,
    ChamberImport,
    TransferFailure,
    TransferFault,
)
from shared.contracts.issues import Issue, Language
from shared.domain.permissions import Action

_SHARED = ("state", "stage", "progress", "requested_at", "requested_by", "finished_at")
_FILE = ("sha256", "size")


def export_path(chamber: str, export_id: str) -> str:
    """Where an export is followed."""
    return f"/v1/chambers/{chamber}/exports/{export_id}"


def import_path(entity: str, import_id: str) -> str:
    """Where an import is followed."""
    return f"/v1/entities/{entity}/chamber-imports/{import_id}"


def erasure_path(entity: str, erasure_id: str) -> str:
    """Where an erasure is."""
    return f"/v1/entities/{entity}/chamber-erasures/{erasure_id}"


def export_view(row: sa.Row[Any], access: Access, language: Language) -> ChamberExport:
    """An export, and where its file is fetched by who may."""
    fetched = row.state == "done"
    actions = access.actions(Action.ARCHIVE_READ, Action.ARCHIVE_MAKE)
    return ChamberExport(
        **_columns(row),
        export_id=row.export_id,
        failure=_failure(row.failure, language),
        with_sheets=row.with_sheets,
        file=f"{export_path(access.chamber, row.export_id)}/file" if fetched else None,
        expires_at=row.expires_at,
        allowed_actions=[str(action) for action in actions],
    )


def import_view(row: sa.Row[Any], language: Language) -> ChamberImport:
    """An import."""
    failure = _failure(row.failure, language)
    identity = {"import_id": row.import_id, "chamber": row.chamber_code}
    return ChamberImport(**_columns(row), **identity, failure=failure)


def erasure_view(row: sa.Row[Any], actions: Sequence[Action]) -> ChamberErasure:
    """A request to erase, with what became of it; ``actions`` are the caller's while it is open."""
    path = erasure_path(row.entity_id, row.erasure_id)
    names = ("requested_at", "requested_by", "withdrawn_at", "withdrawn_by")
    return ChamberErasure(
        **{name: getattr(row, name) for name in (*names, "erased_at", "erased_by", "reason")},
        erasure_id=row.erasure_id,
        chamber=row.chamber_code,
        state=row.state,
        archive_sha256=row.archive_sha256,
        removed_rows=None if row.removed is None else sum(row.removed.values()),
        certificate=None if row.certificate is None else f"{path}/certificate",
        allowed_actions=[str(a) for a in actions] if row.state == REQUESTED else [],
    )


def _columns(row: sa.Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*_SHARED, *_FILE)}


def _failure(stored: Mapping[str, Any] | None, language: Language) -> TransferFailure | None:
    if stored is None:
        return None
    issues = [Issue.model_validate(issue) for issue in stored["issues"]]
    return TransferFailure(
        code=stored["code"],
        detail=PROBLEMS[stored["code"]].detail(language, stored["parts"]),
        errors=[
            TransferFault(pointer=one.pointer, code=one.code, detail=one.detail(language))
            for one in issues
        ],
    )
