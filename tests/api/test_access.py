"""Who gets in, and what they see: tokens, roles, chambers."""

import json
import logging
import time
from collections.abc import Callable

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from deploy.local.identity import LocalIssuer
from shared.runtime.settings import LOCAL_ISSUER
from tests.api.system import PISA, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _claims(**more: object) -> dict[str, object]:
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": LOCAL_ISSUER,
        "aud": "ciclo",
        "sub": "somebody",
        "iat": now,
        "exp": now + 60,
        "ciclo_entity": "TNO",
        "ciclo_roles": {"*": ["entity_administrator"]},
    }
    return claims | more


_HOUR = 3600

_SIGNED: dict[str, Callable[[int], dict[str, object]]] = {
    "expired": lambda now: {"exp": now - _HOUR, "iat": now - 2 * _HOUR},
    "another issuer": lambda _: {"iss": "https://elsewhere.example"},
    "another audience": lambda _: {"aud": "elsewhere"},
    "not yet valid": lambda now: {"nbf": now + _HOUR},
    "no subject": lambda _: {"sub": None},
    "oversized": lambda _: {"padding": "x" * 20_000},
    "no end": lambda _: {"exp": None},
}
"""Tokens that the issuer signed, and that are wrong in what they say."""


def _forged(issuer: LocalIssuer, kind: str) -> str:
    """Tokens that must not be accepted, each for its reason."""
    if kind in _SIGNED:
        claims = _claims(**_SIGNED[kind](int(time.time())))
        given = {name: value for name, value in claims.items() if value is not None}
        key = OKPKey.import_key(json.loads((issuer.folder / "issuer.jwk").read_text()))
        header = {"alg": "EdDSA", "kid": str(key.kid)}
        return jwt.encode(header, given, key, algorithms=["EdDSA"])
    stranger = OKPKey.generate_key("Ed25519")
    match kind:
        case "signed by a stranger":
            return jwt.encode({"alg": "EdDSA"}, _claims(), stranger, algorithms=["EdDSA"])
        case "unknown key id":
            header = {"alg": "EdDSA", "kid": "another"}
            return jwt.encode(header, _claims(), stranger, algorithms=["EdDSA"])
        case "symmetric, with the public key":
            public = OctKey.import_key(issuer.key_set_file.read_bytes())
            return jwt.encode({"alg": "HS256"}, _claims(), public, algorithms=["HS256"])
        case "no signature":
            none = OctKey.import_key("x" * 32)
            signed = jwt.encode({"alg": "HS256"}, _claims(), none, algorithms=["HS256"])
            return "eyJhbGciOiJub25lIn0." + signed.split(".")[1] + "."
    return kind


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("signed by a stranger", "bad_signature"),
        ("unknown key id", "unknown_key"),
        ("symmetric, with the public key", "algorithm"),
        ("no signature", "algorithm"),
        ("expired", "expired"),
        ("another issuer", "unknown_issuer"),
        ("another audience", "wrong_aud"),
        ("not yet valid", "wrong_nbf"),
        ("no subject", "no_sub"),
        ("oversized", "too_long"),
        ("no end", "no_exp"),
        ("nonsense", "malformed"),
        ("a.b.c", "malformed"),
        (f"ciclo_{'0' * 32}_{'x' * 43}", "key_unknown"),
        ("ciclo_nonsense", "key_malformed"),
    ],
)
async def test_tokens_that_are_refused(
    api: Api, kind: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    header = {"Authorization": f"Bearer {_forged(api.issuer, kind)}"}
    with caplog.at_level(logging.WARNING, "ciclo.api"):
        answer = await api.client.get("/v1/chambers", headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    body = answer.json()
    assert body["code"] == "unauthenticated"
    assert body["errors"] == []
    # The administrator learns what was wrong, without the credential itself.
    (line,) = [record for record in caplog.records if "credential refused" in record.message]
    assert line.__dict__["reason"] == reason
    assert header["Authorization"].removeprefix("Bearer ") not in line.getMessage()
    # Its bearer learns the same whatever it was.
    other = await api.client.get("/v1/chambers", headers={"Authorization": "Bearer x"})
    assert other.headers["www-authenticate"] == answer.headers["www-authenticate"]
    assert {**other.json(), "request_id": ""} == {**body, "request_id": ""}


# --- tenancy ---------------------------------------------------------------------------------


async def test_what_another_chamber_owns_does_not_exist(api: Api) -> None:
    await api.create_chambers("PI", "LU")
    assert (await api.import_case("PI", PISA)).status_code == 201
    stranger = {"LU": ["chamber_administrator", "controller"]}
    paths = [
        "/v1/chambers/PI",
        "/v1/chambers/PI/plans",
        "/v1/chambers/PI/plans/2020",
        "/v1/chambers/PI/plans/2020/export",
        "/v1/chambers/PI/plans/2020/results",
        "/v1/chambers/PI/plans/2020/results/A4",
        "/v1/chambers/PI/plans/2020/measurements",
        "/v1/chambers/PI/imports",
    ]
    for path in paths:
        theirs = await api.call("GET", path, stranger)
        nowhere = await api.call("GET", path.replace("/PI", "/XX"), stranger)
        assert theirs.status_code == 404
        differing = ("request_id", "instance")
        assert {k: v for k, v in theirs.json().items() if k not in differing} == {
            k: v for k, v in nowhere.json().items() if k not in differing
        }
    refused = await api.import_case("PI", PISA, roles=stranger)
    assert refused.status_code == 404


async def test_what_the_caller_sees_but_may_not_do_is_forbidden(api: Api) -> None:
    await api.create_chambers("PI")
    reader = {"PI": ["reader"]}
    seen = await api.call("GET", "/v1/chambers/PI", reader)
    assert seen.status_code == 200
    assert "plan.import" not in seen.json()["allowed_actions"]
    refused = await api.import_case("PI", PISA, roles=reader)
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"


async def test_lists_show_the_callers_chambers_only(api: Api) -> None:
    await api.create_chambers("PI", "LU", "MS")
    some = await api.call("GET", "/v1/chambers", {"PI": ["reader"], "MS": ["reader"]})
    every = await api.call("GET", "/v1/chambers")
    none = await api.call("GET", "/v1/chambers", {})
    assert [item["code"] for item in some.json()["items"]] == ["MS", "PI"]
    assert {item["code"] for item in every.json()["items"]} >= {"LU", "MS", "PI"}
    assert none.json()["items"] == []


async def test_an_administrator_of_another_entity_creates_nothing_here(api: Api) -> None:
    await api.create_chambers("PI")
    stranger = api.token({"*": ["entity_administrator"]}, entity="XYZ")
    body = {"code": "NEW", "entity": "TNO", "title": "Camera"}
    answer = await api.client.post("/v1/chambers", json=body, headers=stranger)
    assert answer.status_code == 403
    assert (await api.client.get("/v1/chambers/PI", headers=stranger)).status_code == 404
