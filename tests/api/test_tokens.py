"""Keys of the issuer: remembered, asked for again when they change, not for every forgery."""

import asyncio
import time

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, OKPKey, RSAKey

from services.api.auth.keys import PublishedKeys, signing_keys
from services.api.auth.refused import TokenRefusedError
from services.api.auth.tokens import TokenVerifier
from shared.domain.permissions import Role
from shared.runtime.identity_providers import IdentityProvider

ISSUER = "https://issuer.example"


class Keys:
    """An issuer's published keys, and how often they were asked for."""

    def __init__(self, *keys: OKPKey) -> None:
        self.published = list(keys)
        self.asked = 0
        self.away = False

    async def load(self) -> KeySet:
        """The keys as published now."""
        self.asked += 1
        if self.away:
            raise OSError("no answer")
        return KeySet(list(self.published))


class Bench:
    """A verifier whose clock a test moves."""

    def __init__(self, *keys: OKPKey) -> None:
        self.keys = Keys(*keys)
        self.instant = time.time()
        self.verifier = TokenVerifier(
            [IdentityProvider(issuer=ISSUER)],
            sources={ISSUER: self.keys},
            now=lambda: self.instant,
        )

    def token(self, key: OKPKey, **more: object) -> str:
        """A token signed with ``key``."""
        claims = {
            "iss": ISSUER,
            "aud": "ciclo",
            "sub": "somebody",
            "exp": int(self.instant) + 600,
            "ciclo_roles": {"PI": ["reader", "unheard-of"], "LU": "controller", "MS": []},
        }
        header = {"alg": "EdDSA", "kid": str(key.kid)}
        given = {name: value for name, value in (claims | more).items() if value is not None}
        return jwt.encode(header, given, key, algorithms=["EdDSA"])


def new_key() -> OKPKey:
    """A key pair with an id."""
    return OKPKey.generate_key("Ed25519", auto_kid=True)


async def test_keys_are_asked_for_once() -> None:
    key = new_key()
    bench = Bench(key)
    for number in range(5):
        await bench.verifier.verify(bench.token(key, jti=str(number)))
    assert bench.keys.asked == 1


async def test_a_rotated_key_is_found() -> None:
    old, new = new_key(), new_key()
    bench = Bench(old)
    await bench.verifier.verify(bench.token(old))
    bench.keys.published = [new]
    bench.instant += 60
    principal = await bench.verifier.verify(bench.token(new))
    assert principal.subject == "somebody"
    assert bench.keys.asked == 2
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(bench.token(old, jti="later"))


async def test_forgeries_do_not_make_us_ask_the_issuer_each_time() -> None:
    key, stranger = new_key(), new_key()
    bench = Bench(key)
    await bench.verifier.verify(bench.token(key))
    bench.instant += 60
    for number in range(20):
        with pytest.raises(TokenRefusedError):
            await bench.verifier.verify(bench.token(stranger, jti=str(number)))
    assert bench.keys.asked == 2


async def test_an_issuer_that_is_away_does_not_matter_while_its_keys_are_known() -> None:
    key = new_key()
    bench = Bench(key)
    await bench.verifier.verify(bench.token(key))
    bench.keys.away = True
    bench.instant += 60
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(bench.token(new_key()))
    await bench.verifier.verify(bench.token(key, jti="still"))


async def test_an_issuer_that_was_never_there_lets_nobody_in() -> None:
    key = new_key()
    bench = Bench(key)
    bench.keys.away = True
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(bench.token(key))


async def test_a_remembered_token_ends_when_it_says() -> None:
    key = new_key()
    bench = Bench(key)
    token = bench.token(key, exp=int(bench.instant) + 5)
    await bench.verifier.verify(token)
    bench.instant += 120
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(token)


async def test_roles_are_read_strictly() -> None:
    key = new_key()
    bench = Bench(key)
    principal = await bench.verifier.verify(bench.token(key))
    assert principal.roles == {"PI": frozenset({Role.READER})}
    assert principal.named_chambers == {"PI"}
    assert principal.entity is None
    assert principal.everywhere == frozenset()


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_only_asymmetric_signatures_count(algorithm: str) -> None:
    bench = Bench(new_key())
    head = {"none": "eyJhbGciOiJub25lIn0", "HS256": "eyJhbGciOiJIUzI1NiJ9"}[algorithm]
    body = bench.token(new_key()).split(".")[1]
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(f"{head}.{body}.")


# --- keys: age, rotation, discovery ------------------------------------------------------------


async def test_a_key_that_was_taken_back_ends_without_a_restart() -> None:
    """Nobody shows a token of the new key; the old one must not live on for that."""
    old, new = new_key(), new_key()
    bench = Bench(old)
    await bench.verifier.verify(bench.token(old))
    bench.keys.published = [new]
    bench.instant += 600
    with pytest.raises(TokenRefusedError) as refused:
        await bench.verifier.verify(bench.token(old, jti="later"))
    assert refused.value.reason == "unknown_key"
    await bench.verifier.verify(bench.token(new))


async def test_a_change_of_keys_forgets_what_was_verified_with_the_old_ones() -> None:
    old, new = new_key(), new_key()
    bench = Bench(old)
    token = bench.token(old)
    await bench.verifier.verify(token)
    bench.keys.published = [new]
    bench.instant += 11
    await bench.verifier.verify(bench.token(new))
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(token)


async def test_cached_keys_outlive_an_outage_for_a_day_and_no_longer() -> None:
    key = new_key()
    bench = Bench(key)
    await bench.verifier.verify(bench.token(key))
    bench.keys.away = True
    bench.instant += 86_400 - 60
    await bench.verifier.verify(bench.token(key, jti="nearly a day"))
    bench.instant += 120
    with pytest.raises(TokenRefusedError) as refused:
        await bench.verifier.verify(bench.token(key, jti="a day"))
    assert refused.value.reason == "keys_unavailable"


