"""Long messages: applied in slices and portions, with the outcome of one that was not."""

from datetime import UTC, datetime

import pytest

from services.api.arrivals.repository import PORTION
from tests.api.system import Api
from tests.api.webhook_sender import (
    Inside,
    Sender,
    counts,
    measure,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

_CODES = ("m1", "m2", "m3")
_PERIODS = (
    "Q1",
    "Q2",
    "Q3",
    "S1",
    "S2",
    "T1",
    "T2",
    "T3",
    "T4",
    *(f"M{n:02}" for n in range(1, 13)),
)


async def test_the_last_word_of_a_long_message_stands_wherever_it_is_said(
    sender: Sender, inside: Inside
) -> None:
    """Every datum is said many times, in other portions too, before any of it was held."""
    data = [(code, period) for code in _CODES for period in _PERIODS]
    rounds = 2 * PORTION // len(data) + 2
    items = [
        measure(code, str(number), period=period, source_version=number)
        for number in range(1, rounds + 1)
        for code, period in data
    ]
    items.insert(PORTION + 7, measure("nessuna", "1"))
    assert len(items) > 2 * PORTION
    answer = await sender.send(*items, message_id="msg_long")
    assert counts(answer) == {
        "applied": len(items) - 1,
        "unchanged": 0,
        "superseded": 0,
        "quarantined": 1,
    }
    standing = await inside.rows(
        "SELECT m.value, m.versions_seen FROM measurements AS m"
        " JOIN plans AS p ON p.plan_id = m.plan_id AND p.year = 2030"
        " WHERE m.source_message = 'msg_long'"
    )
    assert standing == [{"value": str(rounds), "versions_seen": f"1-{rounds}"}] * len(data)
    history = await inside.rows(
        "SELECT 1 FROM measurement_versions AS v JOIN plans AS p"
        " ON p.plan_id = v.plan_id AND p.year = 2030 WHERE v.message_id = 'msg_long'"
    )
    assert len(history) == rounds * len(data)
    again = await sender.send(*items[: PORTION * 2])
    assert counts(again)["applied"] == 0


async def test_a_long_message_keeps_the_places_of_what_it_sets_apart(
    sender: Sender, inside: Inside
) -> None:
    wrong = {3: measure("nessuna", "1"), PORTION + 3: {"measure": "m1"}, 2 * PORTION: 7}
    items = [wrong.get(at, measure("m1", str(at), period="Q1")) for at in range(2 * PORTION + 5)]
    answer = await sender.send(*items, message_id="msg_apart", said=datetime.now(UTC))
    assert counts(answer)["quarantined"] == len(wrong)
    apart = await inside.rows(
        "SELECT position FROM quarantine WHERE message_id = 'msg_apart' ORDER BY position"
    )
    assert [row["position"] for row in apart] == sorted(wrong)


async def test_a_new_measure_is_known_to_the_next_message(api: Api, sender: Sender) -> None:
    """What is remembered of a plan holds until its structure changes."""
    assert counts(await sender.send(measure("nuova", "1")))["quarantined"] == 1
    path = "/v1/chambers/PI/plans/2030/measures"
    made = await api.call("POST", path, json={"code": "nuova", "title": "Nuova"})
    assert made.status_code == 201, made.text
    assert counts(await sender.send(measure("nuova", "1")))["applied"] == 1
