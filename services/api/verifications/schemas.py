"""Bodies of verifications."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from services.api.reports.schemas import Count, Id, Instant, Kind, Name, Sentence, Sha256, Year
from services.api.responses import Resource
from shared.contracts.signing import Office, OfficeTitle
from shared.contracts.verification import AfterLast, SignatureLevel

_Text = Annotated[str, Field(max_length=1000, pattern=r"^[\s\S]*$")]
_ChamberCode = Annotated[str, Field(max_length=8, pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
_Version = Annotated[int, Field(ge=1, le=1_000_000)]


class VerifiedSignature(Resource):
    """Una firma o un sigillo del documento, nell'ordine in cui sono stati apposti."""

    field: _Text
    signer: Annotated[_Text | None, Field(description="Nome nel certificato.")]
    organization: _Text | None
    unit: Annotated[
        _Text | None,
        Field(description="Unità organizzativa: per un sigillo, il codice della camera."),
    ]
    issuer: Annotated[_Text | None, Field(description="Autorità che ha emesso il certificato.")]
    level: Annotated[SignatureLevel, Field(description="Livello PAdES effettivo.")]
    claimed_at: Annotated[datetime | None, Field(description="Istante dichiarato dal firmatario.")]
    stamped_at: Annotated[datetime | None, Field(description="Istante della marca temporale.")]
    intact: bool
    trusted: Annotated[bool, Field(description="Il certificato risale a un'autorità nota.")]
    covers_whole_document: bool
    development: Annotated[bool, Field(description="Firma di prova, priva di valore legale.")]


class VerificationProblem(Resource):
    """Che cosa non va."""

    code: Name
    detail: Sentence
    field: _Text | None


class VerifiedStamp(Resource):
    """Una marca temporale dell'intero documento."""

    field: _Text
    authority: Annotated[_Text | None, Field(description="Autorità di marcatura.")]
    stamped_at: datetime | None
    good: Annotated[bool, Field(description="Valida e di un'autorità riconosciuta.")]
    certificate_ends: Annotated[
        Instant, Field(description="Entro questo istante va rinnovata con un'altra marca.")
    ]
    covers_whole_document: bool


class Original(Resource):
    """Il documento emesso da questa installazione, di cui il file è copia esatta."""

    chamber: _ChamberCode
    report_id: Id
    year: Year
    kind: Kind
    version: _Version
    latest_version: Annotated[_Version, Field(description="Ultima versione emessa.")]
    issued_at: Instant


class StandingSignature(Resource):
    """Una firma del documento, detta con l'ufficio di chi firma."""

    office: Office
    title: OfficeTitle
    state: Annotated[
        Literal["in_copy", "later", "missing"],
        Field(
            description="`in_copy`: la copia la porta; `later`: il documento l'ha avuta dopo "
            "questa copia; `missing`: non c'è ancora."
        ),
    ]
    level: Annotated[SignatureLevel | None, Field(description="Livello PAdES all'apposizione.")]
    signed_at: Annotated[
        datetime | None,
        Field(description="Istante della marca temporale o, senza, quello dichiarato."),
    ]


class DocumentStage(Resource):
    """Una fase del documento: ognuna comincia con la precedente."""

    sha256: Sha256
    after: Annotated[
        Office | None,
        Field(
            description="Ufficio la cui firma l'ha fatta; `sigillo` per il sigillo, "
            "`marca_temporale` per un rinnovo delle marche; assente prima del sigillo."
        ),
    ]
    this: Annotated[bool, Field(description="È la fase del file, o quella con cui comincia.")]


class RecognisedDocument(Resource):
    """Il documento di cui il file è una copia, in una delle sue fasi."""

    chamber: _ChamberCode
    chamber_name: _Text
    report_id: Id
    title: _Text
    year: Year
    kind: Kind
    version: _Version
    latest_version: Annotated[
        _Version, Field(description="Ultima versione, fra quelle che chi chiama può conoscere.")
    ]
    published: bool
    exact: Annotated[
        bool,
        Field(description="È quella fase, byte per byte; altrimenti comincia con essa e prosegue."),
    ]
    last: Annotated[bool, Field(description="È l'ultima fase: il documento com'è ora.")]
    stages: Annotated[list[DocumentStage], Field(max_length=200)]
    signatures: Annotated[list[StandingSignature], Field(max_length=20)]
    summary: Annotated[
        list[Sentence],
        Field(max_length=20, description="Lo stesso in parole, nella lingua di chi chiede."),
    ]


class Recognition(Resource):
    """Il documento pubblicato che ha questa impronta."""

    sha256: Sha256
    document: RecognisedDocument


class Verification(Resource):
    """L'esito della verifica di un file."""

    valid: Annotated[bool, Field(description="Integro, con ogni firma valida e riconosciuta.")]
    intact: Annotated[bool, Field(description="Nessun byte è cambiato dopo l'ultima firma.")]
    trusted: Annotated[bool, Field(description="Ogni certificato risale a un'autorità nota.")]
    sha256: Sha256
    size: Count
    signatures: Annotated[list[VerifiedSignature], Field(max_length=200)]
    stamps: Annotated[
        list[VerifiedStamp], Field(max_length=200, description="Marche temporali del documento.")
    ]
    after_last: Annotated[
        AfterLast | None,
        Field(
            description="Che cosa segue l'ultima firma o marca: `nothing`, dati di validazione "
            "(`validation_data`), o modifiche che nessuna firma copre (`changes`)."
        ),
    ]
    problems: Annotated[list[VerificationProblem], Field(max_length=400)]
    original: Annotated[
        Original | None,
        Field(description="Presente se il file è l'originale emesso, byte per byte."),
    ]
    document: Annotated[
        RecognisedDocument | None,
        Field(
            description="Il documento di cui il file è copia, anche in una fase precedente o con "
            "aggiunte; solo se è pubblicato o se chi chiama lo può leggere."
        ),
    ]
