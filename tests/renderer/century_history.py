"""What stands around the synthetic year: three years before it, steps, documents, a layout."""

from decimal import Decimal
from typing import Any

from shared.contracts.document_layout import LayoutView, OwnSection
from shared.contracts.snapshot import IndicatorView, ReportSnapshot
from shared.contracts.snapshot_history import PastFigure, RegisterRow, StepView, TrendView

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60">'
    '<rect width="120" height="60" rx="6" fill="#e8efe9"/>'
    '<path d="M12 46 L36 14 L60 46 Z" fill="#1f4e3d"/>'
    '<circle cx="86" cy="30" r="16" fill="#8fb39f"/>'
    "</svg>"
)
BACK = (3, 2, 1)
"""Years before; the middle one has no result for some rows."""


def history(year: ReportSnapshot) -> dict[str, Any]:
    """Fields of the snapshot that tell what stands around its year."""
    return {
        "trends": tuple(_trends(year)),
        "steps": _steps(year.year),
        "cycle_documents": _documents(year.year),
        "layout": LayoutView(
            titles={"2": "Il contesto e le persone"},
            own=(OwnSection(section="qualita", title="La qualità dei servizi"),),
            accent_colour="#2c6e5a",
        ),
    }


def _trends(year: ReportSnapshot) -> list[TrendView]:
    found = [TrendView(subject="overall", code="overall", past=_results(year, "82.10", 7))]
    found += [
        TrendView(subject="objective", code=row.code, past=_results(year, row.figure.shown, place))
        for place, row in enumerate(year.objectives)
        if row.figure.shown is not None and row.kind in {"perspective", "strategic_objective"}
    ]
    found += [
        TrendView(subject="indicator", code=row.code, past=_values(year, row, place))
        for place, row in enumerate(year.indicators)
        if row.value_type in {"number", "percent", "days", "currency"}
    ]
    return found


def _results(year: ReportSnapshot, now: str | None, place: int) -> tuple[PastFigure, ...]:
    shown = Decimal(now or "80")
    return tuple(
        PastFigure(
            year=year.year - back,
            shown=str(max(shown - (place + back) % 11, Decimal(0))),
            light="green" if shown > 90 else "yellow",
        )
        for back in BACK
    )


def _values(year: ReportSnapshot, row: IndicatorView, place: int) -> tuple[PastFigure, ...]:
    value = Decimal(row.value or "50")
    past = []
    for back in BACK:
        if place % 13 == 5 and back == BACK[1]:
            past.append(PastFigure(year=year.year - back, reason="missing"))
            continue
        share = Decimal(100 - (place + back) % 9) / 100
        figure = str((value * share).quantize(Decimal("0.1")))
        past.append(PastFigure(year=year.year - back, value=figure, shown="90", light="yellow"))
    return tuple(past)


def _steps(year: int) -> tuple[StepView, ...]:
    return (
        StepView(step="plan_approved", who="Giunta camerale", due=f"{year}-01-31",
                 done=f"{year}-01-28"),
        StepView(step="plan_amended", version=2, who="Giunta camerale", done=f"{year}-06-18"),
        StepView(step="period_collected", period="Q1", due=f"{year}-05-15", done=f"{year}-05-14"),
        StepView(step="period_collected", period="Q2", due=f"{year}-09-16"),
        StepView(step="period_collected", period="Y", due=f"{year + 1}-01-15"),
        StepView(step="report_approved", who="Giunta camerale", due=f"{year + 1}-06-30",
                 done=f"{year + 1}-06-14"),
        StepView(step="report_validated", due=f"{year + 1}-06-30"),
    )  # fmt: skip


def _documents(year: int) -> tuple[RegisterRow, ...]:
    return (
        RegisterRow(document="smvp", year=year, organ="Giunta camerale", number="7",
                    date=f"{year - 1}-12-10"),
        RegisterRow(document="piano", year=year, version=1, organ="Giunta camerale", number="12",
                    date=f"{year}-01-28", sha256="3f" * 32),
        RegisterRow(document="relazione", year=year, version=1, date=f"{year + 1}-06-14",
                    sha256="9a" * 32,
                    url="https://ciclo.example.it/verifica/ZZ/019aa3c2-6f1e-7c3b"),
    )  # fmt: skip
