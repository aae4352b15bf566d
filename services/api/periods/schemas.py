"""Bodies of periods and of a chamber's rules for collecting data."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field, field_validator

from services.api.integrations.schemas import IntegrationCode
from services.api.measurements.schemas import PERIOD, Count, Reason, SubjectKind
from services.api.measurements.schemas import Period as DatumPeriod
from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, DecimalNumber, Line
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

PeriodCode = Annotated[
    str,
    Field(
        max_length=3,
        pattern=PERIOD,
        description="`Q1`-`Q3`, `S1`-`S2`, `T1`-`T4`, `M01`-`M12`; `Y` è l'anno intero.",
        examples=["Q1"],
    ),
]
PeriodPath = Annotated[
    str,
    Path(
        max_length=3,
        pattern=PERIOD,
        description="`Q1`-`Q3`, `S1`-`S2`, `T1`-`T4`, `M01`-`M12`, o `Y` per l'anno.",
        examples=["Q1"],
    ),
]
Person = Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]
Lacking = Literal["missing", "recorded", "submitted", "rejected", "reopened"]


class Period(ListItem):
    """Un periodo di raccolta dei dati."""

    period: PeriodCode
    first_day: date
    last_day: date
    deadline: Annotated[
        date, Field(description="Ultimo giorno utile: un giorno lavorativo, compreso.")
    ]
    state: Literal["open", "closed"]
    overdue: Annotated[bool, Field(description="Il termine è passato e mancano dati.")]
    due: Annotated[Count, Field(description="Dati attesi.")]
    entered: Annotated[Count, Field(description="Dati immessi, in qualunque stato.")]
    in_time: Annotated[Count, Field(description="Dati immessi entro il termine.")]
    timeliness: Annotated[
        DecimalNumber | None, Field(description="Immessi entro il termine su attesi, in punti.")
    ]
    missing: Annotated[
        Count, Field(description="Dati che ancora impediscono di chiudere il periodo.")
    ]
    closed_at: Instant | None
    closed_by: Person | None
    allowed_actions: Actions


class PeriodList(Resource):
    """I periodi dell'anno, in ordine; l'ultimo è l'anno intero."""

    items: Annotated[list[Period], Field(max_length=50)]
    next: Cursor = None


class LackingDatum(Resource):
    """Un dato che manca, o che non è ancora come la camera lo vuole."""

    subject_kind: SubjectKind
    subject_code: Code
    title: Line
    period: Annotated[DatumPeriod | None, Field(description="Assente per il dato dell'anno.")]
    reason: Annotated[
        Lacking, Field(description="`missing`: non c'è; altrimenti lo stato in cui si trova.")
    ]
    owed_by: Annotated[list[Line], Field(max_length=200, description="Chi lo deve.")]
    not_sent_by: Annotated[
        list[IntegrationCode],
        Field(
            max_length=100,
            description="I sistemi da cui arriva e che, senza inviarlo, hanno dichiarato completo "
            "il periodo: da solo non arriverà.",
        ),
    ]


class PeriodCompletion(Resource):
    """Un sistema ha dichiarato di avere inviato tutti i dati del periodo."""

    integration: IntegrationCode
    completed_at: Instant
    announced: Annotated[Count | None, Field(description="Quanti dati dice di avere, se lo dice.")]
    held: Annotated[Count, Field(description="Quanti dei suoi valgono qui.")]


class OfficeDebt(Resource):
    """Quanti dati deve ancora un ufficio."""

    office: Line
    missing: Count


class ExceptionMade(Resource):
    """Un dato che mancava alla chiusura, e perché si è chiuso ugualmente."""

    subject_kind: SubjectKind
    subject_code: Code
    period: DatumPeriod | None
    lacking: Lacking
    reason: Reason


class PeriodMove(Resource):
    """Una chiusura o una riapertura."""

    state: Literal["closed", "reopened"]
    at: Instant
    by: Person
    reason: Reason | None
    exceptions: Annotated[list[ExceptionMade], Field(max_length=20_000)]


class PeriodDetail(Period):
    """Un periodo con ciò che manca, chi lo deve, e la sua storia."""

    lacking: Annotated[list[LackingDatum], Field(max_length=20_000)]
    offices: Annotated[list[OfficeDebt], Field(max_length=1000)]
    history: Annotated[list[PeriodMove], Field(max_length=1000)]
    completions: Annotated[
        list[PeriodCompletion],
        Field(max_length=100, description="I sistemi che hanno dichiarato completo il periodo."),
    ]


class NewException(Resource):
    """Si chiude anche senza questo dato, per un motivo."""

    subject_kind: SubjectKind
    subject_code: Code
    period: Annotated[
        DatumPeriod | None,
        Field(description="Solo il dato di questo periodo; se manca, tutti quelli che mancano."),
    ] = None
    reason: Reason


class PeriodClosure(Resource):
    """La chiusura di un periodo."""

    exceptions: Annotated[tuple[NewException, ...], Field(max_length=5000)] = ()


class PeriodReopening(Resource):
    """Perché si riapre un periodo."""

    reason: Reason


class NewRules(Resource):
    """Come la camera raccoglie i dati. Ciò che manca vale come per tutte."""

    frequency: Annotated[
        Literal["quadrimestre", "semester", "quarter", "month", "year"],
        Field(description="I periodi che si chiudono, oltre all'anno."),
    ] = "quadrimestre"
    deadline_days: Annotated[
        int, Field(ge=0, le=180, description="Giorni dalla fine del periodo al termine.")
    ] = 15
    requirement: Annotated[
        Literal["entered", "validated"],
        Field(description="Come dev'essere ogni dato perché il periodo si chiuda."),
    ] = "validated"
    own_validation: Annotated[
        bool, Field(description="Chi ha immesso un valore può anche validarlo.")
    ] = False
    local_holidays: Annotated[
        tuple[
            Annotated[
                str,
                Field(max_length=5, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
            ],
            ...,
        ],
        Field(max_length=10, description="Feste della città: mese e giorno.", examples=[["06-17"]]),
    ] = ()

    @field_validator("local_holidays")
    @classmethod
    def _days_exist(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for text in given:
            month, day = map(int, text.split("-"))
            date(2000, month, day)  # a leap year has every day there is
        return given


class Rules(NewRules):
    """Come la camera raccoglie i dati."""

    allowed_actions: Actions
