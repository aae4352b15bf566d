"""Decisions of the OIV for the tests of the renderer."""

from services.api.reports.validation_document import as_decided
from shared.contracts.snapshot import Act, ReportSnapshot
from shared.contracts.snapshot_validation import DecidedDocument, ValidationView
from shared.contracts.validation_checks import validation_checks
from tests.renderer import snapshots

PDF_SHA256 = "ab" * 32


def decision(**changes: object) -> ReportSnapshot:
    """The OIV validates the report of Pisa on a condition; ``changes`` are of the decision."""
    report = snapshots.pisa()
    view = ValidationView(
        outcome="validated",
        date="2021-06-28",
        number="7",
        conditions="Nel prossimo piano i target dei servizi digitali siano **più alti**.",
        remarks="- dati completi;\n- tempi rispettati.",
        document=DecidedDocument(
            report_id=report.report_id,
            kind="relazione",
            year=report.year,
            version=2,
            pdf_sha256=PDF_SHA256,
            snapshot_sha256="cd" * 32,
            verification_url=report.verification_url,
            approval=Act(
                document="relazione", organ="Giunta camerale", number="43", date="2021-06-16"
            ),
        ),
        checks=validation_checks(report),
    )
    fields = dict(as_decided(report)) | {
        "kind": "validazione",
        "validation": view.model_copy(update=changes),
        "layout": None,
        "steps": (),
        "cycle_documents": (),
    }
    return report.model_copy(update=fields)


def refusal() -> ReportSnapshot:
    """The OIV does not validate it."""
    said = {
        "outcome": "refused",
        "conditions": None,
        "remarks": None,
        "reason": "Due scostamenti non hanno una causa.",
    }
    return decision(**said)
