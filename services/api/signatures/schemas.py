"""Bodies of signatures."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from services.api.reports.schemas import Actions, Count, Instant, Link, Sentence, Sha256
from services.api.responses import Resource
from shared.contracts.signing import Office, OfficeTitle
from shared.contracts.verification import SignatureLevel


class NewSignature(Resource):
    """La richiesta di una firma: di quale ufficio, e ciò che il dispositivo chiede a chi firma."""

    office: Office
    pin: Annotated[
        SecretStr | None,
        Field(
            min_length=1,
            max_length=128,
            description="PIN del dispositivo o della firma remota, se non è nella configurazione. "
            "Serve a questa sola firma: non si conserva, non si registra.",
            json_schema_extra={"pattern": r"^[\s\S]*$"},
        ),
    ] = None
    otp: Annotated[
        SecretStr | None,
        Field(
            min_length=1,
            max_length=128,
            description="Codice monouso della firma remota, se il prestatore lo chiede.",
            json_schema_extra={"pattern": r"^[\s\S]*$"},
        ),
    ] = None

    def without_secrets(self) -> bytes:
        """What the request asks for; two that differ in their secrets are the same request."""
        return self.office.encode()


class Stage(Resource):
    """Il documento come questa firma lo ha lasciato."""

    sha256: Sha256
    size: Annotated[Count, Field(description="Byte.")]


class SignatureMade(Resource):
    """Una firma apposta."""

    signer: Annotated[Sentence, Field(description="Soggetto del certificato.")]
    level: Annotated[SignatureLevel, Field(description="Livello PAdES all'apposizione.")]
    claimed_at: Annotated[datetime | None, Field(description="Istante dichiarato dal firmatario.")]
    stamped_at: Annotated[datetime | None, Field(description="Istante della marca temporale.")]
    origin: Annotated[
        Literal["seal", "service", "upload"],
        Field(
            description="`seal`: sigillo della camera; `service`: apposta dal renderer; `upload`: "
            "su una copia firmata altrove."
        ),
    ]
    development: Annotated[bool, Field(description="Firma di prova, priva di valore legale.")]
    stage: Stage
    made_at: Instant


class ReportSignature(Resource):
    """Una firma del documento: apposta, del prossimo, o di chi attende."""

    office: Annotated[Office, Field(description="L'ufficio; `sigillo` è il sigillo della camera.")]
    title: OfficeTitle
    state: Annotated[
        Literal["made", "under_way", "next", "waiting"],
        Field(
            description="`made`: apposta; `under_way`: il lavoro che la appone è in corso; `next`: "
            "tocca a questo ufficio; `waiting`: altri firmano prima, o il documento non è ancora "
            "validato."
        ),
    ]
    made: SignatureMade | None
    job: Annotated[Link | None, Field(description="Il lavoro in corso.")]
    allowed_actions: Actions


class ReportSignatures(Resource):
    """Le firme di un documento, nell'ordine."""

    complete: Annotated[bool, Field(description="Ogni firma attesa c'è.")]
    renew_before: Annotated[
        datetime | None,
        Field(
            description="Quando finisce il certificato della marca temporale che copre tutto il "
            "documento (livello B-LTA): prima va rinnovata."
        ),
    ]
    document: Annotated[Link, Field(description="Il PDF con le firme che ha: quello da firmare.")]
    items: Annotated[list[ReportSignature], Field(max_length=20)]
    allowed_actions: Actions
