"""The three roles, made by a superuser or by an administrator with less."""

import asyncio
import hashlib
import hmac
import shutil
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local import databases, postgres, roles
from deploy.local.errors import LocalSystemError
from deploy.local.layout import DataDirectory
from deploy.local.secrets import LocalSecrets, load_or_create

_PASSWORDS = roles.RolePasswords("owner's, with ' and %", "runtime's")


@pytest.fixture
def server() -> Iterator[str]:
    """URL of the superuser of a server without any role of ours (roles belong to the server)."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-roles-"))
    root.chmod(0o711)
    directory = DataDirectory.at(root)
    directory.create()
    running = postgres.start(directory, load_or_create(directory.secrets_file), durable=False)
    yield running.superuser_url
    running.stop()
    shutil.rmtree(root)


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _managed_administrator(superuser_url: str) -> str:
    """What a hosted PostgreSQL gives: may create roles and databases, is no superuser."""
    connection = await asyncpg.connect(superuser_url)
    try:
        await connection.execute("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD 'm'")
    finally:
        await connection.close()
    return roles.url_for(superuser_url, user="manager", password="m", database="postgres")


@pytest.mark.parametrize("managed", [False, True])
def test_roles_have_no_way_around_the_policies(server: str, managed: bool) -> None:
    administrator = asyncio.run(_managed_administrator(server)) if managed else server
    urls = roles.bootstrap(administrator, _PASSWORDS, own_server=False)
    again = roles.bootstrap(administrator, _PASSWORDS, own_server=False)
    assert again == urls
    privileges = asyncio.run(
        _value(
            server,
            "SELECT string_agg(rolname || ':' || rolcanlogin, ' ' ORDER BY rolname) "
            "FROM pg_roles WHERE rolname LIKE 'ciclo%' AND NOT (rolsuper OR rolbypassrls "
            "OR rolcreaterole OR rolcreatedb OR rolreplication)",
        )
    )
    assert privileges == (
        "ciclo_dispatcher:false ciclo_eraser:false ciclo_owner:true ciclo_runtime:true"
    )
    assert asyncio.run(_value(urls.owner, "SELECT current_user || current_database()")) == (
        "ciclo_ownerciclo"
    )
    may_create = "SELECT has_schema_privilege('public', 'CREATE')"
    assert asyncio.run(_value(urls.owner, may_create)) is True
    assert asyncio.run(_value(urls.runtime, may_create)) is False
    order = "SELECT string_agg(x, '' ORDER BY x) FROM unnest('{à,B,a,Z}'::text[]) AS x"
    assert asyncio.run(_value(urls.runtime, order)) == "BZaà"


def test_roles_of_another_installation_are_left_alone(server: str) -> None:
    urls = roles.bootstrap(server, _PASSWORDS, own_server=False)
    others = roles.RolePasswords("another", "installation")
    with pytest.raises(LocalSystemError, match="ciclo_owner"):
        roles.bootstrap(server, others, own_server=False)
    assert asyncio.run(_value(urls.owner, "SELECT 1")) == 1
    replaced = roles.bootstrap(server, others, own_server=True)
    assert asyncio.run(_value(replaced.owner, "SELECT 1")) == 1
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(_value(urls.owner, "SELECT 1"))


def test_a_given_administrator_prepares_and_a_given_runtime_role_is_used_as_it_is(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    secrets = LocalSecrets.generate()
    prepared = databases.prepare_given(server, secrets)
    assert urlsplit(prepared.runtime_url).username == roles.RUNTIME
    assert prepared.owner_url is not None
    assert urlsplit(prepared.owner_url).username == roles.OWNER

    as_given = databases.prepare_given(prepared.runtime_url, LocalSecrets.generate())
    assert as_given == databases.Prepared(prepared.runtime_url, None)
    monkeypatch.setenv("DATABASE_OWNER_URL", prepared.owner_url)
    with_owner = databases.prepare_given(prepared.runtime_url, LocalSecrets.generate())
    assert with_owner == databases.Prepared(prepared.runtime_url, prepared.owner_url)


def test_a_server_that_does_not_answer_is_told() -> None:
    with pytest.raises(LocalSystemError, match="DATABASE_URL"):
        databases.prepare_given("postgresql://a:b@127.0.0.1:1/x", LocalSecrets.generate())


def test_the_verifier_is_the_one_of_the_standard() -> None:
    """The exchange printed in RFC 7677, section 3: user "user", password "pencil"."""
    nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
    exchange = (
        f"n=user,r=rOprNGfwEbeRWgbNEkqO,r={nonce},s={salt},i=4096,c=biws,r={nonce}"
    ).encode()
    proof = b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = b64decode("6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")

    verifier = roles.scram_verifier("pencil", salt=b64decode(salt))
    method, iterations_and_salt, keys = verifier.split("$")
    assert (method, iterations_and_salt) == ("SCRAM-SHA-256", f"4096:{salt}")
    stored_key, server_key = (b64decode(part) for part in keys.split(":"))
    client_signature = hmac.digest(stored_key, exchange, "sha256")
    client_key = bytes(a ^ b for a, b in zip(proof, client_signature, strict=True))
    assert hashlib.sha256(client_key).digest() == stored_key
    assert hmac.digest(server_key, exchange, "sha256") == signature
