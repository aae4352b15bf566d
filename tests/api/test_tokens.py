"""Keys of the issuer: remembered, asked for again when they change, not for every forgery."""

import time

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from services.api.auth.tokens import TokenRefusedError, TokenVerifier
from shared.domain.permissions import Role

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
            self.keys, issuer=ISSUER, audience="ciclo", now=lambda: self.instant
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
        return jwt.encode(header, claims | more, key, algorithms=["EdDSA"])


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
    assert principal.roles == {"PI": frozenset({Role.READER}), "MS": frozenset()}
    assert principal.entity is None
    assert principal.everywhere == frozenset()


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_only_asymmetric_signatures_count(algorithm: str) -> None:
    bench = Bench(new_key())
    head = {"none": "eyJhbGciOiJub25lIn0", "HS256": "eyJhbGciOiJIUzI1NiJ9"}[algorithm]
    body = bench.token(new_key()).split(".")[1]
    with pytest.raises(TokenRefusedError):
        await bench.verifier.verify(f"{head}.{body}.")
