"""A worker process signs what was validated, asked by ``ciclo``: with failures, retries and a kill.

Real PostgreSQL, Redis, API and renderer; the time stamping authority is the tests' own, and can be
away or silent. What is not signed as asked is never called signed.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.renderer.signing.development import identity_for
from tests.e2e.commands import Outcome, ciclo
from tests.e2e.deciding import ACT, attempts, configure_signing, rendered, say, terminal_of
from tests.e2e.render_system import RenderSystem, render_system, until
from tests.renderer.pki import Pki

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

YEAR = 2018
SECRETARY, PRESIDENT = "segretario_generale", "presidente"
PIN = "7391-segretissimo"


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with Pki() as running:
        yield running
        running.behaviour.answering.set()


@pytest.fixture(scope="module")
def system(
    pki: Pki, runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RenderSystem]:
    """A system with a validated Relazione that waits for two signatures at level B-T."""
    folder = tmp_path_factory.mktemp("signing-system")
    with render_system(folder, runtime_url, redis_server_url) as made:
        made.start_api()
        made.prepare()
        keys = folder / "signing"
        pki.trust(keys / "trust")
        identity_for(
            *(keys, "PI", "Camera di Pisa", PIN.encode()),
            target=keys / "sg.p12",
            office="Il Segretario generale",
        )
        (keys / f"PI-{SECRETARY}.toml").write_text('source = "pkcs12"\nfile = "sg.p12"\n')
        made.start_renderer(CICLO_TSA_URL=pki.tsa_url)
        _validated(made)
        yield made


def _validated(system: RenderSystem) -> None:
    configure_signing(system, {"level": "B-T"})
    report = rendered(system, YEAR)
    say(system, "POST", f"{report}/approval", {"act": ACT}, report)
    say(system, "POST", f"{report}/validation", {"date": "2019-06-20"}, report)


def _ciclo(system: RenderSystem, *words: str | Path, office: str, **variables: str) -> Outcome:
    """A command of whoever holds an office."""
    return ciclo("report", *words, **terminal_of(system, office, {"PI": ["signer"]}), **variables)


def _sign(system: RenderSystem, office: str, **variables: str) -> Outcome:
    words = ("sign", "PI", str(YEAR), "--office", office, "--json")
    return _ciclo(system, *words, office=office, **variables)


def _report(system: RenderSystem) -> dict[str, Any]:
    rows = system.request("GET", f"/v1/chambers/PI/reports?year={YEAR}&kind=relazione").json()
    [row] = rows["items"]
    return dict(row)


def _states(system: RenderSystem) -> list[str]:
    listed = _ciclo(system, "signatures", "PI", str(YEAR), "--json", office=SECRETARY)
    return [item["state"] for item in listed.document["items"]]


def test_a_wrong_pin_is_tried_once_and_signs_nothing(system: RenderSystem) -> None:
    before = _report(system)
    for variables, code in (({}, "pin_required"), ({"CICLO_PIN": "0000-errato"}, "wrong_pin")):
        refused = _sign(system, SECRETARY, **variables)
        assert refused.status == 1
        assert code in refused.document["title"]
    assert _report(system) == before
    assert _states(system) == ["made", "next", "waiting"]


def test_a_missing_stamping_authority_signs_nothing(system: RenderSystem, pki: Pki) -> None:
    before, asked = _report(system), pki.calls.count("tsa")
    pki.behaviour.away.add("tsa")
    refused = _sign(system, SECRETARY, CICLO_PIN=PIN)
    pki.behaviour.away.clear()
    assert refused.status == 1
    assert "tsa_unavailable" in refused.document["title"]
    assert pki.calls.count("tsa") - asked >= 5  # at least once an attempt (CICLO_RENDER_ATTEMPTS)
    assert _report(system) == before
    assert _states(system) == ["made", "next", "waiting"]


@pytest.mark.parametrize("fault", ["expired", "revoked"])
def test_a_certificate_that_is_no_good_signs_nothing(
    system: RenderSystem, pki: Pki, fault: str
) -> None:
    before = _report(system)
    holder = pki.person(fault, days=(-60, -1) if fault == "expired" else (-30, 365))
    if fault == "revoked":
        pki.revoke(holder)
    usual = (system.folder / "signing" / "sg.p12").read_bytes()
    (system.folder / "signing" / "sg.p12").write_bytes(holder.p12(PIN))
    refused = _sign(system, SECRETARY, CICLO_PIN=PIN)
    (system.folder / "signing" / "sg.p12").write_bytes(usual)
    assert refused.status == 1
    assert f"identity_{fault}" in refused.document["title"]
    assert attempts(system)[-1] == 1  # trying again would not help
    assert _report(system) == before
    assert _states(system) == ["made", "next", "waiting"]


def test_a_worker_killed_in_mid_signature(system: RenderSystem, pki: Pki, tmp_path: Path) -> None:
    before, asked = _report(system), pki.calls.count("tsa")
    pki.behaviour.answering.clear()
    pin_file = tmp_path / "pin"
    pin_file.write_text(f"{PIN}\n")
    outcome: list[Outcome] = []
    words = ("sign", "PI", str(YEAR), "--office", SECRETARY, "--pin-file", pin_file, "--json")
    person = threading.Thread(
        target=lambda: outcome.append(_ciclo(system, *words, office=SECRETARY))
    )
    person.start()
    until(lambda: pki.calls.count("tsa") > asked or None, 120)
    assert _report(system) == before
    system.kill_renderers()
    pki.behaviour.answering.set()
    system.start_renderer(CICLO_TSA_URL=pki.tsa_url)
    person.join(90)
    [signed] = outcome
    assert signed.status == 0, signed.errors
    assert [item["state"] for item in signed.document["items"]] == ["made", "made", "next"]
    made = signed.document["items"][1]["made"]
    assert (made["level"], made["origin"]) == ("B-T", "service")
    after = _report(system)
    assert (after["state"], after["document"]["sha256"]) == ("validated", made["stage"]["sha256"])
    verdict = system.verify(system.request("GET", after["document"]["href"]).content)
    assert verdict["valid"], verdict
    assert [item["level"] for item in verdict["signatures"]] == ["B-B", "B-T"]


def test_the_last_one_signs_elsewhere_and_then_it_is_signed(
    system: RenderSystem, tmp_path: Path
) -> None:
    refused = _copy(system, tmp_path, _present(system))
    assert refused.status == 1
    assert "one_signature_expected" in {fault["code"] for fault in refused.document["errors"]}
    assert _report(system)["state"] == "validated"

    signed = _sign(system, PRESIDENT)
    assert signed.status == 0, signed.errors
    assert signed.document["complete"] is True
    assert _report(system)["state"] == "signed"
    shown = _ciclo(system, "list", "PI", str(YEAR), office=PRESIDENT)
    assert "firmato" in shown.text
    people = _ciclo(system, "signatures", "PI", str(YEAR), office=PRESIDENT)
    assert "Ogni firma attesa c'è." in people.text
    again = _sign(system, PRESIDENT)
    assert (again.status, again.document["code"]) == (1, "report_already_signed")


def test_what_was_given_for_a_signature_is_nowhere(system: RenderSystem) -> None:
    logs = [path.read_text(errors="replace") for path in system.folder.glob("*.log")]
    assert len(logs) >= 2
    assert not [log for log in logs if PIN in log]


def _present(system: RenderSystem) -> bytes:
    return system.request("GET", _report(system)["document"]["href"]).content


def _copy(system: RenderSystem, folder: Path, pdf: bytes) -> Outcome:
    path = folder / "copia.pdf"
    path.write_bytes(pdf)
    words = ("signed-copy", "PI", str(YEAR), path, "--office", PRESIDENT, "--json")
    return _ciclo(system, *words, office=PRESIDENT)
