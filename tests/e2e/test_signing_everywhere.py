"""Whole lives of documents from the command line, signed wherever a key may be.

Real PostgreSQL, Redis, API and a worker process; a token of SoftHSM, a remote signing service and
authorities of the tests' own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.entity_office import year_of
from tests.e2e.commands import Outcome, ciclo_here
from tests.e2e.deciding import ACT, attempts, configure_signing, rendered, say, terminal_of
from tests.e2e.render_system import RenderSystem, render_system
from tests.renderer import cloud, hsm
from tests.renderer.cloud import Cloud
from tests.renderer.pki import PASSWORD, Pki
from tests.renderer.signing import Office, order

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

YEAR = 2017
SECRETARY, PRESIDENT, COMMISSIONER = "segretario_generale", "presidente", "commissario"
CONTROLLER, OIV, SIGNER = ({"*": [role]} for role in ("controller", "oiv", "signer"))
SIGNING: dict[str, Any] = {
    "level": "B-LTA",
    "signatures": [
        {"office": SECRETARY, "title": "Il Segretario generale", "identity": "dispositivo"},
        {"office": PRESIDENT, "title": "Il Presidente", "identity": "remota"},
        {"office": COMMISSIONER, "title": "Il Commissario straordinario"},
    ],
}


@pytest.fixture(scope="module")
def pki() -> Iterator[Pki]:
    with Pki() as running:
        yield running


@pytest.fixture(scope="module")
def remote(pki: Pki) -> Iterator[Cloud]:
    with Cloud(pki.person("Presidente da remoto")) as running:
        yield running


@pytest.fixture(scope="module")
def system(
    pki: Pki,
    remote: Cloud,
    runtime_url: str,
    redis_server_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RenderSystem]:
    """API and worker, which has a token in a slot and an account of the remote service."""
    folder = tmp_path_factory.mktemp("signing-everywhere")
    with render_system(folder, runtime_url, redis_server_url) as made:
        keys = folder / "signing"
        pki.trust(keys / "trust")
        with hsm.token(keys, pki.person("Segretario sul dispositivo")) as settings:
            (keys / "dispositivo.toml").write_text(hsm.description())
            (keys / "remota.toml").write_text(remote.description())
            (keys / "token").write_text(cloud.TOKEN)
            made.start_api()
            made.prepare()
            made.start_renderer(CICLO_TSA_URL=pki.tsa_url, **{hsm.SETTINGS: str(settings)})
            yield made


class Relazione:
    """The Relazione of Pisa and those who decide on it, at a terminal."""

    def __init__(self, system: RenderSystem, address: str) -> None:
        self.system = system
        self.address = address

    def run(self, person: str, roles: dict[str, list[str]], *words: object, **more: str) -> Outcome:
        """``ciclo report WORD PI 2017 ...``."""
        first, *others = words
        where = terminal_of(self.system, person, roles)
        return ciclo_here("report", first, "PI", YEAR, *others, "--json", **where, **more)

    def sign(self, office: str, **secrets: str) -> Outcome:
        """Asks for the signature of an office."""
        return self.run(office, SIGNER, "sign", "--office", office, **secrets)

    def shown(self) -> dict[str, Any]:
        """What the API says of it."""
        return dict(self.system.request("GET", self.address).json())

    def pdf(self) -> bytes:
        """The document as it is."""
        return self.system.request("GET", f"{self.address}/pdf").content


def done(outcome: Outcome) -> dict[str, Any]:
    """What a command that went well has answered."""
    assert outcome.status == 0, outcome.errors + outcome.text
    return dict(outcome.document)


def refused(outcome: Outcome, code: str) -> None:
    """A command failed, and said this."""
    assert outcome.status == 1, outcome.text
    assert code in outcome.text


def test_a_token_a_remote_service_and_a_copy_from_outside(
    system: RenderSystem, pki: Pki, remote: Cloud, tmp_path: Path
) -> None:
    configure_signing(system, SIGNING)
    report = Relazione(system, rendered(system, YEAR))
    act = [word for name, value in ACT.items() for word in (f"--{name}", value)]
    assert done(report.run("controllo", CONTROLLER, "approve", *act))["state"] == "approved"
    judged = report.run("oiv", OIV, "validate", "--date", "2019-06-20")
    assert done(judged)["state"] == "validated"
    sealed = report.pdf()

    refused(report.sign(SECRETARY, CICLO_PIN="9999"), "wrong_pin")
    tokens, aside = system.folder / "signing" / "tokens", system.folder / "aside"
    pki.behaviour.meanwhile["ocsp"] = lambda: _pull_out(tokens, aside)
    refused(report.sign(SECRETARY, CICLO_PIN=hsm.PIN), "token_unavailable")
    assert "ocsp" not in pki.behaviour.meanwhile
    assert attempts(system)[-5:] == [1, 2, 3, 4, 5]  # CICLO_RENDER_ATTEMPTS
    aside.rename(tokens)
    assert (report.pdf(), report.shown()["state"]) == (sealed, "validated")
    by_token = done(report.sign(SECRETARY, CICLO_PIN=hsm.PIN))["items"][1]["made"]
    assert (by_token["level"], by_token["origin"]) == ("B-LTA", "service")

    remote.calls.clear()
    refused(report.sign(PRESIDENT, CICLO_PIN=cloud.PIN, CICLO_OTP="000000"), "wrong_pin")
    assert remote.calls.count("credentials/authorize") == 1
    done(report.sign(PRESIDENT, CICLO_PIN=cloud.PIN, CICLO_OTP=cloud.OTP))

    issued, copy = report.pdf(), tmp_path / "copia.pdf"
    office = Office(pki, tmp_path)
    (tmp_path / f"{COMMISSIONER}.p12").write_bytes(pki.person("Commissario altrove").p12(PASSWORD))
    copy.write_bytes(office.sign(issued, order(COMMISSIONER), "B-LTA"))
    brought = report.run(COMMISSIONER, SIGNER, "signed-copy", copy, "--office", COMMISSIONER)
    listed = done(brought)
    assert [item["made"]["origin"] for item in listed["items"]] == [
        *("seal", "service", "service", "upload")
    ]
    assert report.shown()["state"] == "signed"
    assert done(report.run("controllo", CONTROLLER, "publish"))["state"] == "published"
    _renewed(report, copy.read_bytes(), tmp_path)


def _renewed(report: Relazione, published: bytes, folder: Path) -> None:
    """Its time stamps are renewed, as a scheduler does it; the public file is the new one."""
    system = report.system

    def renew(*words: object) -> list[dict[str, Any]]:
        where = terminal_of(system, "pianificatore", CONTROLLER)
        return list(done(ciclo_here("report", "renew", "PI", *words, "--json", **where))["items"])

    assert renew("--within-days", 30) == []
    far = ("--within-days", 400)
    assert [item["renewed"] for item in renew(*far, "--dry-run")] == [False]
    assert report.pdf() == published
    [item] = renew(*far)
    assert (item["renewed"], item["report_id"]) == (True, report.address.rsplit("/", 1)[1])
    renewed = report.pdf()
    assert renewed.startswith(published)
    public = system.client.get(f"/v1/publications/PI/{item['report_id']}/pdf").content
    assert public == renewed
    path = folder / "pubblicata.pdf"
    path.write_bytes(renewed)
    where = {"CICLO_URL": system.url, "CICLO_TRUST_ANCHORS": f"{system.folder}/signing/trust"}
    verdict = done(ciclo_here("verify", path, "--json", **where))  # nobody in particular
    assert [item["level"] for item in verdict["signatures"]] == ["B-B", *["B-LTA"] * 3]
    assert [item["signer"] for item in verdict["signatures"]][1:] == [
        *("Segretario sul dispositivo", "Presidente da remoto", "Commissario altrove")
    ]
    assert len(verdict["stamps"]) == 4
    assert verdict["document"]["stages"][-1]["this"]


def _pull_out(tokens: Path, aside: Path) -> None:
    tokens.rename(aside)


ENTITY_YEAR = 2022
ENTITY = ("TNO", ENTITY_YEAR)
ACTS = [{"document": "relazione", "organ": "Giunta", "number": "1", "date": "2023-05-10"}]
PEOPLE = {
    "controllo-ente": {"TNO": ["controller"]},
    "oiv-ente": {"TNO": ["oiv"]},
    SECRETARY: {"TNO": ["signer"]},
    PRESIDENT: {"TNO": ["signer"]},
}


def test_the_report_of_the_entity_from_the_act_to_the_public_page(
    system: RenderSystem, tmp_path: Path
) -> None:
    for code, figures in {"LU": ("30", "40"), "PI": ("5", "60"), "TNO": ("10", "20")}.items():
        body = {"code": code, "entity": "TNO", "title": f"Camera {code}"}
        assert system.request("POST", "/v1/chambers", json=body).status_code in {201, 409}
        year = {**year_of(code, ENTITY_YEAR, *figures), "acts": ACTS}
        say(system, "POST", f"/v1/chambers/{code}/imports", year)
    for person in PEOPLE:
        grant = ("--chambers", "LU,PI", "--reason", "Relazione", "--until", "2099-12-31")
        where = terminal_of(system, "amministratore", {"*": ["entity_administrator"]})
        assert ciclo_here("entity", "grant", person, *grant, **where).status == 0

    def step(person: str, *words: object) -> dict[str, Any]:
        where = terminal_of(system, person, PEOPLE[person])
        return done(ciclo_here(*words, "--json", **where))

    kind = ("--kind", "relazione_ente")
    out = tmp_path / "ente.pdf"
    step("controllo-ente", "entity", "report", ENTITY_YEAR, "--out", out)
    approval = ("--organ", "Giunta camerale", "--number", "7", "--date", "2023-06-20")
    states = [step("controllo-ente", "report", "approve", *ENTITY, *kind, *approval)["state"]]
    valid = step("oiv-ente", "report", "validate", *ENTITY, *kind, "--date", "2023-06-28")
    states.append(valid["state"])
    for office in (SECRETARY, PRESIDENT):
        listed = step(office, "report", "sign", *ENTITY, *kind, "--office", office)
    assert listed["complete"]
    published = step("controllo-ente", "report", "publish", *ENTITY, *kind)
    assert [*states, published["state"]] == ["approved", "validated", "published"]
    moves = [move["move"] for move in published["moves"]]
    assert moves == ["approve", "validate", "sign", "publish"]
    public = system.client.get(f"/v1/publications/TNO/{published['report_id']}/pdf").content
    assert public.startswith(out.read_bytes())
    verdict = system.verify(public)
    assert verdict["valid"], verdict
    assert len(verdict["signatures"]) == 3
