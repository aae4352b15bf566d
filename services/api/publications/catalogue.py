"""What is published, described for catalogues: DCAT-AP_IT 1.0 (AgID), in RDF.

The dataset is one document whatever its version: its address is permanent, its distributions are
those of the version in force, and a new version changes ``dct:modified``, by which harvesters know
that they have to look again. Versions that were replaced are named with ``dct:hasVersion`` and
stay where they are.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

from rdflib import DCAT, DCTERMS, FOAF, OWL, RDF, XSD, Graph, Literal, Namespace, URIRef

from services.api.errors import Refusal
from services.api.publications import addresses
from services.api.publications.files import of_kind
from services.api.publications.shelf import LICENCE, Document, Publisher, Series, Shelf
from shared.domain.italian import of_the

DCATAPIT = Namespace("http://dati.gov.it/onto/dcatapit#")
SCHEMA = Namespace("http://schema.org/")
VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_EU = "http://publications.europa.eu/resource/authority/"
_GOVERNMENT = URIRef(f"{_EU}data-theme/GOVE")
_ITALIAN = URIRef(f"{_EU}language/ITA")
_YEARLY = URIRef(f"{_EU}frequency/ANNUAL")
_ITALY = URIRef(f"{_EU}country/ITA")
_FILE_TYPES = {
    "application/pdf": "PDF",
    "text/html": "HTML",
    "text/csv": "CSV",
    "application/json": "JSON",
}
_CC_BY = URIRef("https://w3id.org/italia/controlled-vocabulary/licences/A21_CCBY40")
_ATTRIBUTION = URIRef("http://purl.org/adms/licencetype/Attribution")
_KEYWORDS = ("performance", "trasparenza", "camera di commercio", "obiettivi", "indicatori")

_PREFIXES = {
    "dcatapit": DCATAPIT,
    "dcat": DCAT,
    "dct": DCTERMS,
    "foaf": FOAF,
    "owl": OWL,
    "schema": SCHEMA,
    "vcard": VCARD,
}


class CatalogueForm(StrEnum):
    """A form of the catalogue."""

    TURTLE = "catalogo.ttl"
    XML = "catalogo.rdf"
    JSON_LD = "catalogo.jsonld"

    @property
    def media_type(self) -> str:
        """Its type on the way."""
        return _FORMS[self][0]

    @staticmethod
    def media_types() -> tuple[str, ...]:
        """The types of all forms."""
        return tuple(media_type for media_type, _ in _FORMS.values())


_FORMS = {
    CatalogueForm.TURTLE: ("text/turtle", "turtle"),
    CatalogueForm.XML: ("application/rdf+xml", "pretty-xml"),
    CatalogueForm.JSON_LD: ("application/ld+json", "json-ld"),
}


def dataset_identifier(publisher: Publisher, document: Document) -> str:
    """What the dataset of a document is called in every catalogue, whatever its version.

    The register's code of who publishes comes first, as the national catalogue asks for.
    """
    found = document.designation
    code = publisher.ipa_code or publisher.code
    return ":".join(filter(None, [code, found.kind, str(found.year), found.mark]))


async def catalogue(
    base: str, shelves: Sequence[Shelf], entity: str | None, file: CatalogueForm
) -> bytes:
    """The catalogue of what stands on the shelves: of a chamber's, or of an entity's.

    Raises:
        Refusal: ``not_found`` when nothing is published.
    """
    filled = [shelf for shelf in shelves if shelf.series]
    if not filled:
        raise Refusal("not_found")
    return await asyncio.to_thread(_written, base, filled, entity, file)


def _written(base: str, shelves: Sequence[Shelf], entity: str | None, file: CatalogueForm) -> bytes:
    graph = describe(base, shelves, entity)
    _, form = _FORMS[file]
    if file is CatalogueForm.JSON_LD:
        return graph.serialize(format=form, encoding="utf-8", auto_compact=True, sort_keys=True)
    return graph.serialize(format=form, encoding="utf-8")


def describe(base: str, shelves: Sequence[Shelf], entity: str | None = None) -> Graph:
    """The graph of a catalogue; ``shelves`` is not empty."""
    return _Description(base).of(shelves, entity)


class _Description:
    """Writes one graph. Everything has an address: there are no blank nodes."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._graph = Graph()
        for prefix, namespace in _PREFIXES.items():
            self._graph.bind(prefix, namespace)

    def of(self, shelves: Sequence[Shelf], entity: str | None) -> Graph:
        first = shelves[0].publisher
        page = addresses.entity_page(entity) if entity else addresses.chamber_page(first.code)
        of_whom = of_the(first.entity_name if entity else first.name)
        # An entity has no code of its own in the register beside that of a chamber named like it.
        named = next((s.publisher for s in shelves if s.publisher.code == entity), first)
        this, home = self._at(f"{page}#catalogo"), self._at(page)
        modified = max(shelf.modified for shelf in shelves if shelf.modified)
        self._licence()
        self._say(
            this,
            (RDF.type, DCATAPIT.Catalog),
            (RDF.type, DCAT.Catalog),
            (DCTERMS.title, _it(f"Performance {of_whom}")),
            (
                DCTERMS.description,
                _it(f"Documenti e dati del ciclo della performance {of_whom}."),
            ),
            (DCTERMS.publisher, self._agent(named)),
            (DCTERMS.modified, _day(modified)),
            (DCTERMS.language, _ITALIAN),
            (DCTERMS.license, _CC_BY),
            (DCAT.themeTaxonomy, URIRef(f"{_EU}data-theme")),
            (FOAF.homepage, home),
        )
        self._say(home, (RDF.type, FOAF.Document))
        for shelf in shelves:
            for series in shelf.series:
                self._say(this, (DCAT.dataset, self._dataset(shelf.publisher, series)))
        return self._graph

    def _dataset(self, publisher: Publisher, series: Series) -> URIRef:
        latest = series.latest
        this, agent = self._at(addresses.permanent(latest)), self._agent(publisher)
        self._say(
            this,
            (RDF.type, DCATAPIT.Dataset),
            (RDF.type, DCAT.Dataset),
            (DCTERMS.identifier, Literal(dataset_identifier(publisher, latest))),
            (DCTERMS.title, _it(f"{latest.title}, {publisher.name}")),
            (DCTERMS.description, _it(f"{latest.about}. {publisher.name}, {latest.year}.")),
            (DCTERMS.issued, _day(series.first.published_at)),
            (DCTERMS.modified, _day(latest.published_at)),
            (DCTERMS.accrualPeriodicity, _YEARLY),
            (DCTERMS.language, _ITALIAN),
            (DCTERMS.publisher, agent),
            (DCTERMS.rightsHolder, agent),
            (DCTERMS.creator, agent),
            (DCTERMS.spatial, self._place(this, publisher)),
            (DCTERMS.temporal, self._time(this, latest.year)),
            (DCAT.theme, _GOVERNMENT),
            (DCAT.landingPage, self._at(addresses.document_page(latest))),
            (OWL.versionInfo, Literal(str(latest.version))),
            *((DCAT.keyword, _it(word)) for word in _KEYWORDS),
        )
        if publisher.email:
            self._say(this, (DCAT.contactPoint, self._contact(publisher)))
        for version in series.versions[1:]:
            self._say(this, (DCTERMS.hasVersion, self._at(addresses.document_page(version))))
        for part in self._distributions(this, latest):
            self._say(this, (DCAT.distribution, part))
        return this

    def _distributions(self, dataset: URIRef, document: Document) -> list[URIRef]:
        made = [
            self._distribution(
                *(dataset, document, "pdf", "Il documento firmato (PDF)"),
                *(addresses.pdf(document), "application/pdf"),
                size=document.pdf_size,
            )
        ]
        if document.web_size is not None:
            made.append(
                self._distribution(
                    *(dataset, document, "html", "Il documento in forma accessibile (HTML)"),
                    *(f"{addresses.resource(document)}/html", "text/html"),
                    size=document.web_size,
                )
            )
        for file in of_kind(document.kind):
            media_type = file.media_type.partition(";")[0]
            if media_type in _FILE_TYPES:
                at = addresses.data(document, file)
                made.append(self._distribution(dataset, document, file, file.label, at, media_type))
        return made

    def _distribution(
        self,
        dataset: URIRef,
        document: Document,
        name: str,
        title: str,
        at: str,
        media_type: str,
        *,
        size: int | None = None,
    ) -> URIRef:
        this = URIRef(f"{dataset}#{name}")
        self._say(
            this,
            (RDF.type, DCATAPIT.Distribution),
            (RDF.type, DCAT.Distribution),
            (DCTERMS.title, _it(title)),
            (DCTERMS.description, _it(f"{title}: {document.title}, versione {document.version}.")),
            (DCTERMS.format, URIRef(f"{_EU}file-type/{_FILE_TYPES[media_type]}")),
            (DCTERMS.license, _CC_BY),
            (DCTERMS.modified, _day(document.published_at)),
            (DCTERMS.language, _ITALIAN),
            (DCAT.accessURL, self._at(addresses.document_page(document))),
            (DCAT.downloadURL, self._at(at)),
            (DCAT.mediaType, URIRef(f"https://www.iana.org/assignments/media-types/{media_type}")),
        )
        if size is not None:
            # With a point, as Turtle would write it otherwise than the other forms.
            self._say(this, (DCAT.byteSize, Literal(f"{size}.0", datatype=XSD.decimal)))
        return this

    def _agent(self, publisher: Publisher) -> URIRef:
        this = self._at(f"{addresses.chamber_page(publisher.code)}#ente")
        code = publisher.ipa_code or publisher.tax_code or publisher.code
        self._say(
            this,
            (RDF.type, DCATAPIT.Agent),
            (RDF.type, FOAF.Agent),
            (DCTERMS.identifier, Literal(code)),
            (FOAF.name, _it(publisher.name)),
        )
        if publisher.website:
            self._say(this, (FOAF.homepage, URIRef(publisher.website)))
        return this

    def _contact(self, publisher: Publisher) -> URIRef:
        this = self._at(f"{addresses.chamber_page(publisher.code)}#contatto")
        self._say(
            this,
            (RDF.type, DCATAPIT.Organization),
            (RDF.type, VCARD.Organization),
            (RDF.type, VCARD.Kind),
            (VCARD.fn, _it(publisher.name)),
            (VCARD.hasEmail, URIRef(f"mailto:{publisher.email}")),
        )
        if publisher.website:
            self._say(this, (VCARD.hasURL, URIRef(publisher.website)))
        return this

    def _place(self, dataset: URIRef, publisher: Publisher) -> URIRef:
        this = URIRef(f"{dataset}#luogo")
        self._say(
            this,
            (RDF.type, DCTERMS.Location),
            (DCATAPIT.geographicalIdentifier, _ITALY),
            (SCHEMA.name, _it(publisher.region or "Italia")),
        )
        return this

    def _time(self, dataset: URIRef, year: int) -> URIRef:
        this = URIRef(f"{dataset}#periodo")
        self._say(
            this,
            (RDF.type, DCTERMS.PeriodOfTime),
            (SCHEMA.startDate, Literal(date(year, 1, 1))),
            (SCHEMA.endDate, Literal(date(year, 12, 31))),
        )
        return this

    def _licence(self) -> None:
        self._say(
            _CC_BY,
            (RDF.type, DCATAPIT.LicenseDocument),
            (RDF.type, DCTERMS.LicenseDocument),
            (DCTERMS.type, _ATTRIBUTION),
            (FOAF.name, _it("Creative Commons Attribuzione 4.0 Internazionale (CC BY 4.0)")),
            (OWL.versionInfo, Literal("4.0")),
            (OWL.sameAs, URIRef(LICENCE)),
        )

    def _at(self, path: str) -> URIRef:
        return URIRef(f"{self._base}{path}")

    def _say(self, subject: URIRef, *said: tuple[URIRef, URIRef | Literal]) -> None:
        for predicate, thing in said:
            self._graph.add((subject, predicate, thing))


def _it(text: str) -> Literal:
    return Literal(text, lang="it")


def _day(when: datetime) -> Literal:
    return Literal(when.astimezone(UTC).date())
