"""Managing subscriptions: secrets, pauses, tests, addresses, and who may."""

from datetime import timedelta

import pytest

from tests.api.receiver import Receiver
from tests.api.subscribing import ADMINISTRATOR, BASE, Hours, Subscriber, change_results
from tests.api.system import Api, codes
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_paused_events_wait(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    await subscriber.patch(paused=True)
    await change_results(api)
    await change_results(api)
    await hours.work()
    assert receiver.messages == []
    await subscriber.patch(paused=False)
    await hours.work()
    assert len(receiver.messages) == 2


async def test_a_rotation_signs_with_both_secrets_for_a_while(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    path = f"{subscriber.path}/secrets"
    answer = await api.call("POST", path, ADMINISTRATOR, json={"overlap_hours": 2})
    assert answer.status_code == 201
    newer = answer.json()["secret"]
    await change_results(api)
    await hours.work()
    receiver.messages[0].verified(subscriber.secret)
    receiver.messages[0].verified(newer)
    hours.wait(timedelta(hours=3))
    await change_results(api)
    await hours.work()
    assert len(receiver.messages[1].headers["webhook-signature"].split()) == 1


async def test_a_test_message_is_sent_on_request(
    api: Api, subscriber: Subscriber, receiver: Receiver, hours: Hours
) -> None:
    answer = await api.call("POST", f"{subscriber.path}/test", ADMINISTRATOR)
    assert answer.status_code == 202
    await hours.work()
    (message,) = receiver.messages
    assert message.verified(subscriber.secret)["type"] == "subscription.test"
    shown = await api.call("GET", answer.headers["location"], ADMINISTRATOR)
    assert shown.json()["state"] == "delivered"
    again = await api.call("POST", f"{answer.headers['location']}/replay", ADMINISTRATOR)
    assert again.status_code == 202
    await hours.work()
    assert len(receiver.messages) == 2


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "https://persona:parola@example.org/",
        "https://example.org/#qui",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "non un indirizzo",
    ],
)
async def test_an_address_that_cannot_be_sent_to_is_refused(api: Api, url: str) -> None:
    body = {"title": "Cruscotto", "url": url, "events": ["results.changed"]}
    answer = await api.call("POST", BASE, ADMINISTRATOR, json=body)
    assert (answer.status_code, codes(answer)) == (422, [("/url", "address_not_allowed")])


async def test_an_unknown_event_is_refused(api: Api) -> None:
    body = {"title": "Cruscotto", "url": "https://example.org/", "events": ["plan.eaten"]}
    answer = await api.call("POST", BASE, ADMINISTRATOR, json=body)
    assert answer.status_code == 422
    assert codes(answer)[0][0] == "/events/0"


@pytest.mark.parametrize("roles", [{"LU": ["controller"]}, {"LU": ["reader"]}, {"LU": ["oiv"]}])
async def test_only_administrators_subscribe(api: Api, roles: dict[str, list[str]]) -> None:
    body = {"title": "Cruscotto", "url": "https://example.org/", "events": ["results.changed"]}
    assert (await api.call("POST", BASE, roles, json=body)).status_code == 403
    assert (await api.call("GET", BASE, roles)).status_code == 403


async def test_a_subscription_of_another_chamber_is_not_there(
    api: Api, subscriber: Subscriber
) -> None:
    elsewhere = subscriber.path.replace("/LU/", "/PI/")
    answer = await api.call("GET", elsewhere, {"PI": ["chamber_administrator"]})
    assert answer.status_code == 404
    answer = await api.call("GET", subscriber.path, {"PI": ["chamber_administrator"]})
    assert answer.status_code == 404


async def test_the_secret_is_not_kept_in_clear(
    api: Api, subscriber: Subscriber, inside: Inside
) -> None:
    rows = await inside.rows("SELECT sealed FROM subscription_secrets")
    assert rows
    assert all(subscriber.secret.removeprefix("whsec_") not in row["sealed"] for row in rows)
