import pytest

from services.api.cli.failures import CommandFailedError
from services.api.cli.periods import exceptions_from


def test_exceptions_name_a_datum_and_carry_the_reason() -> None:
    given = ["measure:694@Q1", "measure:T_medi_C1.1.1", "indicator:A1.1", "objective:A2"]
    assert exceptions_from(given, "Sede chiusa.") == [
        {
            "subject_kind": "measure",
            "subject_code": "694",
            "period": "Q1",
            "reason": "Sede chiusa.",
        },
        {
            "subject_kind": "measure",
            "subject_code": "T_medi_C1.1.1",
            "reason": "Sede chiusa.",
        },
        {"subject_kind": "indicator", "subject_code": "A1.1", "reason": "Sede chiusa."},
        {"subject_kind": "objective", "subject_code": "A2", "reason": "Sede chiusa."},
    ]
    assert exceptions_from([], None) == []


@pytest.mark.parametrize(
    ("without", "reason"),
    [(["measure:694"], None), ([], "Perché sì."), (["694"], "x"), (["unit:A"], "x")],
)
def test_exceptions_that_say_too_little(without: list[str], reason: str | None) -> None:
    with pytest.raises(CommandFailedError):
        exceptions_from(without, reason)
