"""``ciclo member``, ``ciclo client`` and ``ciclo token`` against the real embedded system."""

import json
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.e2e.commands import PISA, ciclo, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def system() -> Iterator[tuple[Path, str]]:
    """Data directory and address of a running system with a year of Pisa."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-identities-"))
    root.chmod(0o711)
    folder = root / "data"
    up = start("up", "--data", folder, "--port", str(free_port()), "--json")
    try:
        assert up.stdout is not None
        ready = up.stdout.readline()
        assert ready, up.communicate(timeout=60)[1]
        assert ciclo("import", PISA, "--data", folder).status == 0
        yield folder, json.loads(ready)["api"]
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def test_members_come_change_and_go(system: tuple[Path, str]) -> None:
    data, _ = system
    added = ciclo(
        *("member", "add", "PI", "ada", "--role", "contributor", "--unit", "Ufficio Studi"),
        *("--until", "2030-12-31", "--data", data, "--json"),
    )
    assert added.document["units"] == ["Ufficio Studi"]
    changed = ciclo("member", "add", "PI", "ada", "--role", "reader", "--data", data, "--json")
    assert (changed.document["roles"], changed.document["units"]) == (["reader"], [])
    assert changed.document["valid_until"] is None
    assert "ada" in ciclo("member", "list", "PI", "--data", data).text
    assert ciclo("member", "show", "PI", "ada", "--data", data).status == 0
    escalation = ciclo(
        "member", "add", "PI", "ugo", "--role", "entity_administrator", "--data", data
    )
    assert escalation.status == 1
    assert "entity_administrator" in escalation.errors
    assert ciclo("member", "remove", "PI", "ada", "--data", data).status == 0
    missing = ciclo("member", "show", "PI", "ada", "--data", data)
    assert missing.status == 1
    assert "ciclo member list" in missing.errors


def test_a_machines_key_works_until_it_is_revoked(system: tuple[Path, str]) -> None:
    data, url = system
    made = ciclo(
        *("client", "create", "PI", "Gestionale", "--scope", "plan.read"),
        *("--scope", "result.read", "--data", data, "--json"),
    ).document
    machine = {"CICLO_URL": url, "CICLO_TOKEN": made["issued"]["key"]}
    assert ciclo("results", "PI", "2020", "--json", **machine).document["shown"] == "94.9"
    assert ciclo("client", "list", "PI", **machine).status == 1
    identifier = made["client"]["client_id"]
    rotated = ciclo("client", "rotate", "PI", identifier, "--data", data, "--json").document
    newer = {**machine, "CICLO_TOKEN": rotated["key"]}
    assert ciclo("results", "PI", "2020", **newer).status == 0
    listed = ciclo("client", "list", "PI", "--data", data).text
    assert "Gestionale" in listed
    assert rotated["key"] not in listed
    assert ciclo("client", "revoke", "PI", identifier, "--data", data).status == 0
    assert ciclo("results", "PI", "2020", **newer).status == 1


def test_the_local_issuer_does_not_exist_in_production(system: tuple[Path, str]) -> None:
    data, _ = system
    words = ("token", "--role", "controller", "--chamber", "PI", "--data", data)
    assert ciclo(*words).text.startswith("ey")
    refused = ciclo(*words, CICLO_MODE="production")
    assert (refused.status, refused.text) == (1, "")
    assert "produzione" in refused.errors
