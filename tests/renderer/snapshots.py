"""Realistic snapshots without the API: a small one, Pisa 2020, a synthetic long one.

Figures are the published ones (or invented): documents format, so the tests of the renderer
need plausible figures, not computed ones.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.contracts.snapshot import (
    Act,
    AmendmentView,
    AnalysisView,
    ChamberCard,
    Contribution,
    DeviationView,
    EvaluationView,
    Explanation,
    FieldChangeView,
    Figure,
    IndicatorView,
    JudgementView,
    NarrativeView,
    ObjectiveView,
    OverallJudgementView,
    PolicyView,
    ReportSnapshot,
    Resource,
    TableView,
    TargetChangeView,
    TargetView,
    UsedMeasure,
)

CASES = Path(__file__).resolve().parents[1] / "cases"
PISA = ChamberCard(
    code="PI",
    name="Camera di commercio di Pisa",
    entity_code="TNO",
    entity_name="Camera di commercio della Toscana Nord-Ovest",
)
POLICY = PolicyView(
    cap="100",
    missing="exclude",
    overall_kinds=("perspective",),
    rounding={"indicator": 0, "objective": 0, "individual": 1, "overall": 1},
    lights=(("above", "90", "green"), ("from", "70", "yellow"), ("from", "0", "red")),
    judgements=(
        ("from", "91", "eccellente"),
        ("from", "81", "più che adeguato"),
        ("from", "71", "pienamente adeguato"),
        ("from", "60", "non pienamente adeguato"),
        ("from", "0", "non adeguato"),
    ),
    explain_below="70",
)
IMPACT = """Nel corso dell'anno la Camera ha **confermato** gli interventi programmati,
adattandoli alle restrizioni: gli incontri si sono svolti in buona parte a distanza.

### Impatto

- imprese assistite: 1.204, il 4% in più dell'anno precedente;
- incontri individuali: 318, di cui 211 a distanza;
- soddisfazione media 4,3 su 5.

