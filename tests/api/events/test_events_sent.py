"""Events to subscribers: signed, at least once, in order; receivers that misbehave."""

import asyncio
import dataclasses
import json
from datetime import timedelta
from typing import Any

import pytest

from services.api.subscriptions import sending
from services.api.subscriptions.sending import Sender
from shared.contracts.outgoing_events import event_model
from shared.domain.deliveries import RETRIES
from tests.api.receiver import Receiver, flood, hang, hang_up, status
from tests.api.subscribing import ADMINISTRATOR, Hours, Subscriber, change_results, subscribe
from tests.api.system import Api
from tests.api.webhook_sender import Inside

DAY = timedelta(days=1)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_message_says_what_happened_and_is_signed(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    await change_results(api)
    await hours.work()
    (message,) = receiver.messages
    event = message.verified(subscriber.secret)
    event_model("results.changed").model_validate(event)
    assert (event["type"], event["chamber"], event["subject"]) == (
        "results.changed",
        "LU",
        "plan/2030",
    )
    assert event["data"]["year"] == 2030
    (delivery,) = await subscriber.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    assert message.headers["webhook-id"] == delivery["event_id"]
    detail = await subscriber.get(f"/deliveries/{delivery['delivery_id']}")
    assert detail["body"] == message.body.decode()
    assert [(one["status"], one["failure"]) for one in detail["log"]] == [(204, None)]


async def test_only_what_was_asked_for_is_sent(api: Api, receiver: Receiver, hours: Hours) -> None:
    other = await subscribe(api, receiver.url(), "plan.approved", "period.closed")
    await change_results(api)
    await hours.work()
    assert receiver.messages == []
    assert await other.deliveries() == []
    await other.end()


async def test_events_of_one_subject_keep_their_order_when_one_fails(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    """The later ones of that plan wait; another plan's go on."""
    receiver.answers = [status(500)]
    await change_results(api, 2030)
    await hours.work()
    await change_results(api, 2030)
    await change_results(api, 2031)
    await hours.work()
    told = [(m.event["subject"], m.event["data"]["revision"]) for m in receiver.messages]
    assert [subject for subject, _ in told] == ["plan/2030", "plan/2031"]
    hours.wait(timedelta(seconds=6))
    await hours.work()
    told = [(m.event["subject"], m.event["data"]["revision"]) for m in receiver.messages]
    again, later = told[2:]
    assert again == told[0]
    assert later[1] == again[1] + 1
    assert receiver.messages[0].body == receiver.messages[2].body
    assert receiver.messages[0].headers["webhook-id"] == receiver.messages[2].headers["webhook-id"]


async def test_what_is_rolled_back_is_not_told(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    bad = {"measure": "nessuna", "year": 2030, "period": None, "value": "1"}
    path = "/v1/chambers/LU/plans/2030/measurements"
    answer = await api.call("POST", path, json={"measurements": [bad]})
    assert answer.status_code == 422
    await hours.work()
    assert receiver.messages == []


# --- receivers that misbehave ----------------------------------------------------------------


async def test_a_receiver_that_fails_is_asked_again_for_three_days(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    receiver.answers = [status(500)] * 10
    began = hours.clock.now()
    await change_results(api)
    await hours.work()
    for pause in RETRIES:
        assert (await subscriber.deliveries())[0]["state"] == "pending"
        hours.wait(pause * 0.99)
        before = len(receiver.messages)
        await hours.work()
        assert len(receiver.messages) == before  # not a moment early
        hours.wait(pause * 0.11 + timedelta(seconds=1))
        await hours.work()
        assert len(receiver.messages) == before + 1
    assert timedelta(hours=75) <= hours.clock.now() - began <= timedelta(hours=84)
    (delivery,) = await subscriber.deliveries()
    assert (delivery["state"], delivery["attempts"], len(receiver.messages)) == ("failed", 10, 10)

    answer = await api.call("POST", f"{subscriber.path}/replay", ADMINISTRATOR)
    assert answer.json() == {"deliveries": 1}
    await hours.work()
    (delivery,) = await subscriber.deliveries()
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 11)
    assert len({m.headers["webhook-id"] for m in receiver.messages}) == 1


async def test_500_for_an_hour_loses_nothing(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    receiver.answers = [status(500)] * 4
    for _ in range(5):
        await change_results(api)
    for _ in range(60):
        await hours.work()
        hours.wait(timedelta(minutes=3))
    told = [m.event["data"]["revision"] for m in receiver.messages[4:]]
    assert told == sorted(told)
    assert len(told) == 5
    assert {one["state"] for one in await subscriber.deliveries()} == {"delivered"}


async def test_retry_after_is_respected(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    receiver.answers = [status(503, "Retry-After: 3600")]
    await change_results(api)
    await hours.work()
    hours.wait(timedelta(minutes=59))
    await hours.work()
    assert len(receiver.messages) == 1
    hours.wait(timedelta(minutes=1, seconds=1))
    await hours.work()
    assert len(receiver.messages) == 2


async def test_410_ends_the_sending_and_keeps_what_waits(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    watching = await subscribe(api, receiver.url("/altro"), "subscription.disabled")
    receiver.answers = [status(410)]
    await change_results(api)
    await hours.work()
    await change_results(api)
    await hours.work()
    found = await subscriber.get()
    assert (found["standing"], found["disabled_reason"]) == ("disabled", "gone")
    assert [one["state"] for one in await subscriber.deliveries()] == ["failed", "pending"]
    told = [m for m in receiver.messages if m.path == "/altro"]
    assert [m.event["data"]["reason"] for m in told] == ["gone"]

    await subscriber.patch(paused=False)
    await hours.work()
    assert [one["state"] for one in await subscriber.deliveries()] == ["failed", "delivered"]
    await watching.end()


async def test_days_of_failure_end_the_sending(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours, inside: Inside
) -> None:
    receiver.answers = [status(500)] * 40
    for _ in range(8):
        await change_results(api)
        await hours.work()
        hours.wait(DAY)
    found = await subscriber.get()
    assert (found["standing"], found["disabled_reason"]) == ("disabled", "failing")
    asked = len(receiver.messages)
    hours.wait(DAY)
    await hours.work()
    assert len(receiver.messages) == asked
    lines = await inside.rows("SELECT detail FROM audit_log WHERE action='subscription.disabled'")
    assert {"reason": "failing"} in [json.loads(line["detail"]) for line in lines]

    receiver.answers = []
    await subscriber.patch(paused=False)
    await hours.work()
    assert [one["state"] for one in await subscriber.deliveries()] == ["delivered"] * 8


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (hang, (None, "timeout")),
        (hang_up, (None, "unreachable")),
        (status(302, "Location: http://127.0.0.1:1/"), (302, None)),
        (status(404), (404, None)),
    ],
    ids=["hangs", "hangs-up", "redirects", "not-found"],
)
async def test_anything_but_2xx_is_tried_again(
    api: Api,
    subscriber: Subscriber,
    receiver: Receiver,
    hours: Hours,
    monkeypatch: pytest.MonkeyPatch,
    answer: Any,  # noqa: ANN401 - how the receiver behaves
    expected: tuple[int | None, str | None],
) -> None:
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.5)
    receiver.answers = [answer]
    await change_results(api)
    await hours.work()
    (delivery,) = await subscriber.deliveries()
    assert delivery["state"] == "pending"
    detail = await subscriber.get(f"/deliveries/{delivery['delivery_id']}")
    assert [(one["status"], one["failure"]) for one in detail["log"]] == [expected]
    hours.wait(timedelta(seconds=6))
    await hours.work()
    assert (await subscriber.deliveries())[0]["state"] == "delivered"


async def test_a_long_answer_is_not_listened_to(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    receiver.answers = [flood]
    await change_results(api)
    await hours.work()
    assert (await subscriber.deliveries())[0]["state"] == "delivered"


async def test_a_private_address_is_not_reached(api: Api, receiver: Receiver, hours: Hours) -> None:
    """The name was fine when it was given; now it leads inside."""
    closed = dataclasses.replace(
        hours.parts, settings=hours.parts.settings.model_copy(update={"outbound_networks": ()})
    )
    made = await subscribe(api, f"http://localhost:{receiver.port}/")
    await change_results(api)
    await hours.announcer.run_once()
    sender = Sender(closed)
    await sender.run_once()
    await sender.close()
    assert receiver.messages == []
    (delivery,) = await made.deliveries()
    detail = await made.get(f"/deliveries/{delivery['delivery_id']}")
    assert detail["log"][0]["failure"] == "address_refused"
    await made.end()


async def test_whoever_dies_while_sending_leaves_it_to_another(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    await change_results(api)
    await hours.announcer.run_once()
    receiver.answers = [hang]
    dying = asyncio.create_task(hours.sender.run_once())
    await receiver.arrived.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await hours.work()
    assert len(receiver.messages) == 1  # still held
    hours.wait(timedelta(seconds=61))
    await hours.work()
    assert len(receiver.messages) == 2
    assert (await subscriber.deliveries())[0]["state"] == "delivered"
