"""Elements of a plan as callers see them, with what each of them may do now."""

import json

from services.api.auth.access import Access
from services.api.editing.kinds import ElementKind
from services.api.editing.schemas import Remark, SavedPlan
from services.api.editing.service import Saved
from services.api.paging import ListItem
from services.api.plans.comparison import Row
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import Plan
from services.api.responses import to_json, two_part_etag
from shared.contracts.issues import Issue, Language


def element_view(kind: ElementKind, head: PlanHead, row: Row, access: Access) -> ListItem:
    """An element of a plan."""
    return kind.served.model_validate(_fields(kind, head, row, access))


def saved_view(
    kind: ElementKind, head: PlanHead, saved: Saved, access: Access, language: Language
) -> ListItem:
    """An element just written, with its warnings."""
    fields = _fields(kind, head, saved.row, access)
    return kind.saved.model_validate({**fields, "warnings": remarks(saved.warnings, language)})


def remarks(warnings: tuple[Issue, ...], language: Language) -> list[Remark]:
    """Warnings in the caller's language."""
    return [
        Remark(pointer=issue.pointer, code=issue.code, detail=issue.detail(language))
        for issue in warnings
    ]


def saved_plan_view(plan: Plan, warnings: tuple[Issue, ...], language: Language) -> SavedPlan:
    """A plan just written, with its warnings."""
    return SavedPlan(**dict(plan), warnings=remarks(warnings, language))


def element_etag(kind: ElementKind, view: ListItem, row: Row) -> str:
    """The ETag of an element: a change asks for its content, not for its place in the list."""
    content = json.dumps(kind.section.to_document(row), ensure_ascii=False, sort_keys=True)
    return two_part_etag(content.encode(), to_json(view))


def _fields(kind: ElementKind, head: PlanHead, row: Row, access: Access) -> dict[str, object]:
    actions = [a for a in access.actions(*kind.actions) if head.standing.allows(a)]
    names = (*kind.section.columns, "position")
    fields: dict[str, object] = {name: row[name] for name in names}
    return {**fields, "allowed_actions": [str(action) for action in actions]}