async def test_many_unknown_keys_at_once_ask_once() -> None:
    key, stranger = new_key(), new_key()
    bench = Bench(key)
    await bench.verifier.verify(bench.token(key))
    bench.instant += 60
    outcomes = await asyncio.gather(
        *(bench.verifier.verify(bench.token(stranger, jti=str(n))) for n in range(50)),
        return_exceptions=True,
    )
    assert all(isinstance(outcome, TokenRefusedError) for outcome in outcomes)
    assert bench.keys.asked == 2


@pytest.mark.parametrize(("seconds", "accepted"), [(-31, False), (-29, True), (600, True)], ids=str)
async def test_clocks_may_differ_by_half_a_minute(seconds: int, accepted: bool) -> None:
    key = new_key()
    bench = Bench(key)
    token = bench.token(key, exp=int(bench.instant) + seconds)
    if accepted:
        await bench.verifier.verify(token)
    else:
        with pytest.raises(TokenRefusedError) as refused:
            await bench.verifier.verify(token)
        assert refused.value.reason == "expired"


REFUSED: list[tuple[str, dict[str, object], str]] = [
    ("not yet valid", {"nbf": 2_000_000_000_000}, "wrong_nbf"),
    ("issued in the future", {"iat": 2_000_000_000_000}, "wrong_iat"),
    ("another issuer", {"iss": "https://other.example"}, "unknown_issuer"),
    ("no issuer", {"iss": None}, "malformed"),
    ("another audience", {"aud": ["other", "account"]}, "wrong_aud"),
    ("no audience", {"aud": None}, "no_aud"),
    ("no subject", {"sub": None}, "no_sub"),
    ("an empty subject", {"sub": " "}, "malformed"),
    ("a subject that is no text", {"sub": 7}, "wrong_sub"),
    ("a machine's subject", {"sub": "client:1"}, "malformed"),
    ("an identity token", {"typ": "ID"}, "not_for_access"),
    ("an end that is no number", {"exp": "tomorrow"}, "wrong_exp"),
    ("too long", {"pad": "x" * 20_000}, "too_long"),
]


@pytest.mark.parametrize(
    ("claims", "reason"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
async def test_what_is_wrong_is_told_to_the_log(claims: dict[str, object], reason: str) -> None:
    key = new_key()
    bench = Bench(key)
    with pytest.raises(TokenRefusedError) as refused:
        await bench.verifier.verify(bench.token(key, **claims))
    assert refused.value.reason == reason
    assert len(str(refused.value)) < 600


async def test_an_audience_among_several_is_enough() -> None:
    key = new_key()
    bench = Bench(key)
    principal = await bench.verifier.verify(bench.token(key, aud=["account", "ciclo"]))
    assert principal.subject == "somebody"


def test_keys_that_sign_nothing_are_left_out() -> None:
    good, other = new_key(), RSAKey.generate_key(2048, auto_kid=True)
    published = {
        "keys": [
            {**other.as_dict(private=False), "use": "enc"},
            OctKey.import_key("x" * 32).as_dict(private=True),
            {"kty": "AKP", "kid": "tomorrow"},
            {"kty": "RSA", "kid": "broken", "n": "?", "e": "AQAB"},
            "nonsense",
            good.as_dict(private=False),
        ]
    }
    assert [key.kid for key in signing_keys(published)] == [good.kid]
    unusable: list[object] = [{"keys": []}, {"keys": published["keys"][:2]}, {}, [], None]
    for nothing in unusable:
        with pytest.raises(ValueError, match="no key"):
            signing_keys(nothing)


class Provider:
    """An identity provider on the network: discovery document and keys."""

    def __init__(self, key: OKPKey, **document: object) -> None:
        self.paths: list[str] = []
        self._key = key
        self._document = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys"} | document

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers as a provider does."""
        self.paths.append(request.url.path)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self._document)
        return httpx.Response(200, json={"keys": [self._key.as_dict(private=False)]})


async def test_keys_are_found_by_discovery() -> None:
    key = new_key()
    provider = Provider(key)
    found = await PublishedKeys(ISSUER, transport=httpx.MockTransport(provider)).load()
    assert [one.kid for one in found] == [key.kid]
    assert provider.paths == ["/.well-known/openid-configuration", "/keys"]


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://issuer.example/keys"},
        {"jwks_uri": None},
        {"padding": "x" * 600_000},
    ],
    ids=["another issuer", "keys in the clear", "no keys", "too large"],
)
async def test_a_discovery_document_that_cannot_be_trusted(document: dict[str, object]) -> None:
    transport = httpx.MockTransport(Provider(new_key(), **document))
    with pytest.raises(ValueError, match=r"issuer|https|keys|large"):
        await PublishedKeys(ISSUER, transport=transport).load()


async def test_each_issuer_speaks_with_its_own_keys_and_name() -> None:
    spid, local = new_key(), new_key()
    other = "https://spid.example"
    verifier = TokenVerifier(
        [IdentityProvider(name="ente", issuer=ISSUER), IdentityProvider(name="spid", issuer=other)],
        sources={ISSUER: Keys(local), other: Keys(spid)},
    )
    bench = Bench(local)
    ours = await verifier.verify(bench.token(local))
    theirs = await verifier.verify(bench.token(spid, iss=other))
    assert (ours.subject, theirs.subject) == ("ente:somebody", "spid:somebody")
    with pytest.raises(TokenRefusedError):
        await verifier.verify(bench.token(spid))
    with pytest.raises(TokenRefusedError):
        await verifier.verify(bench.token(local, iss=other))
