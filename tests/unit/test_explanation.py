"""The sentence of a figure carries the arithmetic that gives it."""
# ruff: noqa: RUF001 - sentences carry the signs of arithmetic as they are printed

from pathlib import Path

import pytest

from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import explanation_view, titles_of
from shared.domain.explanation import Explainer
from shared.domain.scoring import score


@pytest.fixture(scope="module")
def explainer() -> Explainer:
    raw = (Path(__file__).parent.parent / "cases" / "pisa-2020.json").read_bytes()
    plan = plan_from_case(read_case(raw).case)
    return Explainer(plan, score(plan))


@pytest.mark.parametrize(
    ("code", "scope", "text"),
    [
        ("overall", None, "Media semplice: (91,893056… + 100 + 100 + 87,64) / 4 = 94,883264…%."),
        (
            "D2.2",
            None,
            (
                "Formula [920] / [950] * 100 con [920] = 792, [950] = 22.500: valore 3,52, "
                "atteso ≥ 20: non raggiunto; 1 − (20 − 3,52) / 20 = 17,6%."
            ),
        ),
        ("A4.6", None, "Valore NO, atteso SÌ: non raggiunto; risultato = 0%."),
        (
            "A7.4",
            None,
            "Valore 16/09/2020, atteso entro il 30/09/2020: raggiunto; risultato = 100%.",
        ),
        ("D2", None, "Media ponderata: (50 × 100 + 50 × 17,6) / 100 = 58,8%."),
        ("A1.4", None, "Valore 0,87: solo monitoraggio, senza target."),
    ],
)
def test_sentences(explainer: Explainer, code: str, scope: str | None, text: str) -> None:
    assert explainer.explain(code, scope).text == text


def test_a_neutralised_row_is_named_with_the_reason(explainer: Explainer) -> None:
    explanation = explainer.explain("A4", "SG")
    assert "Escluso A4.6: sterilizzato dall'OIV (OIV: the open-air" in explanation.text
    row = next(c for c in explanation.contributions if c.code == "A4.6")
    assert row.exclusion == "neutralised"


def test_the_measures_of_a_formula_are_listed_with_their_year(explainer: Explainer) -> None:
    view = explanation_view(explainer.explain("A6.3"), titles_of(explainer.plan))
    assert [(m.code, m.year, m.value) for m in view.measures] == [
        ("699", 2020, "40"),
        ("699", 2019, "40"),
    ]


def test_an_unknown_code_is_a_key_error(explainer: Explainer) -> None:
    with pytest.raises(KeyError):
        explainer.explain("nowhere")
