"""Who signs when: in order, different persons, each office once."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.problem_table import PROBLEMS
from shared.domain.signatures import Standing, next_office, refusal, standings

OFFICES = ("segretario_generale", "presidente", "revisori")
PEOPLE = ("anna", "bruno", "carla")


def test_one_after_the_other() -> None:
    assert next_office(OFFICES, {}) == "segretario_generale"
    assert next_office(OFFICES, {"segretario_generale": "anna"}) == "presidente"
    assert next_office(OFFICES, dict(zip(OFFICES, PEOPLE, strict=True))) is None
    assert next_office((), {}) is None


def test_every_refusal_is_told() -> None:
    made = {"segretario_generale": "anna"}
    found = [
        refusal(OFFICES, made, office, person)
        for office, person in (
            ("tesoriere", "bruno"),
            ("segretario_generale", "bruno"),
            ("revisori", "bruno"),
            ("presidente", "anna"),
            ("presidente", "bruno"),
        )
    ]
    assert found == [
        "office_not_expected",
        "signature_already_made",
        "signature_not_next",
        "signer_signed_already",
        None,
    ]
    assert {code for code in found if code} <= set(PROBLEMS)


@given(st.lists(st.tuples(st.sampled_from((*OFFICES, "altro")), st.sampled_from(PEOPLE))))
def test_whatever_is_tried_the_order_holds(attempts: list[tuple[str, str]]) -> None:
    made: dict[str, str] = {}
    for office, person in attempts:
        if refusal(OFFICES, made, office, person) is None:
            made[office] = person
    assert tuple(made) == OFFICES[: len(made)]
    assert len(set(made.values())) == len(made)
    shown = standings(OFFICES, made, open_now=True)
    assert [office for office, at in shown.items() if at is Standing.NEXT] == [
        *OFFICES[len(made) : len(made) + 1]
    ]
    closed = standings(OFFICES, made, open_now=False)
    assert Standing.NEXT not in closed.values()
