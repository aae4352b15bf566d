"""Bodies of mappings."""

from typing import Annotated, Any, Literal

from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Code, Cursor, Line
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant

_MOST = 5000

Version = Annotated[int, Field(ge=0, le=2_147_483_647)]
Note = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[^\x00]*\S[^\x00]*$",
        description="Perché si cambia.",
        examples=["La fonte invia ora gli importi in migliaia."],
    ),
]
ConversionName = Annotated[
    Literal[
        "none",
        "fraction_to_percent",
        "percent_to_fraction",
        "thousands_to_units",
        "millions_to_units",
        "units_to_thousands",
    ],
    Field(description="Come si porta il valore all'unità del piano."),
]
SubjectName = Annotated[
    Literal["measure", "indicator", "objective"],
    Field(description="Che cosa è nel piano ciò che la fonte invia."),
]


class MappingEntry(Resource):
    """Una riga: come la fonte chiama un dato, che cos'è nel piano, in che unità arriva."""

    external: Annotated[
        str,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00-\x1f]*$",
            description="Codice nel sistema che invia.",
            examples=["K-694"],
        ),
    ]
    subject_kind: SubjectName = "measure"
    code: Annotated[Code, Field(description="Codice nel piano.")]
    unit: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00-\x1f]*$",
            description="Unità in cui la fonte invia; un messaggio con un'altra unità va in "
            "quarantena. Se manca, vale per ogni unità.",
            examples=["migliaia di EUR"],
        ),
    ] = None
    conversion: ConversionName = "none"


class NewMapping(Resource):
    """La mappatura da ora in poi; la precedente resta agli atti."""

    entries: Annotated[tuple[MappingEntry, ...], Field(max_length=_MOST)]
    note: Note | None = None


class Mapping(Resource):
    """Una versione della mappatura di un'integrazione; 0 finché non ce n'è una."""

    version: Version
    entries: Annotated[list[MappingEntry], Field(max_length=_MOST)]
    note: Note | None
    changed_at: Instant | None
    changed_by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")] | None
    allowed_actions: Actions


class MappingVersion(ListItem):
    """Una versione: chi l'ha fatta, quando, perché."""

    version: Version
    entries: Annotated[int, Field(ge=0, le=_MOST, description="Quante righe.")]
    note: Note | None
    changed_at: Instant
    changed_by: Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]


class MappingVersionList(Resource):
    """Le versioni della mappatura."""

    items: Annotated[list[MappingVersion], Field(max_length=500)]
    next: Cursor


class Trial(Resource):
    """Un messaggio di prova, e se occorre una mappatura che non si è ancora salvata."""

    message: Annotated[
        Any,
        Field(
            description="Un evento (`MeasurementEvent`) come lo invierebbe il sistema, senza la "
            "firma.",
            examples=[
                {
                    "type": "measurement.recorded",
                    "timestamp": "2021-01-15T08:30:00Z",
                    "data": {"measure": "K-694", "year": 2020, "value": "12.5"},
                }
            ],
        ),
    ]
    entries: Annotated[
        tuple[MappingEntry, ...] | None,
        Field(max_length=_MOST, description="Al posto della mappatura che vale."),
    ] = None


class TrialFault(Resource):
    """Un motivo per cui la rilevazione andrebbe in quarantena."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^(/[\s\S]*)?$")]
    code: Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
    detail: Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]


class TrialItem(Resource):
    """Che cosa farebbe una rilevazione del messaggio."""

    position: Annotated[int, Field(ge=0, le=5000, description="Posto nel messaggio, da 0.")]
    outcome: Annotated[
        Literal["applied", "unchanged", "superseded", "quarantined"],
        Field(description="Varrebbe; non cambierebbe nulla; resterebbe agli atti; attenderebbe."),
    ]
    subject_kind: SubjectName | None
    code: Code | None
    value: Annotated[Line | None, Field(description="Il valore nell'unità del piano.")]
    result: Annotated[Line | None, Field(description="Il grado di realizzazione, se è dato.")]
    plans: Annotated[
        list[Annotated[int, Field(ge=1990, le=2200)]],
        Field(max_length=200, description="Anni dei piani a cui arriverebbe."),
    ]
    errors: Annotated[list[TrialFault], Field(max_length=200)]


class TrialResult(Resource):
    """Che cosa farebbe il messaggio. Nulla è stato registrato."""

    mapping_version: Annotated[
        Version | None, Field(description="Versione usata; assente per quella data nella prova.")
    ]
    items: Annotated[list[TrialItem], Field(max_length=5000)]
