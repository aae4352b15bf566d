"""Whom an integration trusts: several secrets, public keys, the profile of ModI."""

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from deploy.local.identity import LocalIssuer
from shared.runtime.webhooks import new_key_pair, sign
from tests.api.system import Api, codes
from tests.api.webhook_sender import (
    NOTHING,
    Inside,
    Sender,
    batch,
    counts,
    measure,
    measured_system,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

BASE = "/v1/chambers/PI/integrations"
MODI = "modi-integrity-rest-01"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(runtime_url: str, issuer: LocalIssuer) -> AsyncIterator[Api]:
    async with measured_system(runtime_url, issuer) as made:
        yield made


async def create(api: Api, code: str, **more: object) -> dict[str, Any]:
    answer = await api.call("POST", BASE, json={"code": code, "title": "Prova"} | more)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def post(api: Api, code: str, key: str, message_id: str, value: str) -> httpx.Response:
    """A measurement signed with any key."""
    body, now = batch(measure("m1", value)), datetime.now(UTC)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": sign(key, message_id, now, body),
    }
    return await api.client.post(f"{BASE}/{code}/webhooks", content=body, headers=headers)


async def test_a_public_key_instead_of_a_secret(api: Api) -> None:
    private, public = new_key_pair()
    made = await create(api, "chiave", public_key=public)
    assert made["issued"] is None
    (key,) = made["integration"]["secrets"]
    assert (key["kind"], key["public_key"]) == ("public_key", public)
    assert counts(await post(api, "chiave", private, "k1", "1"))["applied"] == 1
    assert (await post(api, "chiave", new_key_pair()[0], "k2", "2")).status_code == 401


async def test_from_a_secret_to_a_public_key_and_on_to_another(api: Api) -> None:
    secret = (await create(api, "cambio"))["issued"]["secret"]
    first, second = new_key_pair(), new_key_pair()
    path = f"{BASE}/cambio/public-keys"
    added = await api.call("POST", path, json={"public_key": first[1], "overlap_hours": 1})
    assert added.status_code == 201
    assert added.json()["previous_valid_until"]
    for number, key in enumerate((secret, first[0])):
        assert (await post(api, "cambio", key, f"c{number}", str(number))).status_code == 200
    # A key that leaked ends at once, and with it everything before.
    await api.call("POST", path, json={"public_key": second[1], "overlap_hours": 0})
    statuses = [
        (await post(api, "cambio", key, f"d{number}", "9")).status_code
        for number, key in enumerate((secret, first[0], second[0]))
    ]
    assert statuses == [401, 401, 200]
    shown = (await api.call("GET", f"{BASE}/cambio")).json()["secrets"]
    assert [one["public_key"] for one in shown] == [second[1]]


@pytest.mark.parametrize("key", ["whpk_AAAA", "whsec_" + "A" * 43 + "=", "x"])
async def test_what_is_no_public_key(api: Api, key: str) -> None:
    body = {"code": "sbagliata", "title": "Prova", "public_key": key}
    answer = await api.call("POST", BASE, json=body)
    assert answer.status_code == 422
    assert codes(answer) == [("/public_key", "wrong_format")]


async def test_the_profile_of_modi(api: Api, owner_url: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    without = await api.call("POST", BASE, json={"code": "modi", "title": "M", "adapter": MODI})
    assert codes(without) == [("/public_key", "field_required")]
    await create(api, "modi", adapter=MODI, public_key=pem.decode())
    secret = await api.call("POST", f"{BASE}/modi/secrets", json={})
    assert (secret.status_code, secret.json()["code"]) == (409, "no_secrets")

    def headers(body: bytes, audience: str, jti: str) -> dict[str, str]:
        digest = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
        now = int(datetime.now(UTC).timestamp())
        sent = {"content-type": "application/json", "digest": digest}
        claims = {
            "jti": jti,
            "aud": audience,
            "iat": now,
            "exp": now + 60,
            "signed_headers": [{name: value} for name, value in sent.items()],
        }
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.import_key(private))
        return {**sent, "agid-jwt-signature": token}

    sender = Sender(api, "PI", "modi", "")
    body = batch(measure("m3", "31"))
    here = f"http://ciclo.test{BASE}/modi/webhooks"
    sent = headers(body, here, "7f0c")
    first = await sender.post(body, sent)
    assert counts(first) == NOTHING | {"applied": 1}
    assert first.json()["message_id"] == "7f0c"
    assert (await sender.post(body, sent)).json()["repeated"] is True
    elsewhere = headers(body, here.replace("/PI/", "/LU/"), "8a1d")
    for refused in (
        await sender.post(body, elsewhere),
        await sender.post(body + b" ", sent),
        await sender.post(body, {**sent, "content-type": "text/plain"}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (401, "signature_refused")
    rows = await Inside(owner_url, "PI").rows(
        "SELECT headers FROM webhook_messages WHERE integration_id = 'modi'"
    )
    assert [sorted(row["headers"].split('"')[1::4]) for row in rows] == [
        ["agid-jwt-signature", "content-type", "digest"]
    ]


async def test_the_profile_may_change(api: Api) -> None:
    private, public = new_key_pair()
    await create(api, "muta", public_key=public)
    etag = (await api.call("GET", f"{BASE}/muta")).headers["etag"]
    headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
    changed = await api.call(
        "PATCH", f"{BASE}/muta", content=f'{{"adapter": "{MODI}"}}', headers=headers
    )
    assert changed.json()["adapter"] == MODI
    assert (await post(api, "muta", private, "m1", "1")).status_code == 401
