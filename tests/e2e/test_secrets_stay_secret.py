"""Planted secrets are nowhere but where they belong: no log, no error, no dump, no child."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil
import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks.webhooks import Webhook

from deploy.local.identity import LocalIssuer
from deploy.local.ports import free_port
from services.renderer import process
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import canonical_bytes
from shared.runtime.secrets import new_key
from shared.runtime.settings import LOCAL_ISSUER, ApiSettings, ProcessSettings, RendererSettings
from tests.e2e.commands import PISA
from tests.renderer import snapshots

PLANTED = "Pl4nt3d"
"""Stands in every secret of these tests; it may be found where it was put, and nowhere else."""

RENDERER_TOKEN = f"{PLANTED}-renderer-{'t' * 40}"
REDIS_PASSWORD = f"{PLANTED}-redis"


def secret_fields(settings: type[ProcessSettings]) -> list[str]:
    """Names of the variables that hold a secret, found in the settings themselves."""
    found = []
    for name, field in settings.model_fields.items():
        if SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ())):
            found.append(str(field.validation_alias or f"CICLO_{name.upper()}"))
    return found


@pytest.mark.parametrize("settings", [ApiSettings, RendererSettings])
@pytest.mark.parametrize("mode", ["production", "development", "nonsense"])
def test_refused_settings_do_not_repeat_them(
    settings: type[ProcessSettings], mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = secret_fields(settings)
    assert len(names) >= 3
    for name in names:
        monkeypatch.setenv(name, f"{PLANTED} change-me")
    monkeypatch.setenv("CICLO_MODE", mode)
    monkeypatch.setenv("CICLO_LOG_LEVEL", "none of them")
    with pytest.raises(ValidationError) as refused:
        settings()
    for text in (str(refused.value), repr(refused.value)):
        assert PLANTED not in text


@pytest.mark.parametrize("settings", [ApiSettings, RendererSettings])
@pytest.mark.parametrize("password", ["postgres", "password", "admin", "changeme"])
def test_production_refuses_passwords_that_everybody_knows(
    settings: type[ProcessSettings], password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in secret_fields(settings):
        address = "KEYS" not in name and "TOKEN" not in name and "PASSWORD" not in name
        known = f"scheme://user:{password}@host/0" if address else password
        monkeypatch.setenv(name, new_key() if "KEYS" in name else known)
    monkeypatch.setenv("CICLO_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CICLO_SIGNING_DIR", "/nowhere")
    with pytest.raises(ValidationError) as refused:
        settings(mode="production")
    assert "everybody knows" in str(refused.value)


@contextmanager
def served(environment: dict[str, str], log: Path) -> Iterator[str]:
    """The API as a process of its own, with nothing in its environment but this."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "services.api.main:create_app", "--factory"]
    with log.open("w") as stream:
        child = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=stream,
            stderr=stream,
        )
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/health/live", timeout=2)
                break
            except httpx.TransportError:
                assert child.poll() is None, log.read_text()
                assert time.monotonic() < until
                time.sleep(0.1)
        try:
            yield url
        finally:
            child.terminate()
            child.wait(20)


