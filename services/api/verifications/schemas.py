"""Bodies of verifications."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from services.api.reports.schemas import Count, Id, Instant, Kind, Name, Sentence, Sha256, Year
from services.api.responses import Resource
from shared.contracts.verification import SignatureLevel

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


class Original(Resource):
    """Il documento emesso da questa installazione, di cui il file è copia esatta."""

    chamber: _ChamberCode
    report_id: Id
    year: Year
    kind: Kind
    version: _Version
    latest_version: Annotated[_Version, Field(description="Ultima versione emessa.")]
    issued_at: Instant


class Verification(Resource):
    """L'esito della verifica di un file."""

    valid: Annotated[bool, Field(description="Integro, con ogni firma valida e riconosciuta.")]
    intact: Annotated[bool, Field(description="Nessun byte è cambiato dopo l'ultima firma.")]
    trusted: Annotated[bool, Field(description="Ogni certificato risale a un'autorità nota.")]
    sha256: Sha256
    size: Count
    signatures: Annotated[list[VerifiedSignature], Field(max_length=200)]
    problems: Annotated[list[VerificationProblem], Field(max_length=400)]
    original: Annotated[
        Original | None,
        Field(description="Presente se il file è l'originale emesso, byte per byte."),
    ]
