"""Signatures of webhooks, and that the reference libraries agree with us in both directions."""

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from shared.runtime.webhooks import (
    ADAPTERS,
    Delivery,
    SignatureRefusedError,
    StandardVerifier,
    new_secret,
    sign,
    verifier_for,
)

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECRET = new_secret()
BODY = '{"type": "measurement.recorded", "note": "già misurato €"}'.encode()


def signed(
    secret: str = SECRET, body: bytes = BODY, at: datetime = NOW, message_id: str = "msg_1"
) -> Delivery:
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": sign(secret, message_id, at, body),
    }
    return Delivery(headers, body)


def refused(delivery: Delivery, keys: tuple[str, ...] = (SECRET,), now: datetime = NOW) -> None:
    with pytest.raises(SignatureRefusedError):
        StandardVerifier(keys).verify(delivery, now)


def test_the_example_of_the_specification() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    message_id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(secret, message_id, at, body) == expected


def test_what_we_sign_is_verified() -> None:
    verified = StandardVerifier([SECRET]).verify(signed(), NOW)
    assert (verified.message_id, verified.sent_at) == ("msg_1", NOW)
    assert verifier_for(ADAPTERS[0], [new_secret(), SECRET]).verify(signed(), NOW) == verified


@pytest.mark.parametrize(
    ("seconds", "holds"), [(300, True), (-300, True), (301, False), (-301, False)]
)
def test_five_minutes_either_way(seconds: int, holds: bool) -> None:
    now = NOW + timedelta(seconds=seconds)
    if holds:
        StandardVerifier([SECRET]).verify(signed(), now)
    else:
        refused(signed(), now=now)


def test_nobody_without_a_secret() -> None:
    refused(signed(new_secret()))
    refused(signed(), keys=())


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_bit_of_the_body_may_change(place: int, bit: int) -> None:
    changed = bytearray(BODY)
    changed[place] ^= 1 << bit
    refused(Delivery(signed().headers, bytes(changed)))


@given(
    headers=st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=80)
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
        },
    )
)
def test_nothing_but_a_signature_is_one(headers: dict[str, str]) -> None:
    refused(Delivery({**signed().headers, **headers, "webhook-id": "msg_2"}, BODY))


def test_an_id_cannot_run_into_the_timestamp() -> None:
    refused(signed(message_id="msg.1"))


@pytest.mark.parametrize("secret", ["whsec_", "whsec_%%%", "whsec_AAAA", "x" * 200])
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="webhook secret"):
        StandardVerifier([secret])


# --- the reference library of Python -----------------------------------------------------------


@given(body=st.text(max_size=200), name=st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True))
def test_what_the_reference_signs_we_accept(body: str, name: str) -> None:
    raw = body.encode()
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(name, NOW, body),
    }
    assert StandardVerifier([SECRET]).verify(Delivery(headers, raw), NOW).message_id == name


def test_what_we_sign_the_reference_accepts() -> None:
    now = datetime.now(UTC)
    delivery = signed(at=now)
    assert Webhook(SECRET).verify(BODY, dict(delivery.headers)) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, dict(delivery.headers))


def test_secrets_are_as_long_as_the_reference_wants() -> None:
    assert len(base64.b64decode(new_secret().removeprefix("whsec_"))) == 32


# --- and its twin of npm -----------------------------------------------------------------------

_TWIN = """
const { Webhook } = require("standardwebhooks");
const [secret, body, headers] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const hook = new Webhook(secret);
let accepted = true;
try { hook.verify(body, headers); } catch (error) { accepted = false; }
const at = new Date();
const signature = hook.sign("msg_twin", at, body);
console.log(JSON.stringify({ accepted, signature, at: Math.floor(at.getTime() / 1000) }));
"""


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which node finds the npm package."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    folder = tmp_path_factory.mktemp("twin")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "standardwebhooks@1"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=20, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("the npm registry does not answer quickly")
    if done.returncode != 0:
        pytest.skip("the npm package standardwebhooks cannot be had here")
    return folder


@pytest.mark.slow
def test_the_twin_agrees_in_both_directions(twin: Path) -> None:
    now = datetime.now(UTC)
    delivery = signed(at=now)

    def ask(secret: str) -> dict[str, object]:
        given = json.dumps([secret, BODY.decode(), dict(delivery.headers)])
        done = subprocess.run(
            ["node", "-e", _TWIN], cwd=twin, input=given.encode(), capture_output=True, check=True
        )
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    answer = ask(SECRET)
    assert answer["accepted"] is True
    assert ask(new_secret())["accepted"] is False
    headers = {
        "webhook-id": "msg_twin",
        "webhook-timestamp": str(answer["at"]),
        "webhook-signature": str(answer["signature"]),
    }
    verified = StandardVerifier([SECRET]).verify(Delivery(headers, BODY), datetime.now(UTC))
    assert verified.message_id == "msg_twin"
