"""Where what is published is found. Permanent: what is written here is linked from elsewhere."""

from services.api.publications.shelf import Document
from shared.domain.designation import Designation

SITE = "/amministrazione-trasparente"


def chamber_page(chamber: str) -> str:
    """The page that a chamber's site points to."""
    return f"{SITE}/{chamber}/performance"


def entity_page(entity: str) -> str:
    """The same for all chambers of an entity."""
    return f"{SITE}/enti/{entity}/performance"


def permanent(document: Document) -> str:
    """Leads to the version in force of this very document: what is cited, and its dataset."""
    return permanent_of(document.chamber, document.designation)


def permanent_of(chamber: str, document: Designation) -> str:
    """As :func:`permanent`, of a document known by its name."""
    place = f"{chamber_page(chamber)}/{document.year}/{document.kind}"
    return f"{place}/{document.mark}" if document.mark else place


def of_year(document: Document) -> str:
    """Leads to what holds now of its kind and year, which may be another document than this."""
    return f"{chamber_page(document.chamber)}/{document.year}/{document.kind}"


def document_page(document: Document) -> str:
    """One version of a document: what it is, its forms, its other versions."""
    return version_page(document.chamber, document.report_id)


def version_page(chamber: str, report_id: str) -> str:
    """As :func:`document_page`, of a version known by its id."""
    return f"{chamber_page(chamber)}/documenti/{report_id}"


def text_page(document: Document) -> str:
    """The document itself, to be read in a browser."""
    return f"{document_page(document)}/testo"


def resource(document: Document) -> str:
    """The document in the API; its PDF and its web page as they are kept lie below."""
    return f"/v1/publications/{document.chamber}/{document.report_id}"


def pdf(document: Document) -> str:
    """The signed PDF."""
    return f"{resource(document)}/pdf"


def data(document: Document, name: str) -> str:
    """A file of the document's data."""
    return f"{resource(document)}/data/{name}"


def verification(document: Document) -> str:
    """Where a copy is compared with the original."""
    return verification_page(document.chamber, document.report_id)


def verification_page(chamber: str, report_id: str) -> str:
    """As :func:`verification`, of a document known by its id."""
    return f"/verifica/{chamber}/{report_id}"


def chamber_catalogue(chamber: str, name: str) -> str:
    """The catalogue of a chamber's documents."""
    return f"/v1/publications/{chamber}/catalogue/{name}"


def entity_catalogue(entity: str, name: str) -> str:
    """The catalogue of an entity's documents."""
    return f"/v1/entities/{entity}/publications/catalogue/{name}"