async def dumped(url: str) -> str:
    """Every row of every table, as a superuser sees it."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        texts = []
        for table in tables:
            rows = await connection.fetch(f"SELECT t::text AS row FROM {table['tablename']} t")  # noqa: S608
            texts += [row["row"] for row in rows]
            columns = await connection.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass "
                "AND atttypid = 'bytea'::regtype AND attnum > 0",
                table["tablename"],
            )
            for column in columns:
                name = f'"{column["attname"]}"'
                values = await connection.fetch(f"SELECT {name} AS v FROM {table['tablename']}")  # noqa: S608
                texts += [bytes(row["v"]).decode("latin-1") for row in values if row["v"]]
        return "\n".join(texts)
    finally:
        await connection.close()


def test_nothing_is_written_in_clear(
    runtime_url: str, database_admin_url: str, tmp_path: Path
) -> None:
    """A system at work, with things that go wrong: its log, its answers, its database."""
    issuer = LocalIssuer(tmp_path / "identity")
    issuer.ensure_keys()
    sealing_key = new_key()
    environment = {
        "CICLO_MODE": "development",
        "CICLO_LOG_LEVEL": "DEBUG",
        "DATABASE_URL": runtime_url,
        # Nobody listens there: the relay fails and says so, again and again.
        "REDIS_URL": f"redis://:{REDIS_PASSWORD}@127.0.0.1:1/0",
        "CICLO_RENDERER_TOKEN": RENDERER_TOKEN,
        "CICLO_SECRET_KEYS": sealing_key,
        "CICLO_OIDC_ISSUER": LOCAL_ISSUER,
        "CICLO_OIDC_JWKS_FILE": str(issuer.key_set_file),
        "CICLO_BLOB_URL": (tmp_path / "blobs").as_uri(),
    }
    log = tmp_path / "api.log"
    token = issuer.mint({"*": ["entity_administrator", "controller"]})
    with served(environment, log) as url, httpx.Client(base_url=url) as client:
        issued, answers = _worked(client, token)
        until = time.monotonic() + 60
        while "dispatch waits" not in log.read_text():  # the relay has tried by then
            assert time.monotonic() < until
            time.sleep(0.1)
    password = runtime_url.split(":")[2].split("@", maxsplit=1)[0]
    secrets = [token, sealing_key, RENDERER_TOKEN, REDIS_PASSWORD, password, *issued, PLANTED]
    admin = database_admin_url.rsplit("/", 1)[0] + "/" + runtime_url.rsplit("/", 1)[1]
    places = {
        "the log": log.read_text(),
        "answers": "\n".join(answers),
        "the database": asyncio.run(dumped(admin)),
    }
    assert "PI" in places["the database"]
    assert '"service": "api"' in places["the log"]
    for place, text in places.items():
        for secret in secrets:
            assert secret not in text, f"{secret[:16]}... in {place}"


def _worked(client: httpx.Client, token: str) -> tuple[list[str], list[str]]:
    """Secrets that were issued, and every answer but the ones that issue them."""
    bearer = {"Authorization": f"Bearer {token}"}
    issued: list[str] = []
    answers: list[str] = []

    def done(path: str, body: Any, **headers: str) -> dict[str, Any]:  # noqa: ANN401
        answer = client.post(path, json=body, headers=bearer | headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    done("/v1/entities", {"code": "TNO", "title": "TNO"})
    done("/v1/chambers", {"code": "PI", "entity": "TNO", "title": "Pisa"})
    base = "/v1/chambers/PI"
    made = done(f"{base}/integrations", {"code": "integra", "title": "I"}, **_key("one"))
    secret = made["issued"]["secret"]
    issued.append(secret)
    answer = client.post(
        f"{base}/subscriptions",
        json={"url": "https://subscriber.example.it/", "title": "S", "events": ["results.changed"]},
        headers=bearer,
    )
    if answer.is_success:
        issued += [str(v) for v in _leaves(answer.json()) if str(v).startswith("whsec_")]
    hook = f"{base}/integrations/integra/webhooks"
    body = json.dumps({"type": "x", "timestamp": datetime.now(UTC).isoformat(), "data": {}})
    signature = Webhook(secret).sign("msg_1", datetime.now(UTC), body)
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(datetime.now(UTC).timestamp())),
        "webhook-signature": signature,
    }
    forged = signed | {"webhook-signature": f"v1,{PLANTED}"}
    answers += [client.post(hook, content=body, headers=sent).text for sent in (signed, forged)]
    internal = "/internal/v1/chambers/PI/render-jobs/0198a000-0000-7000-8000-000000000000/lease"
    for word in (RENDERER_TOKEN, f"{RENDERER_TOKEN}x"):
        headers = {"Authorization": f"Bearer {word}", "Ciclo-Lease-Token": f"{PLANTED}-lease"}
        answers.append(client.post(internal, headers=headers).text)
    nobody = {"Authorization": f"Bearer {PLANTED}.{PLANTED}.{PLANTED}"}
    answers += [client.get(base, headers=sent).text for sent in ({}, nobody)]
    answers.append(client.get(f"{base}/integrations/integra", headers=bearer).text)
    typed = bearer | {"Content-Type": "application/json"}
    answers.append(client.post(f"{base}/imports", content=b"{", headers=typed).text)
    answers.append(client.post(f"{base}/imports", content=PISA.read_bytes(), headers=typed).text)
    asked = client.post(f"{base}/reports", json={"year": 2020}, headers=bearer)
    assert asked.status_code == 202, asked.text  # what the relay cannot send
    answers.append(asked.text)
    return issued, answers


def _key(word: str) -> dict[str, str]:
    return {"Idempotency-Key": f"key-of-{word}"}


def _leaves(document: object) -> Iterator[object]:
    if isinstance(document, dict):
        for value in document.values():
            yield from _leaves(value)
    else:
        yield document


def test_a_database_that_refuses_is_told_without_its_password(
    runtime_url: str, tmp_path: Path
) -> None:
    address = runtime_url.rpartition("@")[2]
    environment = {
        "CICLO_MODE": "development",
        "DATABASE_URL": f"postgresql://ciclo_runtime:{PLANTED}-database@{address}",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    log = tmp_path / "api.log"
    with served(environment, log) as url:
        answers = [httpx.get(f"{url}/{path}") for path in ("status", "health/ready", "v1/chambers")]
    assert [answer.status_code for answer in answers] == [503, 503, 401]
    assert PLANTED not in log.read_text() + "".join(answer.text for answer in answers)


def test_children_of_the_renderer_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment, arguments and open files of the process that renders, while it does."""
    for name in secret_fields(RendererSettings):
        monkeypatch.setenv(name, f"{PLANTED}-{name}")
    seen: list[str] = []

    def look(_stage: str, _progress: int) -> None:
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # done since it was listed
                seen.append(" ".join([*child.cmdline(), *map("=".join, child.environ().items())]))

    content = canonical_bytes(snapshots.small())
    done = asyncio.run(process.render(content, Limits(memory_mb=2048, seconds=60), look))
    assert done.pages
    assert any("services.renderer.press" in text for text in seen)
    assert not [text for text in seen if PLANTED in text]
