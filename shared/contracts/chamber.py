"""``ciclo/chamber@1``: everything a chamber is set to, as one document.

It is what a manifest (``deploy/tenants/*.yaml``) says, what the API answers as the
configuration of a chamber, and what its audit lines compare. It holds references to secrets
and keys, never one of them. :mod:`shared.contracts.chamber_reading` reads it with every
fault at once.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model

from shared.contracts.base import Contract
from shared.contracts.case import Act, CasePolicy
from shared.contracts.document_layout import Documents
from shared.contracts.signing import Signing

FORMAT: Final = "ciclo/chamber@1"

CHAMBER_CODE = r"^[A-Z][A-Z0-9]{1,7}$"

Code = Annotated[str, Field(pattern=CHAMBER_CODE, max_length=8, examples=["PI"])]
Label = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$", description="Denominazione.")
]
Colour = Annotated[
    str,
    Field(
        pattern=r"^#[0-9a-fA-F]{6}$",
        max_length=7,
        description="Colore dei documenti: titoli sul bianco, e bianco sulle testate. Contrasto "
        "con il bianco almeno 4,5.",
        examples=["#17324d"],
    ),
]
Logo = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200_000,
        pattern=r"^[\s\S]*$",
        description="Logo, un'immagine SVG che disegna soltanto: niente script, stili, immagini "
        "o riferimenti esterni.",
    ),
]
ShortTitle = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=r"^\S(.*\S)?$",
        description="Denominazione breve.",
        examples=["Pisa"],
    ),
]
IpaCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20,
        pattern=r"^[A-Za-z0-9_]+$",
        description="Codice IPA, dall'Indice dei domicili digitali della PA.",
    ),
]
TaxCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{11}$",
        max_length=11,
        description="Codice fiscale dell'ente: 11 cifre, l'ultima di controllo.",
    ),
]
Region = Literal[
    "Abruzzo",
    "Basilicata",
    "Calabria",
    "Campania",
    "Emilia-Romagna",
    "Friuli-Venezia Giulia",
    "Lazio",
    "Liguria",
    "Lombardia",
    "Marche",
    "Molise",
    "Piemonte",
    "Puglia",
    "Sardegna",
    "Sicilia",
    "Toscana",
    "Trentino-Alto Adige",
    "Umbria",
    "Valle d'Aosta",
    "Veneto",
]
Language = Literal["it", "en", "de", "fr", "sl"]
"""Italian, and those that statutes of regions and the readers of a chamber ask for."""

Days = Annotated[int, Field(ge=1, le=36_600, strict=True, json_schema_extra={"format": "int32"})]
Years = Annotated[int, Field(ge=1, le=100, strict=True, json_schema_extra={"format": "int32"})]
PolicyYear = Annotated[
    int,
    Field(
        ge=1990,
        le=2100,
        strict=True,
        description="Primo anno per cui vale.",
        json_schema_extra={"format": "int32"},
        examples=[2020],
    ),
]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", max_length=64)]


class Calendar(Contract):
    """Quando si raccolgono i dati e chi ne risponde."""

    frequency: Annotated[
        Literal["quadrimestre", "semester", "quarter", "month", "year"],
        Field(description="I periodi che si chiudono, oltre all'anno."),
    ] = "quadrimestre"
    deadline_days: Annotated[
        int,
        Field(
            ge=0,
            le=180,
            strict=True,
            description="Giorni dalla fine del periodo al termine.",
            json_schema_extra={"format": "int32"},
        ),
    ] = 15
    requirement: Annotated[
        Literal["entered", "validated"],
        Field(description="Come dev'essere ogni dato perché il periodo si chiuda."),
    ] = "validated"
    own_validation: Annotated[
        bool, Field(strict=True, description="Chi ha immesso un valore può anche validarlo.")
    ] = False
    local_holidays: Annotated[
        tuple[
            Annotated[
                str,
                Field(max_length=5, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"),
            ],
            ...,
        ],
        Field(
            max_length=10,
            description="Feste della città (il patrono): mese e giorno.",
            examples=[["06-17"]],
        ),
    ] = ()


class PolicyVersion(Contract):
    """L'SMVP che vale da un anno in poi, fino alla versione seguente."""

    from_year: PolicyYear
    act: Annotated[Act | None, Field(description="L'atto che lo ha adottato.")] = None
    policy: Annotated[
        CasePolicy, Field(description="L'SMVP in forma eseguibile, come nel file di un anno.")
    ]