I risultati sono coerenti con quanto indicato nel programma pluriennale. Le azioni sospese
saranno riprese nell'anno successivo, con le stesse risorse.
"""


EVALUATION: dict[str, Any] = {
    "deviations": (
        DeviationView(
            subject_kind="objective",
            subject="A4",
            title="Turismo e valorizzazione del territorio",
            scope="chamber",
            result="67.572222222222222222",
            owners=("Promozione", "Turismo"),
            cause="exogenous",
            explanation="Il festival è stato **annullato** dalle restrizioni di ottobre.",
            corrective_action="Edizione diffusa, con prenotazione, dal 2021.",
        ),
        DeviationView(
            subject_kind="objective",
            subject="D2",
            title="Valorizzazione del patrimonio",
            scope="chamber",
            result="58.8",
        ),
    ),
    "analyses": (
        AnalysisView(
            objective="A",
            issues="Incontri in presenza fermi per otto mesi.",
            opportunities="- incontri a distanza\n- costi di viaggio più bassi",
        ),
    ),
    "judgements": (
        JudgementView(objective="A4", text="Risultato **comprensibile** nel contesto.",
                      evaluated="85"),
    ),
    "overall_judgement": OverallJudgementView(
        label="più che adeguato",
        text="Anno di tenuta, con servizi mantenuti a distanza.",
        motivation="Due obiettivi su tredici restano lontani dal valore atteso.",
        proposed="eccellente",
        measured="94.883333333333333333",
        final=True,
    ),
    "amendments": (
        AmendmentView(
            version=2,
            act=Act(document="piano", organ="Commissario straordinario", number="61",
                    date="2020-07-20"),
            motivation="Gli sportelli sono rimasti chiusi per legge fino a maggio.",
            cause="exogenous",
            oiv_opinion="Favorevole.",
            targets=(
                TargetChangeView(
                    indicator="A1.1",
                    title="Imprese assistite",
                    year=2020,
                    old=TargetView(op=">=", value="80.00"),
                    new=TargetView(op=">=", value="64.00"),
                    value_type="percent",
                    unit="%",
                ),
            ),
            changes=(
                FieldChangeView(section="objectives", code="A4", title="Turismo",
                                change="changed", name="weight", old="30.00", new="25.00"),
                FieldChangeView(section="indicators", code="A4.9", title="Fiera",
                                change="removed"),
            ),
        ),
    ),
}  # fmt: skip
"""What the evaluation of a year says: one of each thing, and one explanation still owed."""


def light(shown: str | None) -> str | None:
    """The light of POLICY for a shown figure."""
    if shown is None:
        return None
    value = Decimal(shown)
    return "green" if value > 90 else "yellow" if value >= 70 else "red"


def figure(shown: str | None, reason: str | None = None, judgement: str | None = None) -> Figure:
    """A figure whose exact value is the shown one."""
    return Figure(
        measured=shown,
        recognised=shown,
        shown=shown,
        light=light(shown),
        judgement=judgement,
        reason=reason if shown is None else None,
    )


def pisa(*, development: bool = True, narratives: bool = True) -> ReportSnapshot:
    """Pisa 2020: about a hundred indicators, three individual sheets, four tables."""
    case = json.loads((CASES / "pisa-2020.json").read_text("utf-8"))
    published = case["published"]
    by_code = {item["code"]: item for item in case["objectives"]}
    values = {m["indicator"]: m for m in case["measurements"] if "indicator" in m}
    indicators = tuple(_indicator(item, published, values) for item in case["indicators"])
    objectives = tuple(
        _objective(item, by_code, case, published, narratives=narratives)
        for item in _document_order(case["objectives"])
    )
    scopes = {item.code: item.scope for item in objectives}
    return ReportSnapshot(
        report_id="0198c3f2-6f10-7cc3-98c4-dc0c0c07398f",
        version=1,
        kind="relazione",
        year=2020,
        chamber=PISA,
        created_at="2021-06-16T09:30:00Z",
        development=development,
        verification_url="http://localhost:8420/v/0198c3f2-6f10-7cc3-98c4-dc0c0c07398f",
        plan_revision=7,
        acts=tuple(Act(**act) for act in case["acts"]),
        policy=POLICY,
        overall=Figure(
            measured="94.883333333333333333",
            recognised="94.883333333333333333",
            shown="94.9",
            light="green",
            judgement="eccellente",
        ),
        objectives=objectives,
        indicators=indicators,
        evaluations=tuple(
            EvaluationView(
                scope=item["scope"],
                subject=item["indicator"],
                effect=item["effect"],
                cause=item["cause"],
                reason="Evento annullato dalle restrizioni sanitarie di ottobre 2020, "
                "causa fuori dal controllo del dirigente.",
            )
            for item in case["evaluations"]
        ),
        narratives=(
            NarrativeView(
                section="1",
                text="Il 2020 è stato segnato dall'emergenza sanitaria: la Camera ha riorientato "
                "gli interventi verso il sostegno immediato alle imprese.",
            ),
            NarrativeView(section="2", text=IMPACT),
        )
        if narratives
        else (),
        tables=tuple(TableView(**table) for table in case["tables"]),
        **EVALUATION,
        explanations=tuple(_explanations(indicators, objectives, scopes)),
    )


def _document_order(objectives: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered: list[dict[str, Any]] = []

    def place(parent: str | None) -> None:
        for item in objectives:
            if item["parent"] == parent:
                ordered.append(item)
                place(item["code"])

    place(None)
    return ordered


def _scope(item: dict[str, Any], by_code: dict[str, dict[str, Any]]) -> str:
    while item["parent"] is not None:
        item = by_code[item["parent"]]
    return str(item["code"]) if item["kind"] == "individual" else "chamber"


def _depth(item: dict[str, Any], by_code: dict[str, dict[str, Any]]) -> int:
    depth = 0
    while item["parent"] is not None:
        item, depth = by_code[item["parent"]], depth + 1
    return depth


def _objective(
    item: dict[str, Any],
    by_code: dict[str, dict[str, Any]],
    case: dict[str, Any],
    published: dict[str, Any],
    *,
    narratives: bool,
) -> ObjectiveView:
    strategic = item["kind"] == "strategic_objective"
    return ObjectiveView(
        code=item["code"],
        kind=item["kind"],
        parent=item["parent"],
        depth=_depth(item, by_code),
        title=item["title"],
        weight=item.get("weight"),
        programme=item.get("programme"),
        units=tuple(item.get("units", ())),
        tags=tuple(item.get("tags", ())),
        members=tuple(item.get("members", ())),
        resources=tuple(Resource(**resource) for resource in item.get("resources", ())),
        narrative=IMPACT if narratives and strategic else None,
        indicators=tuple(i["code"] for i in case["indicators"] if i["objective"] == item["code"]),
        figure=figure(published["objectives"].get(item["code"]), "nothing_counts"),
        scope=_scope(item, by_code),
    )


def _indicator(
    item: dict[str, Any], published: dict[str, Any], values: dict[str, Any]
) -> IndicatorView:
    monitoring = item.get("monitoring_only", False)
    target = item.get("targets", {}).get("2020")
    shown = published["indicators"].get(item["code"])
    measured = values.get(item["code"], {})
    value = measured.get("value") or (target["value"] if target and shown else None)
    return IndicatorView(
        code=item["code"],
        objective=item["objective"],
        title=item["title"],
        formula=item.get("formula"),
        formula_text=item.get("formula_text"),
        unit=item.get("unit"),
        value_type=item["value_type"],
        direction=item.get("direction"),
        weight=item.get("weight"),
        target=TargetView(**target) if target else None,
        monitoring_only=monitoring,
        source_office=item.get("source_office"),
        status="monitoring" if monitoring else "measured" if value else "missing",
        value=value,
        value_text=measured.get("value_text"),
        met=None if shown is None else Decimal(shown) == 100,
        figure=figure(shown, "monitoring" if monitoring else "missing"),
    )


def _explanations(
    indicators: tuple[IndicatorView, ...],
    objectives: tuple[ObjectiveView, ...],
    scopes: dict[str, str],
) -> list[Explanation]:
    made = [
        Explanation(
            code="overall",
            subject="overall",
            scope="chamber",
            rule="mean_of_kinds",
            text="Media delle quattro prospettive: (92 + 100 + 100 + 88) / 4 = 94,88.",
            measured="94.883333333333333333",
            recognised="94.883333333333333333",
        )
    ]
    made.extend(
        Explanation(
            code=objective.code,
            subject="objective",
            scope=objective.scope,
            title=objective.title,
            rule="weighted_mean",
            text=f"Media pesata di {len(objective.indicators)} indicatori con risultato.",
            measured=objective.figure.measured,
            recognised=objective.figure.recognised,
            contributions=tuple(
                Contribution(code=code, weight="20", share="0.2") for code in objective.indicators
            ),
            reason=objective.figure.reason,
        )
        for objective in objectives
    )
    made.extend(
        Explanation(
            code=item.code,
            subject="indicator",
            scope=scopes[item.objective],
            title=item.title,
            rule="at_least",
            text=f"Valore {item.value or 'non disponibile'} contro atteso "
            f"{item.target.value if item.target else 'nessuno'}: risultato "
            f"{item.figure.shown or 'non calcolato'}.",
            value=item.value,
            formula=item.formula,
            target=item.target,
            measured=item.figure.measured,
            recognised=item.figure.recognised,
            measures=(
                UsedMeasure(
                    code=f"M{item.code}",
                    title=f"Dato elementare di {item.title.lower()}",
                    year=2020,
                    value=item.value,
                    version=1,
                    validated_by="controllo di gestione",
                ),
            )
            if item.formula
            else (),
            reason=item.figure.reason,
        )
        for item in indicators
    )
    return made


def small(**changes: object) -> ReportSnapshot:
    """One perspective, two objectives, three indicators: renders in a second or two."""
    whole = pisa(narratives=False)
    kept = {"A", "A1", "A4", "D", "D2"}
    objectives = tuple(item for item in whole.objectives if item.code in kept)
    own = {code for item in objectives for code in item.indicators}
    content: dict[str, Any] = {
        "objectives": objectives,
        "indicators": tuple(item for item in whole.indicators if item.code in own),
        "explanations": tuple(item for item in whole.explanations if item.code in kept | own),
        "evaluations": (),
        "tables": whole.tables[:1],
        "narratives": (),
    }
    return whole.model_copy(update=content | changes)


def long(repeat: int = 3) -> ReportSnapshot:
    """A synthetic year of about sixty pages: Pisa's chamber tree repeated under new codes."""
    whole = pisa()
    objectives, indicators, explanations = (
        list(whole.objectives),
        list(whole.indicators),
        list(whole.explanations),
    )
    strategic = [item for item in whole.objectives if item.kind == "strategic_objective"]
    for copy in range(1, repeat):
        for item in strategic:
            code = f"{item.code}/{copy}"
            renamed = {name: f"{name}/{copy}" for name in item.indicators}
            objectives.append(
                item.model_copy(
                    update={"code": code, "indicators": tuple(renamed.values()), "members": ()}
                )
            )
            indicators.extend(
                row.model_copy(update={"code": renamed[row.code], "objective": code})
                for row in whole.indicators
                if row.code in renamed
            )
            explanations.extend(
                row.model_copy(update={"code": renamed[row.code]})
                for row in whole.explanations
                if row.code in renamed
            )
    return whole.model_copy(
        update={
            "objectives": tuple(objectives),
            "indicators": tuple(indicators),
            "explanations": tuple(explanations),
        }
    )
