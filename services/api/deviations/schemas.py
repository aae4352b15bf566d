"""Bodies of deviations and analyses."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.measurements.schemas import Count, Reason
from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line, Text
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.case import Cause, Prose

Key = Annotated[
    str,
    Field(
        max_length=120,
        pattern=r"^(objective|indicator):.+$",
        description="`objective:` o `indicator:` e il codice.",
        examples=["objective:A4"],
    ),
]
KeyPath = Annotated[
    str,
    Path(
        max_length=120,
        pattern=r"^(objective|indicator):[^\[\]]+$",
        description="`objective:` o `indicator:` e il codice.",
        examples=["objective:A4"],
    ),
]
CodePath = Annotated[
    str,
    Path(
        max_length=100,
        pattern=r"^[^\[\]]+$",
        description="Codice dell'obiettivo.",
        examples=["A4"],
    ),
]
Number = Annotated[
    int,
    Field(ge=1, le=2_147_483_647, description='Quante volte è stato scritto: l\'ETag è `"v1"`.'),
]
Person = Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]
Why = Annotated[Reason | None, Field(description="Perché si cambia ciò che era scritto.")]


class Written(ListItem):
    """Chi ha scritto, quando, e che cosa può fare chi legge."""

    version: Number
    written_at: Instant
    written_by: Person
    allowed_actions: Actions


class NewExplanation(Resource):
    """La causa di uno scostamento."""

    cause: Annotated[Cause, Field(description="Esogena, endogena, o errore dell'indicatore.")]
    explanation: Annotated[
        Prose, Field(examples=["Il festival è stato annullato per legge in ottobre."])
    ]
    corrective_action: Annotated[
        Prose | None, Field(description="L'azione correttiva, se ne è stata presa una.")
    ] = None
    reason: Why = None


class Explanation(Written):
    """La causa registrata di uno scostamento."""

    key: Key
    cause: Cause
    explanation: Text
    corrective_action: Text | None


class Deviation(ListItem):
    """Un risultato sotto la soglia, o che qualcuno ha comunque spiegato."""

    key: Key
    subject_kind: Literal["objective", "indicator"]
    subject_code: Code
    title: Line
    scope: Annotated[Code, Field(description="`chamber` o il codice della scheda.")]
    result: Annotated[DecimalNumber | None, Field(description="Riconosciuto, esatto, in punti.")]
    required: Annotated[bool, Field(description="Il risultato è sotto la soglia del SMVP.")]
    owed_by: Annotated[list[Line], Field(max_length=200, description="Chi ne risponde.")]
    explanation: Explanation | None
    allowed_actions: Actions


class UnitDebt(Resource):
    """Quante spiegazioni deve ancora un'unità."""

    unit: Line
    missing: Count


class DeviationList(Resource):
    """Gli scostamenti dell'anno, tutti, nell'ordine del piano."""

    items: Annotated[list[Deviation], Field(max_length=20_000)]
    next: Cursor = None
    threshold: Annotated[
        DecimalNumber | None, Field(description="`explain_below` del SMVP; `null`: nessuna.")
    ]
    missing: Annotated[Count, Field(description="Quante spiegazioni mancano.")]
    units: Annotated[list[UnitDebt], Field(max_length=1000)]


class NewAnalysis(Resource):
    """Criticità, opportunità, azioni correttive: almeno un testo, in Markdown."""

    issues: Annotated[Prose | None, Field(description="Criticità.")] = None
    opportunities: Annotated[Prose | None, Field(description="Opportunità.")] = None
    corrective_actions: Annotated[Prose | None, Field(description="Azioni correttive.")] = None
    reason: Why = None


class Analysis(Written):
    """Criticità, opportunità e azioni correttive di una prospettiva o di un obiettivo."""

    objective: Code
    issues: Text | None
    opportunities: Text | None
    corrective_actions: Text | None


class AnalysisList(Resource):
    """Le analisi del piano, tutte, nell'ordine del piano."""

    items: Annotated[list[Analysis], Field(max_length=20_000)]
    next: Cursor = None