class Retention(Contract):
    """Per quanto la camera conserva ciò che contiene dati personali."""

    messages_days: Annotated[
        Days,
        Field(description="Messaggi ricevuti da altri sistemi e dati in quarantena già decisi."),
    ] = 730
    individual_sheets_years: Annotated[
        Years,
        Field(
            description="Schede individuali, dalla fine dell'anno del piano (5: come la "
            "pubblicazione, D.Lgs. 33/2013, art. 8)."
        ),
    ] = 5
    evidence_years: Annotated[
        Years, Field(description="Prove delle rilevazioni, dalla fine dell'anno del piano.")
    ] = 10
    audit_years: Annotated[Years, Field(description="Registro degli atti, dalla riga.")] = 10
    memberships_days: Annotated[
        Days, Field(description="Ruoli e chiavi scaduti o revocati, dalla scadenza.")
    ] = 365


SheetsInReports = Literal["roles", "omitted"]


class Publication(Contract):
    """Che cosa si pubblica, e a chi si rivolge chi lo riusa. Mai un nome di persona."""

    individual_sheets: Annotated[
        SheetsInReports,
        Field(
            description="Le schede individuali nella Relazione: `roles`, con il ruolo che il piano "
            "dà loro; `omitted`, affatto."
        ),
    ] = "roles"
    email: Annotated[
        str | None,
        Field(
            max_length=200,
            pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$",
            description="Casella dell'ufficio per chi riusa i dati; mai quella di una persona.",
            examples=["controllo.gestione@esempio.camcom.it"],
        ),
    ] = None
    website: Annotated[
        str | None,
        Field(
            max_length=300,
            pattern=r"^https://[^\s<>\"]+$",
            description="Sito istituzionale.",
            examples=["https://www.esempio.camcom.it"],
        ),
    ] = None


class IntegrationReference(Contract):
    """Un sistema che invia rilevazioni. Il suo segreto si emette a parte."""

    code: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9-]{0,38}[a-z0-9]$", max_length=40, examples=["integra"])
    ]
    title: Label
    adapter: Literal["standard"] = "standard"


class ChamberConfiguration(Contract):
    """Tutto ciò che una camera è e come è impostata. Riferimenti a segreti, mai segreti."""

    format: Literal["ciclo/chamber@1"] = "ciclo/chamber@1"
    code: Code
    entity: Annotated[Code, Field(description="Ente a cui la camera appartiene.")]
    title: Label
    short_title: ShortTitle | None = None
    ipa_code: IpaCode | None = None
    tax_code: TaxCode | None = None
    region: Region | None = None
    languages: Annotated[
        tuple[Language, ...],
        Field(min_length=1, max_length=5, description="Lingue; l'italiano c'è sempre."),
    ] = ("it",)
    colour: Colour | None = None
    logo_svg: Logo | None = None
    valid_from: Annotated[
        date | None, Field(strict=True, description="Primo giorno della camera.")
    ] = None
    valid_to: Annotated[
        date | None,
        Field(
            strict=True,
            description="Giorno della successione: il primo in cui agisce chi le succede. Dopo "
            "quell'anno non ha piani nuovi.",
            examples=["2022-06-30"],
        ),
    ] = None
    successor: Annotated[
        Code | None, Field(description="Camera dello stesso ente che le succede.")
    ] = None
    calendar: Calendar = Calendar()
    policies: Annotated[
        tuple[PolicyVersion, ...],
        Field(max_length=60, description="Versioni dell'SMVP, dalla più vecchia."),
    ] = ()
    retention: Retention = Retention()
    publication: Publication = Publication()
    documents: Documents = Documents()
    signing: Signing | None = None
    integrations: Annotated[tuple[IntegrationReference, ...], Field(max_length=50)] = ()

    def document(self) -> dict[str, Any]:
        """The document, every field written."""
        return self.model_dump(mode="json", by_alias=True)

    def policy_for(self, year: int) -> PolicyVersion | None:
        """The policy that a new plan of a year starts from; plans that exist have their own."""
        fitting = [version for version in self.policies if version.from_year <= year]
        return fitting[-1] if fitting else None


def _optional(name: str) -> Any:  # noqa: ANN401 - a type and a field, as pydantic takes them
    info = ChamberConfiguration.model_fields[name]
    kind: Any = info.annotation
    if info.metadata:
        kind = Annotated[kind, *info.metadata]
    return (kind | None, Field(default=None, description=info.description))


ChamberConfigurationPatch = create_model(
    "ChamberConfigurationPatch",
    __base__=Contract,
    __doc__="Ciò che cambia della configurazione (merge patch, RFC 7396).",
    **{name: _optional(name) for name in ChamberConfiguration.model_fields},
)
"""A merge patch of a configuration, for the OpenAPI document: every field may be absent."""


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a manifest, for editors and other tools."""
    schema = ChamberConfiguration.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FORMAT,
        **{key: value for key, value in schema.items() if key != "title"},
    }
