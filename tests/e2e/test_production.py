"""The services in production mode, with exactly the variables that docker-compose.yml gives."""

import http.client
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from deploy.local.ports import free_port
from shared.runtime.secrets import new_key

_ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{([A-Z_]+)[^}]*\}")

Environment = dict[str, str]
Spawn = Callable[[Environment, list[str]], "subprocess.Popen[str]"]


def _composed(service: str, values: Environment) -> Environment:
    """Environment of a service, with the variables of ``.env`` filled in."""
    services = yaml.safe_load((_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    environment: Environment = services["services"][service]["environment"]
    return {
        name: _VARIABLE.sub(lambda match: values[match[1]], str(value))
        for name, value in environment.items()
    }


@pytest.fixture
def filled_in() -> Environment:
    """``.env`` as an administrator fills it in."""
    example = (_ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    pairs = (line.partition("=") for line in example.splitlines() if re.match(r"[A-Z]", line))
    values = {
        name: secrets.token_hex(32) if value == "change-me" else value for name, _, value in pairs
    }
    return values | {"CICLO_SECRET_KEYS": new_key()}


@pytest.fixture
def api(
    filled_in: Environment, runtime_url: str, redis_url: str, blob_dir: Path, tmp_path: Path
) -> Environment:
    """The API's environment, with the servers and folders of this test."""
    return _composed("api", filled_in) | {
        "DATABASE_URL": runtime_url,
        "REDIS_URL": redis_url,
        "CICLO_BLOB_URL": blob_dir.as_uri(),
        "CICLO_TRUST_ANCHORS": str(tmp_path),
    }


@pytest.fixture
def renderer(filled_in: Environment, redis_url: str, tmp_path: Path) -> Environment:
    """The renderer's environment, likewise."""
    return _composed("renderer", filled_in) | {
        "REDIS_URL": redis_url,
        "CICLO_SIGNING_DIR": str(tmp_path),
        "CICLO_URL": "http://127.0.0.1:1",
    }


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    """Starts ``python -m`` with nothing but the given variables; stopped at the end."""
    started: list[subprocess.Popen[str]] = []

    def start(environment: Environment, module: list[str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            env={"PATH": os.environ["PATH"]} | environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


def _serve(port: int) -> list[str]:
    return ["uvicorn", "services.api.main:create_app", "--factory", "--port", str(port)]


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def _refusal(process: "subprocess.Popen[str]") -> str:
    """What a process that refuses to start says."""
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    return errors


def test_the_api_starts_with_what_compose_gives_it(api: Environment, spawn: Spawn) -> None:
    port = free_port()
    process = spawn(api, _serve(port))
    deadline = time.monotonic() + 60
    while _status(port, "/health/ready") != http.HTTPStatus.OK:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert _status(port, "/v1/chambers") == http.HTTPStatus.UNAUTHORIZED


def test_the_api_refuses_a_role_that_isolation_does_not_bind(
    api: Environment, owner_url: str, database_admin_url: str, spawn: Spawn
) -> None:
    refused = [
        spawn(api | {"DATABASE_URL": url}, _serve(free_port()))
        for url in (owner_url, database_admin_url)
    ]
    for process in refused:
        assert "DATABASE_URL must name a role" in _refusal(process)


def test_services_refuse_the_example_as_it_is(
    api: Environment, renderer: Environment, spawn: Spawn
) -> None:
    example = {"CICLO_RENDERER_TOKEN": "change-me", "CICLO_SIGNING_PASSWORD": "change-me"}
    unfilled_api = spawn(api | example, _serve(free_port()))
    unfilled_renderer = spawn(renderer | example, ["services.renderer.worker"])
    assert "renderer_token" in _refusal(unfilled_api)
    assert "renderer_token, signing_password" in _refusal(unfilled_renderer)


def test_the_renderer_starts_and_listens_with_what_compose_gives_it(
    renderer: Environment, spawn: Spawn
) -> None:
    process = spawn(renderer, ["services.renderer.worker"])
    assert process.stderr is not None
    assert "waiting for jobs" in process.stderr.readline()
    assert process.poll() is None
