"""Bodies of reports and render jobs."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.measurements.schemas import Reason
from services.api.paging import ListItem
from services.api.plans.schemas import Code
from services.api.responses import Resource
from services.api.versions.schemas import Words
from shared.contracts.chamber import SheetsInReports
from shared.contracts.signing import Office
from shared.contracts.snapshot import ReportKind
from shared.domain.periods import PERIOD_PATTERN

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

ReportId = Annotated[
    str, Path(pattern=UUID_PATTERN, max_length=36, description="Identificativo del documento.")
]
Id = Annotated[
    str,
    Field(
        pattern=UUID_PATTERN,
        max_length=36,
        examples=["019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
Sha256 = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{64}$", max_length=64, description="Impronta SHA-256, esadecimale."),
]
Link = Annotated[
    str,
    Field(
        max_length=300,
        json_schema_extra={"format": "uri-reference"},
        examples=["/v1/chambers/PI/reports/019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a61"],
    ),
]
Year = Annotated[int, Field(ge=1990, le=2100, description="Anno del piano.", examples=[2020])]
ReportStateName = Literal[
    "requested",
    "rendered",
    "approved",
    "validated",
    "signed",
    "published",
    "refused",
    "failed",
    "cancelled",
]
JobStateName = Literal["queued", "leased", "done", "failed", "cancelled"]
Kind = Annotated[
    ReportKind,
    Field(
        description="Tipo di documento: `relazione` dell'anno, `monitoraggio` di un periodo, "
        "`piano` della performance, `scheda` individuale di un incarico, `relazione_ente` "
        "dell'ente con le sue camere, `validazione` dell'OIV.",
        examples=["relazione"],
    ),
]
KindByYear = Annotated[
    Literal["relazione", "monitoraggio", "piano"],
    Field(
        description="Tipo di documento: `relazione` dell'anno, `monitoraggio` di un periodo, "
        "`piano` della performance.",
        examples=["relazione"],
    ),
]
"""What is asked for by naming a year of the chamber."""
Period = Annotated[
    str,
    Field(
        max_length=3,
        pattern=rf"^(Y|{PERIOD_PATTERN})$",
        description="Periodo del monitoraggio; `Y` è l'anno intero.",
        examples=["Q1"],
    ),
]
Title = Annotated[
    str,
    Field(
        max_length=6000,
        pattern=r"^[^\r\n]+$",
        description="Come si chiama il documento, con ciò di cui tratta entro l'anno.",
        examples=["Documento di validazione dell'OIV 2020 (versione 2 della Relazione)"],
    ),
]
Mark = Annotated[
    str | None,
    Field(
        max_length=6000,
        pattern=r"^[^\r\n]+$",
        description="Che cosa distingue il documento dagli altri dello stesso tipo e anno: il "
        "periodo (`Q1`), la scheda (`SG`), le camere (`LU-PI`), ciò su cui l'OIV ha deciso "
        "(`relazione-2`). Assente dove l'anno ne ha uno solo.",
        examples=["relazione-2"],
    ),
]
Instant = Annotated[datetime, Field(description="Istante, in UTC.")]
Count = Annotated[int, Field(ge=0, le=2_147_483_647, json_schema_extra={"format": "int32"})]
Sentence = Annotated[str, Field(max_length=4000, pattern=r"^[\s\S]*$")]
Name = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Actions = Annotated[
    list[Annotated[str, Field(max_length=64, pattern=r"^[a-z_]+\.[a-z_]+$")]],
    Field(max_length=50, description="Ciò che chi chiama può fare con la risorsa."),
]


class NewReport(Resource):
    """La richiesta di un documento."""

    year: Year
    kind: KindByYear = "relazione"
    period: Annotated[
        Period | None, Field(description="Del monitoraggio, e soltanto: di quale periodo.")
    ] = None
    individual_sheets: Annotated[
        SheetsInReports | None,
        Field(
            description="Le schede individuali nella Relazione; se manca, come la camera ha "
            "deciso (`publication`). Un monitoraggio non ne porta mai."
        ),
    ] = None
    reason: Annotated[
        Reason | None,
        Field(description="Perché serve un'altra versione; richiesto dopo un'approvazione."),
    ] = None


class ReportAct(Resource):
    """L'atto con cui l'organo approva il documento."""

    document: Annotated[Words, Field(description="Che cosa approva.")] = "relazione"
    organ: Annotated[Words, Field(examples=["Giunta camerale"])]
    number: Annotated[Words, Field(examples=["43"])]
    date: Annotated[date, Field(examples=["2021-06-16"])]


class NewReportApproval(Resource):
    """L'approvazione di un documento."""

    act: ReportAct
    remarks: Annotated[Reason | None, Field(description="Annotazioni.")] = None


class NewReportValidation(Resource):
    """La validazione dell'OIV, con le sue condizioni e osservazioni."""

    date: Annotated[date, Field(examples=["2021-06-28"])]
    number: Annotated[Words | None, Field(description="Numero del verbale, se c'è.")] = None
    conditions: Annotated[Reason | None, Field(description="A quali condizioni.")] = None
    remarks: Annotated[Reason | None, Field(description="Osservazioni.")] = None


class NewReportRefusal(Resource):
    """Il documento non è validato."""

    date: Annotated[date, Field(examples=["2021-06-28"])]
    number: Annotated[Words | None, Field(description="Numero del verbale, se c'è.")] = None
    reason: Annotated[Reason, Field(description="Perché l'OIV non valida.")]


