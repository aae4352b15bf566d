"""The page that the QR code of a document leads to: what was published, and how to compare."""

from services.api.publications import addresses
from services.api.publications.pages import templates
from services.api.reports.views import designation
from services.api.verifications.recognition import Recognised
from services.api.verifications.views import standing
from services.api.verifications.words import sentences, title
from shared.domain.italian import of_the

_HERE = "services.api.verifications"


def document_page(base: str, found: Recognised) -> bytes:
    """The page of a published document."""
    name = f"Verifica: {title(found)}, versione {found.row.version}"
    up = [
        ("Amministrazione trasparente", addresses.SITE),
        (f"Performance {of_the(found.issued.chamber_name)}", addresses.chamber_page(found.chamber)),
        ("Documento", addresses.version_page(found.chamber, found.row.report_id)),
    ]
    return _page(
        base,
        addresses.verification_page(found.chamber, found.row.report_id),
        found=found,
        title=name,
        up=up,
        titles={item.office: item.title for item in standing(found)},
        signatures=standing(found),
        summary=sentences(found, None, "it"),
        newest=addresses.permanent_of(found.chamber, designation(found.row))
        if found.row.version < found.issued.latest_version
        else None,
    )


def unknown_page(base: str, chamber: str, report_id: str) -> bytes:
    """The page of what is not published, whether or not there is such a document."""
    return _page(
        base,
        addresses.verification_page(chamber, report_id),
        found=None,
        title="Verifica di un documento",
        up=[("Amministrazione trasparente", addresses.SITE)],
    )


def _page(base: str, path: str, **values: object) -> bytes:
    template = templates(_HERE).get_template("verification.html.j2")
    return template.render(base=base, path=path, **values).encode()
