"""``ciclo audit``: what a person at a terminal learns."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner

from deploy.local.identity import LocalIssuer
from services.api.cli.client import ApiClient
from services.api.cli.main import app
from services.api.main import create_app
from tests.api.live import serving
from tests.api.system import settings_for


@pytest.fixture
def terminal(
    runtime_url: str, issuer: LocalIssuer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CliRunner]:
    """A terminal of the administrator of an entity with one chamber."""
    token = issuer.mint({"*": ["entity_administrator"]})
    with serving(create_app(settings_for(runtime_url, issuer))) as url:
        monkeypatch.setenv("CICLO_URL", url)
        monkeypatch.setenv("CICLO_TOKEN", token)
        monkeypatch.setenv("CICLO_LANG", "it")
        with ApiClient(url, token) as api:
            api.create("/v1/entities", {"code": "TNO", "title": "Toscana Nord-Ovest"})
            api.create("/v1/chambers", {"code": "PI", "entity": "TNO", "title": "Pisa"})
        yield CliRunner()


async def _altered(owner_url: str) -> None:
    connection = await asyncpg.connect(owner_url)
    await connection.execute("SELECT set_config('ciclo.chambers', 'PI', false)")
    await connection.execute("UPDATE audit_log SET actor = 'nobody'")
    await connection.close()


def test_list_and_verify(terminal: CliRunner, owner_url: str, tmp_path: Path) -> None:
    listed = json.loads(terminal.invoke(app, ["audit", "list", "PI", "--json"]).output)
    assert [line["action"] for line in listed["items"]] == ["chamber.created"]
    assert "chamber.created" in terminal.invoke(app, ["audit", "list", "PI"]).output
    entity = terminal.invoke(app, ["audit", "list", "TNO", "--entity", "--json"])
    assert [line["action"] for line in json.loads(entity.output)["items"]] == ["entity.created"]

    note = tmp_path / "note.json"
    intact = terminal.invoke(app, ["audit", "verify", "PI", "--out", str(note)])
    assert intact.exit_code == 0
    assert "integro" in intact.output
    assert json.loads(note.read_text())["head"]["hash"] in intact.output
    again = terminal.invoke(app, ["audit", "verify", "PI", "--anchor", str(note)])
    assert again.exit_code == 0

    asyncio.run(_altered(owner_url))
    broken = terminal.invoke(app, ["audit", "verify", "PI", "--json"])
    assert broken.exit_code == 1
    assert [fault["code"] for fault in json.loads(broken.output)["faults"]] == ["altered"]
    assert "altered" in terminal.invoke(app, ["audit", "verify", "PI"]).output

    note.write_text("{}")
    wrong = terminal.invoke(app, ["audit", "verify", "PI", "--anchor", str(note)])
    assert wrong.exit_code == 1
    assert "non è l'esito" in wrong.output