class Obstacle(Resource):
    """Ciò che impedirebbe l'approvazione, e che cosa fare."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^(/.*)?$")]
    code: Name
    detail: Sentence


class ReportCheck(Resource):
    """Se la Relazione, congelata ora, si potrebbe approvare."""

    year: Year
    plan_revision: Annotated[
        int, Field(ge=0, le=9_007_199_254_740_991, json_schema_extra={"format": "int64"})
    ]
    ready: bool
    obstacles: Annotated[list[Obstacle], Field(max_length=20_000)]
    warnings: Annotated[
        list[Obstacle], Field(max_length=20_000, description="Ciò che non impedisce nulla.")
    ]


class MoveAct(Resource):
    """Organo, numero e data di chi ha deciso."""

    document: Words
    organ: Words | None = None
    number: Words | None = None
    date: Annotated[str | None, Field(max_length=10, pattern=r"^\d{4}-\d{2}-\d{2}$")] = None


class ReportMoveMade(Resource):
    """Un passo nella vita di un documento."""

    move: Literal["approve", "validate", "refuse", "sign", "publish"]
    act: Annotated[MoveAct | None, Field(description="Le firme non hanno un atto.")]
    conditions: Sentence | None
    remarks: Sentence | None
    reason: Sentence | None
    at: Instant
    by: Sentence


class SealFacts(Resource):
    """Il sigillo apposto al documento."""

    signer: Annotated[Sentence, Field(description="Soggetto del certificato.")]
    level: Annotated[
        str,
        Field(max_length=20, pattern=r"^[A-Za-z0-9-]+$", examples=["B-B"]),
    ]
    signed_at: Instant | None
    development: Annotated[bool, Field(description="Sigillo di prova, privo di valore legale.")]


class ReportDocument(Resource):
    """Il PDF firmato."""

    href: Link
    sha256: Sha256
    size: Annotated[Count, Field(description="Byte.")]
    pages: Annotated[Count, Field(description="Pagine.")]
    seal: SealFacts | None


class Report(ListItem):
    """Un documento richiesto: contenuto congelato, versione, PDF quando c'è."""

    report_id: Id
    chamber: Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    year: Year
    kind: Kind
    title: Title
    mark: Mark
    period: Annotated[Period | None, Field(description="Del monitoraggio.")]
    sheet: Annotated[Code | None, Field(description="Della scheda: il suo codice nel piano.")]
    about: Annotated[
        Link | None, Field(description="Della decisione dell'OIV: il documento deciso.")
    ]
    chambers: Annotated[
        list[Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]],
        Field(max_length=500, description="Della relazione di un ente: le camere che mostra."),
    ]
    version: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            description="Numero progressivo del documento, che anno, tipo e `mark` distinguono.",
        ),
    ]
    state: Annotated[
        ReportStateName,
        Field(
            description="`requested`: in composizione; `rendered`: il PDF è disponibile; "
            "`approved`: approvato con un atto; `validated`, `refused`: validato o non validato "
            "dall'OIV; `signed`: ci sono tutte le firme attese; `published`: leggibile da "
            "chiunque; `failed`, `cancelled`: il PDF non ci sarà."
        ),
    ]
    plan_revision: Annotated[
        int,
        Field(
            ge=0,
            le=9_007_199_254_740_991,
            json_schema_extra={"format": "int64"},
            description="Revisione dei dati su cui il contenuto è congelato.",
        ),
    ]
    snapshot_sha256: Annotated[Sha256, Field(description="Impronta del contenuto congelato.")]
    document: ReportDocument | None
    reason: Annotated[
        Reason | None, Field(description="Perché si è fatta questa versione dopo un'approvazione.")
    ]
    individual_sheets: Annotated[
        SheetsInReports,
        Field(
            description="`roles`: il documento porta schede individuali, e fino alla "
            "pubblicazione lo legge solo chi può vederle tutte."
        ),
    ]
    job: Annotated[Link, Field(description="Il lavoro che compone il documento.")]
    created_at: Instant
    rendered_at: Instant | None
    allowed_actions: Actions


class ReportDetail(Report):
    """Un documento con i passi che ha compiuto."""

    moves: Annotated[list[ReportMoveMade], Field(max_length=100)]


class ReportList(Resource):
    """I documenti di una camera."""

    items: Annotated[list[Report], Field(max_length=500)]
    next: Annotated[str | None, Field(max_length=600, pattern=r"^[A-Za-z0-9_-]+$")]


class JobFailure(Resource):
    """Perché il documento non è stato composto."""

    code: Name
    detail: Sentence
    section: Annotated[
        str | None,
        Field(max_length=200, pattern=r"^[\s\S]*$", description="Parte del documento."),
    ]


class RenderJob(Resource):
    """Il lavoro che compone e firma un documento."""

    job_id: Id
    kind: Annotated[
        Literal["render", "sign"],
        Field(description="`render`: compone il documento e lo sigilla; `sign`: lo firma."),
    ]
    office: Annotated[Office | None, Field(description="L'ufficio che firma.")]
    state: Annotated[
        JobStateName,
        Field(
            description="`queued`: in attesa; `leased`: in lavorazione; `done`: il PDF è "
            "disponibile; `failed`: non riuscito; `cancelled`: annullato."
        ),
    ]
    stage: Annotated[
        Name,
        Field(
            description="Fase: `queued`, `leased`, `document`, `pdf`, `signing`, `uploading`, "
            "`done`."
        ),
    ]
    progress: Annotated[
        int,
        Field(ge=0, le=100, json_schema_extra={"format": "int32"}, description="Percentuale."),
    ]
    attempt: Annotated[Count, Field(description="Tentativi iniziati.")]
    failure: Annotated[
        JobFailure | None,
        Field(description="Presente solo nello stato `failed`."),
    ]
    report: Link
    document: Annotated[Link | None, Field(description="Il PDF, nello stato `done`.")]
    events: Annotated[Link, Field(description="Lo stesso lavoro come eventi (SSE).")]
    created_at: Instant
    finished_at: Instant | None
    allowed_actions: Actions
