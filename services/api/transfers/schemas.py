"""Bodies of archives on their way, and of erasures."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field

from services.api.imports.schemas import Identifier
from services.api.measurements.schemas import Reason
from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.chamber import Code

_UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

ExportId = Annotated[
    str, Path(pattern=_UUID, max_length=36, description="Identificativo dell'esportazione.")
]
ImportId = Annotated[
    str, Path(pattern=_UUID, max_length=36, description="Identificativo dell'importazione.")
]
ErasureId = Annotated[
    str, Path(pattern=_UUID, max_length=36, description="Identificativo della cancellazione.")
]
Sha256 = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        max_length=64,
        description="Impronta SHA-256 dell'archivio, esadecimale.",
        examples=["5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"],
    ),
]
Size = Annotated[
    int,
    Field(
        ge=0,
        le=9_007_199_254_740_991,
        json_schema_extra={"format": "int64"},
        description="Byte dell'archivio.",
    ),
]
Person = Annotated[str, Field(max_length=300, pattern=r"^[\s\S]*$")]
Words = Annotated[str, Field(max_length=2000, pattern=r"^[\s\S]*$")]
Word = Annotated[str, Field(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
Link = Annotated[str, Field(max_length=300, json_schema_extra={"format": "uri-reference"})]
Progress = Annotated[int, Field(ge=0, le=100, description="Avanzamento, da 0 a 100.")]


class TransferFault(Resource):
    """Un punto dell'archivio che non torna."""

    pointer: Annotated[str, Field(max_length=1000, pattern=r"^[\s\S]*$")]
    code: Word
    detail: Words


class TransferFailure(Resource):
    """Perché un lavoro non è riuscito."""

    code: Annotated[Word, Field(examples=["blob_missing"])]
    detail: Words
    errors: Annotated[list[TransferFault], Field(max_length=10_000)]


class _Transfer(ListItem):
    stage: Annotated[Word, Field(description="A che punto è.", examples=["rows"])]
    progress: Progress
    failure: TransferFailure | None
    requested_at: Instant
    requested_by: Person
    finished_at: Instant | None
    sha256: Sha256 | None
    size: Size | None


class ChamberExport(_Transfer):
    """L'esportazione di una camera intera in un archivio."""

    export_id: Identifier
    state: Annotated[
        Literal["queued", "running", "done", "failed", "expired"],
        Field(description="`expired`: il file non si può più scaricare."),
    ]
    with_sheets: Annotated[
        bool | None,
        Field(description="L'archivio porta schede individuali: lo scarica chi può vederle tutte."),
    ]
    file: Annotated[Link | None, Field(description="Da dove si scarica, finché c'è.")]
    expires_at: Annotated[Instant | None, Field(description="Fino a quando si può scaricare.")]
    allowed_actions: Actions


class ChamberExportList(Resource):
    """Le esportazioni della camera."""

    items: Annotated[list[ChamberExport], Field(max_length=500)]
    next: Cursor


class ChamberImport(_Transfer):
    """L'importazione di una camera da un archivio: intera, o per niente."""

    import_id: Identifier
    chamber: Code
    state: Literal["queued", "running", "done", "failed"]


class ChamberImportList(Resource):
    """Le importazioni di camere nell'ente."""

    items: Annotated[list[ChamberImport], Field(max_length=500)]
    next: Cursor


class NewErasure(Resource):
    """La richiesta di cancellare una camera."""

    code: Annotated[
        str,
        Field(
            max_length=8,
            pattern=r"^[\S ]*$",
            description="Il codice della camera, scritto di nuovo.",
            examples=["PI"],
        ),
    ]
    archive_sha256: Annotated[
        Sha256,
        Field(
            description="Impronta dell'archivio che si conserva: con la camera se ne va la "
            "copia che attende di essere scaricata."
        ),
    ]
    reason: Reason


class ChamberErasure(ListItem):
    """Una cancellazione: chiesta, ritirata, scaduta o eseguita."""

    erasure_id: Identifier
    chamber: Code
    state: Annotated[
        Literal["requested", "withdrawn", "lapsed", "erased"],
        Field(
            description="`requested`: attende chi la esegue, con la connessione del proprietario "
            "della base dati. `lapsed`: l'esportazione ha ormai più di un giorno."
        ),
    ]
    archive_sha256: Sha256
    reason: Annotated[Reason | None, Field(description="Se è stata chiesta attraverso l'API.")]
    requested_at: Instant | None
    requested_by: Person | None
    withdrawn_at: Instant | None
    withdrawn_by: Person | None
    erased_at: Instant | None
    erased_by: Person | None
    removed_rows: Annotated[Size | None, Field(description="Righe tolte, in tutte le tabelle.")]
    certificate: Annotated[Link | None, Field(description="Da dove si scarica il certificato.")]
    allowed_actions: Actions


class ChamberErasureList(Resource):
    """Le cancellazioni di camere dell'ente."""

    items: Annotated[list[ChamberErasure], Field(max_length=500)]
    next: Cursor
