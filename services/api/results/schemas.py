"""Bodies of reconciliation and simulation; results and explanations are contracts."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.plans.schemas import Code, DecimalNumber, Line, Revision, State, Version
from services.api.responses import Resource
from shared.contracts.case import CaseMeasurement, CasePolicy, CaseTarget, PositiveText
from shared.contracts.results import ResultsDocument
from shared.contracts.snapshot import Explanation


class ComputedOn(Resource):
    """Su che cosa sono calcolate le cifre: il piano, la sua versione, la sua revisione."""

    year: Annotated[int, Field(ge=1990, le=2200)]
    revision: Revision
    plan_version: Version
    plan_state: State


class ExplanationView(ComputedOn, Explanation):
    """Perché una cifra è quella che è, e su che cosa è calcolata."""


class DifferenceView(Resource):
    """Una cifra diversa da quella pubblicata, con la ragione probabile."""

    subject: Literal["indicator", "objective", "overall", "judgement"]
    code: Code | None
    computed: Annotated[DecimalNumber | None, Field(description="Esatto, non arrotondato.")]
    shown: Line | None
    published: Line
    reason: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]


class ReconciliationView(ComputedOn):
    """Le cifre calcolate a confronto con quelle pubblicate."""

    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    compared: Annotated[int, Field(ge=0, le=100_000)]
    differences: Annotated[list[DifferenceView], Field(max_length=100_000)]


Weights = Annotated[dict[Code, PositiveText], Field(max_length=5000)]


class Simulation(Resource):
    """Che cosa cambierebbe; quello che manca resta com'è."""

    measurements: Annotated[
        tuple[CaseMeasurement, ...],
        Field(max_length=5000, description="Al posto delle rilevazioni degli stessi dati."),
    ] = ()
    targets: Annotated[
        dict[Code, CaseTarget],
        Field(max_length=5000, description="Target dell'anno del piano, per indicatore."),
    ] = Field(default_factory=dict)
    objective_weights: Annotated[Weights, Field(description="Pesi, per obiettivo.")] = Field(
        default_factory=dict
    )
    indicator_weights: Annotated[Weights, Field(description="Pesi, per indicatore.")] = Field(
        default_factory=dict
    )
    policy: Annotated[
        CasePolicy | None, Field(description="Le regole al posto di quelle del piano.")
    ] = None


class ChangedFigure(Resource):
    """Una cifra che cambierebbe; `null` dove non c'è risultato."""

    subject: Literal["overall", "objective", "indicator"]
    code: Code | None
    before: DecimalNumber | None
    after: DecimalNumber | None


class Simulated(Resource):
    """I risultati che si avrebbero. Nulla è stato registrato."""

    results: ResultsDocument
    changes: Annotated[list[ChangedFigure], Field(max_length=100_000)]
