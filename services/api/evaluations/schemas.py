"""Bodies of evaluations."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.measurements.schemas import Reason
from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Instant
from shared.contracts.case import CaseEvaluation, Cause, Prose

Identifier = Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]


class NewEvaluation(CaseEvaluation):
    """Una sterilizzazione decisa dall'OIV: la riga esce dalla media di un ambito."""


class Evaluation(ListItem):
    """Una decisione dell'OIV."""

    evaluation_id: Identifier
    scope: Code
    subject_kind: Literal["indicator", "objective"]
    subject_code: Code
    effect: Literal["exclude"]
    cause: Cause | None
    reason: Text
    created_at: Instant


class ChangedEvaluation(Resource):
    """Un'altra causa o motivazione per la stessa decisione."""

    cause: Cause | None = None
    reason: Annotated[Prose, Field(description="La motivazione della sterilizzazione.")]
    change_reason: Annotated[Reason, Field(description="Perché la decisione cambia.")]


class Withdrawal(Resource):
    """Perché si ritira ciò che è stato detto o deciso."""

    reason: Reason


class EvaluationList(Resource):
    """Le decisioni dell'OIV sul piano."""

    items: Annotated[list[Evaluation], Field(max_length=500)]
    next: Cursor
