"""A synthetic year of a chosen number of pages, with every shape that real reports have.

It is a whole case, read and scored as one that a chamber sends: weighted and unweighted rows,
formulas over measures, dates that came late, values that are missing, rows struck and suspended,
a neutralisation, rows only watched, assessed results, boards of areas, individual sheets, and
tables that want a landscape page. Nothing in it depends on the moment or on chance.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.api.reports.snapshot import Freeze, ReportSource, freeze
from shared.contracts.case import Case
from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.snapshot import (
    Act,
    AmendmentView,
    ChamberCard,
    ReportSnapshot,
    TargetChangeView,
    TargetView,
)
from shared.domain.completeness import answerable
from shared.domain.deviations import deviations
from shared.domain.scoring import score
from shared.domain.workflow import PlanState, Standing
from tests.renderer.century_history import LOGO, history
from tests.renderer.century_words import OFFICES, SUBJECTS, VERBS, YEAR, impact, narratives, tables

BASE_PAGES = 38
"""Pages that do not depend on the number of objectives: cover, context, sheets, annexes."""

PAGES_OF_OBJECTIVE = 3.05
"""What a strategic objective adds: its own pages, those of what is below it, explanations."""

CARD = ChamberCard(
    code="ZZ",
    name="Camera di commercio di Prova",
    entity_code="ZZE",
    entity_name="Ente di prova",
    colour="#1f4e3d",
    logo_svg=LOGO,
)
PERSPECTIVES = (
    "Imprese e territorio",
    "Processi interni",
    "Crescita e apprendimento",
    "Economico-finanziaria",
)
POLICY = {
    "overall": {"kinds": ["perspective"]},
    "tolerance": {"level": "objective", "threshold": "95"},
    "rounding": {"indicator": 1, "objective": 1, "individual": 1, "overall": 2},
    "lights": [
        {"above": "90", "label": "green"},
        {"from": "70", "label": "yellow"},
        {"from": "0", "label": "red"},
    ],
    "judgements": [
        {"from": "91", "label": "eccellente"},
        {"from": "76", "label": "più che adeguato"},
        {"from": "60", "label": "adeguato"},
        {"from": "0", "label": "non adeguato"},
    ],
    "explain_below": "70",
    "explain_levels": ["objective"],
}

Row = dict[str, Any]


@cache
def snapshot(pages: int = 100) -> ReportSnapshot:
    """What the API would freeze of :func:`case`, and two amendments of the year."""
    year = case(pages)
    plan = plan_from_case(year)
    results = score(plan)
    units = {row.code: row.units for row in year.objectives}
    source = ReportSource(
        chamber=CARD,
        case=year,
        plan=plan,
        results=results,
        standing=Standing(state=PlanState.APPROVED, version=3),
        deviations=deviations(plan, results, answerable(plan, {}, units)),
    )
    facts = Freeze(
        report_id="019aa3c2-6f1e-7c3b-9b1a-0c5e8d2f4a62",
        version=2,
        kind="relazione",
        created_at=datetime(YEAR + 1, 6, 16, 9, 30, tzinfo=UTC),
        development=True,
        verification_url="https://ciclo.example.it/verifica/ZZ/019aa3c2",
        reason="Corretto il consuntivo di due obiettivi dopo l'approvazione del bilancio.",
    )
    frozen = freeze(source, facts)
    around = {"amendments": tuple(_amendments(year)), **history(frozen)}
    return frozen.model_copy(update=around)


@cache
def case(pages: int = 100) -> Case:
    """The year as a file; more pages are more strategic objectives."""
    return read_case(json.dumps(_Year(pages).document()).encode()).case


def _amendments(year: Case) -> Iterator[AmendmentView]:
    counts = [row for row in year.indicators if row.value_type == "number" and row.targets]
    for version in (2, 3):
        yield AmendmentView(
            version=version,
            act=Act(
                document="piano",
                organ="Giunta camerale",
                number=str(30 + version),
                date=f"{YEAR}-0{version + 4}-18",
            ),
            motivation="Il bando regionale è stato **rinviato** all'autunno: i valori attesi "
            "delle iniziative collegate sono ridotti in proporzione.",
            cause="exogenous",
            oiv_opinion="Favorevole, con l'invito a motivare ogni riduzione.",
            targets=tuple(
                TargetChangeView(
                    indicator=row.code,
                    title=row.title,
                    year=YEAR,
                    old=TargetView(op=">=", value="120"),
                    new=TargetView(op=">=", value=row.targets[str(YEAR)].value),
                    value_type="number",
                    unit=row.unit,
                )
                for row in counts[version * 3 : version * 3 + 3]
            ),
        )


class _Year:
    """Collects the rows of the case in the order of the file."""

    def __init__(self, pages: int) -> None:
        self.objectives: list[Row] = []
        self.measures: list[Row] = []
        self.indicators: list[Row] = []
        self.measurements: list[Row] = []
        self.narratives: list[Row] = narratives()
        self.deviations: list[Row] = []
        strategic = max(len(PERSPECTIVES), round((pages - BASE_PAGES) / PAGES_OF_OBJECTIVE))
        shares = _shares(strategic, len(PERSPECTIVES))
        number = 0
        for place, (title, share) in enumerate(zip(PERSPECTIVES, shares, strict=True), start=1):
            head = f"P{place}"
            weight = str(_shares(100, len(PERSPECTIVES))[place - 1])
            self._objective(head, "perspective", title, weight=weight)
            for within, weighed in enumerate(_shares(100, share), start=1):
                number += 1
                self._strategic(f"{head}.{within}", head, number, str(weighed))
        self._areas()
        self._boards()
        self._sheets()

    def document(self) -> Row:
        """The case, ready to be read."""
        return {
            "format": "ciclo/case@1",
            "chamber": CARD.code,
            "year": YEAR,
            "kind": "relazione",
            "acts": [
                {"document": "smvp", "organ": "Giunta camerale", "number": "7",
                 "date": f"{YEAR - 1}-12-10"},
                {"document": "piano", "organ": "Giunta camerale", "number": "12",
                 "date": f"{YEAR}-01-28"},
                {"document": "relazione", "organ": "Giunta camerale", "number": "58",
                 "date": f"{YEAR + 1}-06-14"},
            ],
            "policy": POLICY,
            "objectives": self.objectives,
            "measures": self.measures,
            "indicators": self.indicators,
            "measurements": self.measurements,
            "evaluations": [
                {"scope": "chamber", "indicator": "P1.1.2", "effect": "exclude",
                 "cause": "exogenous", "reason": "Evento annullato per causa non imputabile."},
                {"scope": "DIR1", "indicator": "P2.1.1", "effect": "exclude",
                 "cause": "exogenous", "reason": "Fuori dal controllo del dirigente."},
            ],
            "deviations": self.deviations,
            "analyses": [
                {"objective": f"P{place}", "issues": "Personale in calo e pratiche in aumento.",
                 "opportunities": "- servizi in rete;\n- sportelli comuni con altri enti.",
                 "corrective_actions": "Turni, formazione e **due** concorsi."}
                for place in range(1, len(PERSPECTIVES) + 1)
            ],
            "judgements": [
                {"objective": "P1.1", "text": "Risultato **chiaro** e ben documentato.",
                 "evaluated": "88"},
                {"objective": "DIR1", "text": "Obiettivi coerenti con l'incarico."},
            ],
            "overall_judgement": {
                "label": "adeguato",
                "text": "L'anno conferma la tenuta dei servizi e la capacità di spesa.",
                "motivation": "Alcuni obiettivi restano lontani dal valore atteso.",
                "proposed": "più che adeguato",
                "measured": "80",
                "final": True,
            },
            "narratives": self.narratives,
            "tables": tables(),
        }  # fmt: skip

    def _objective(self, code: str, kind: str, title: str, **more: Any) -> None:  # noqa: ANN401 - fields of a row
        row = {"code": code, "kind": kind, "parent": None, "title": title} | more
        self.objectives.append(row)

    def _strategic(self, code: str, parent: str, number: int, weight: str) -> None:
        subject = SUBJECTS[number % len(SUBJECTS)]
        budget, spent = 40_000 + 7_350 * number, 36_500 + 7_100 * number
        self._objective(
            code,
            "strategic_objective",
            f"{VERBS[number % len(VERBS)]} {subject}",
            parent=parent,
            weight=weight,
            aggregate="indicators",
            programme=f"0{number % 9 + 1} - Competitività delle imprese",
            units=[OFFICES[number % len(OFFICES)], OFFICES[(number + 2) % len(OFFICES)]],
            tags=["PIRA"] if number % 2 else ["PIRA", "PTPCT"],
            resources=[
                {"type": "budget", "year": YEAR, "initial": f"{budget - 5000}.00",
                 "changes": "5000.00", "budgeted": f"{budget}.00", "committed": f"{spent}.00",
                 "actual": f"{spent}.45", "available": f"{budget - spent}.00", "currency": "EUR"},
                *([{"type": "proventi", "year": YEAR, "budgeted": "12000.00", "currency": "EUR"}]
                  if number % 4 == 0 else []),
            ],
        )  # fmt: skip
        self.narratives.append({"objective": code, "text": impact(number)})
        for place, share in enumerate(_shares(100, 2), start=1):
            self._indicator(f"{code}.{place}", code, number + place, weight=str(share))
        self._watched(f"{code}.9", code, number)
        for place in (1, 2):
            self._operational(f"{code}.O{place}", code, number * 2 + place)
        if number % 9 == 0:
            self.deviations.append(
                {"objective": code, "cause": "endogenous",
                 "explanation": "La gara è andata deserta ed è stata ripetuta in autunno.",
                 "corrective_action": "Capitolato rivisto e pubblicato entro marzo."}
            )  # fmt: skip

    def _operational(self, code: str, parent: str, number: int) -> None:
        subject = SUBJECTS[number % len(SUBJECTS)]
        dates = {"starts": f"{YEAR}-03-01", "ends": f"{YEAR}-11-30"} if number % 3 == 0 else {}
        self._objective(
            code,
            "operational_objective",
            f"Iniziative dell'anno per {subject}",
            parent=parent,
            units=[OFFICES[number % len(OFFICES)]],
            responsible="Dirigente dell'Area",
            **dates,
        )
        for place, share in enumerate(_shares(100, 2), start=1):
            self._indicator(f"{code}.{place}", code, number + place, weight=str(share))

    def _areas(self) -> None:
        strategic = [o["code"] for o in self.objectives if o["kind"] == "strategic_objective"]
        titles = ("Competitività", "Regole e trasparenza", "Efficienza dell'ente")
        for place, title in enumerate(titles):
            self._objective(
                f"A{place + 1}", "strategic_area", title, members=strategic[place :: len(titles)]
            )

    def _boards(self) -> None:
        for place, office in enumerate(OFFICES[:3], start=1):
            self._objective(f"AREA-{place}", "area", f"Area {place} - {office}", units=[office])
            for within in (1, 2, 3):
                code = f"AREA-{place}.{within}"
                title = f"Presidiare {SUBJECTS[(place + within) % len(SUBJECTS)]}"
                self._objective(code, "area_objective", title, parent=f"AREA-{place}")
                for row in (1, 2):
                    self._indicator(f"{code}.{row}", code, place * 5 + within + row)
        self._objective("E1", "entity_objective", "Pagare i fornitori nei termini")
        self._ratio("E1.1", "E1", 3)
        self._objective("E2", "entity_objective", "Ridurre il carico amministrativo")
        self.measurements.append(
            {"objective": "E2", "result": "82.5", "status": "measured",
             "note": "Valutazione della Giunta."}
        )  # fmt: skip

    def _sheets(self) -> None:
        sheets = ("Segretario generale", "Dirigente dell'Area 1", "Dirigente dell'Area 2")
        for place, title in enumerate(sheets):
            head = f"DIR{place}" if place else "SG"
            self._objective(head, "individual", title)
            for within, weight in enumerate((60, 40), start=1):
                code = f"{head}.{within}"
                self._objective(
                    code,
                    "individual_objective",
                    f"Obiettivo {within} dell'incarico di {title.lower()}",
                    parent=head,
                    weight=str(weight),
                )
                for row, share in enumerate(_shares(100, 2), start=1):
                    number = place * 7 + within * 3 + row
                    self._indicator(f"{code}.{row}", code, number, weight=str(share))

    def _indicator(self, code: str, objective: str, number: int, **more: str) -> None:
        """One row, of the eight kinds in turn."""
        kinds = (
            *(self._count, self._share, self._date, self._ratio),
            *(self._boolean, self._days, self._unavailable, self._assessed),
        )
        kinds[number % len(kinds)](code, objective, number)
        self.indicators[-1] |= more | {"source_office": OFFICES[number % len(OFFICES)]}

    def _row(
        self,
        code: str,
        objective: str,
        title: str,
        value_type: str,
        target: Row | None,
        **more: Any,  # noqa: ANN401 - fields of a row
    ) -> None:
        targets = {} if target is None else {str(YEAR): target}
        row = {"code": code, "objective": objective, "title": title, "value_type": value_type}
        self.indicators.append(row | more | {"targets": targets})

    def _value(self, code: str, value: str | None, status: str = "measured", **more: str) -> None:
        given = {} if value is None else {"value": value}
        self.measurements.append({"indicator": code, **given, "status": status} | more)

    def _count(self, code: str, objective: str, number: int) -> None:
        expected, reached = 80 + number % 40, 60 + number * 7 % 80
        self._row(code, objective, "Imprese assistite nell'anno", "number",
                  {"op": ">=", "value": str(expected)}, unit="N.", direction="up",
                  typology="Volume")  # fmt: skip
        self._value(code, str(reached), value_text=f"n. {reached} imprese, di cui 12 nuove")

    def _share(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Grado di rispetto della Carta dei servizi", "percent",
                  {"op": ">=", "value": "95"}, unit="%", decimals=1, direction="up",
                  formula_text="standard rispettati / standard previsti * 100",
                  typology="Qualità", baseline="93.5")  # fmt: skip
        self._value(code, f"{88 + number % 12}.{number % 10}")

    def _date(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Avvio dello sportello rinnovato", "date",
                  {"op": "<=", "value": f"{YEAR}-06-30"}, direction="date")  # fmt: skip
        self._value(code, f"{YEAR}-0{6 + number % 3}-1{number % 10}")

    def _ratio(self, code: str, objective: str, number: int) -> None:
        above, below = f"M{code}-a", f"M{code}-b"
        for name, title in ((above, "Fatture pagate nei termini"), (below, "Fatture ricevute")):
            self.measures.append({"code": name, "title": title, "unit": "N.", "aggregation": "sum"})
        for place, period in enumerate(("Q1", "Q2", "Q3")):
            self.measurements += [
                {"measure": above, "year": YEAR, "period": period,
                 "value": str(240 + 17 * place + number)},
                {"measure": below, "year": YEAR, "period": period, "value": str(300 + number)},
            ]  # fmt: skip
        self._row(code, objective, "Fatture pagate entro trenta giorni", "percent",
                  {"op": ">=", "value": "90"}, unit="%", decimals=2, direction="up",
                  formula=f"[{above}] / [{below}] * 100", typology="Efficienza")  # fmt: skip

    def _boolean(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Relazione sulle attività consegnata", "boolean",
                  {"op": "=", "value": "true"}, direction="boolean")  # fmt: skip
        self._value(code, "true" if number % 16 < 12 else "false")

    def _days(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Tempo medio di lavorazione delle pratiche", "days",
                  {"op": "<=", "value": "5"}, unit="gg", decimals=1, direction="down")  # fmt: skip
        self._value(code, f"{3 + number % 4}.{number % 10}")

    def _unavailable(self, code: str, objective: str, number: int) -> None:
        status = ("missing", "struck", "suspended")[number // 8 % 3]
        self._row(code, objective, "Partecipanti alle fiere di settore", "number",
                  {"op": ">=", "value": "40"}, unit="N.", direction="up")  # fmt: skip
        self._value(code, None, status, note="Iniziativa non svolta.")

    def _assessed(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Corsi svolti come da programma", "text", None)
        self.measurements.append(
            {"indicator": code, "result": str(70 + number % 4 * 10), "status": "measured",
             "value_text": f"n. {9 + number % 5} corsi svolti, con prova finale"}
        )  # fmt: skip

    def _watched(self, code: str, objective: str, number: int) -> None:
        self._row(code, objective, "Valore delle esportazioni della provincia", "currency", None,
                  unit="EUR", monitoring_only=True)  # fmt: skip
        self._value(code, f"{1_204_300 + 9_871 * number}.50")


def _shares(whole: int, parts: int) -> list[int]:
    """``whole`` in ``parts`` whole numbers, as even as can be, the larger first."""
    low, rest = divmod(whole, parts)
    return [low + 1] * rest + [low] * (parts - rest)
