import pytest

from services.api.cli.display import figure_text
from services.api.cli.results import exact_figures, target_cell, value_cell


@pytest.fixture(autouse=True)
def _italian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_LANG", "it")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, "-"),
        ("true", "SI"),
        ("false", "NO"),
        ("22500", "22500"),
        ("-7.01", "-7,01"),
        ("88.88888888888888888888888889", "88,8889"),
        ("99.99999", "100"),
        ("2020-09-16", "2020-09-16"),
        ("[n. 13 corsi]", "\\[n. 13 corsi]"),
    ],
)
def test_values(value: str | None, cell: str) -> None:
    assert value_cell(value) == cell


def test_values_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_LANG", "en")
    assert (value_cell("1.50"), value_cell("true"), figure_text("94.9")) == ("1.50", "true", "94.9")


@pytest.mark.parametrize(
    ("target", "cell"),
    [
        (None, "-"),
        ({"op": ">=", "value": "12.5", "value2": None}, ">= 12,5"),
        ({"op": "between", "value": "1", "value2": "2.5"}, "1-2,5"),
    ],
)
def test_targets(target: dict[str, str] | None, cell: str) -> None:
    assert target_cell(target) == cell


def test_exact_figures_are_the_recognised_ones_in_order() -> None:
    def row(code: str, measured: str | None, recognised: str | None) -> dict[str, object]:
        return {"code": code, "figure": {"measured": measured, "recognised": recognised}}

    document = {
        "revision": 7,
        "plan_version": 2,
        "plan_state": "approved",
        "overall": {"recognised": "94.883", "shown": "94.9", "judgement": "eccellente"},
        "objectives": [row("B", "91", "100"), row("A", "67.5", "67.5")],
        "indicators": [row("B.1", None, None)],
    }
    found = exact_figures(document)
    assert found == {
        "revision": 7,
        "plan_version": 2,
        "plan_state": "approved",
        "overall": "94.883",
        "shown": "94.9",
        "judgement": "eccellente",
        "objectives": {"B": "100", "A": "67.5"},
        "indicators": {"B.1": None},
    }
    assert list(found["objectives"]) == ["B", "A"]
