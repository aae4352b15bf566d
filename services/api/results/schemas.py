"""Bodies of reconciliation; results and explanations are contracts of their own."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.plans.schemas import Code, DecimalNumber, Line
from services.api.responses import Resource


class DifferenceView(Resource):
    """Una cifra diversa da quella pubblicata, con la ragione probabile."""

    subject: Literal["indicator", "objective", "overall", "judgement"]
    code: Code | None
    computed: Annotated[DecimalNumber | None, Field(description="Esatto, non arrotondato.")]
    shown: Line | None
    published: Line
    reason: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]


class ReconciliationView(Resource):
    """Le cifre calcolate a confronto con quelle pubblicate."""

    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Annotated[int, Field(ge=1990, le=2200)]
    compared: Annotated[int, Field(ge=0, le=100_000)]
    differences: Annotated[list[DifferenceView], Field(max_length=100_000)]
