"""What a document waits for before it is signed: a year with nothing to explain, acts, the OIV."""

import re
from typing import Any

from tests.e2e.render_system import SMALL, RenderSystem

ACT = {"organ": "Giunta", "number": "7", "date": "2019-06-10"}
JUDGED = {"label": "raggiunto", "text": "Anno di tenuta.", "final": True}


def reached(year: int) -> dict[str, Any]:
    """A year whose only target was reached."""
    target = {str(year): {"op": ">=", "value": "200"}}
    return {**SMALL, "year": year, "indicators": [{**SMALL["indicators"][0], "targets": target}]}


def everybody(system: RenderSystem) -> dict[str, str]:
    """The header of somebody who runs the cycle and judges it, too."""
    token = system.issuer.mint({"*": ["entity_administrator", "controller", "oiv"]})
    return {"Authorization": f"Bearer {token}"}


def say(
    system: RenderSystem, method: str, path: str, body: dict[str, Any], etag_of: str = "",
    **more: str,
) -> dict[str, Any]:  # fmt: skip
    """What is answered; ``etag_of`` is an address that was just read."""
    headers = everybody(system) | more
    if etag_of:
        headers["If-Match"] = system.request("GET", etag_of, headers=headers).headers["etag"]
    answer = system.request(method, path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return dict(answer.json())


def configure_signing(system: RenderSystem, signing: dict[str, Any]) -> None:
    """Sets how documents of Pisa are signed."""
    path = "/v1/chambers/PI/configuration"
    merge = {"Content-Type": "application/merge-patch+json"}
    say(system, "PATCH", path, {"signing": signing}, path, **merge)


def rendered(system: RenderSystem, year: int) -> str:
    """Address of the Relazione of a year with nothing to explain."""
    say(system, "POST", "/v1/chambers/PI/imports", reached(year))
    say(system, "PUT", f"/v1/chambers/PI/plans/{year}/overall-judgement", JUDGED)
    asked = system.ask(year)
    return str(system.job_when(asked, lambda job: job["state"] == "done", seconds=180)["report"])


def terminal_of(system: RenderSystem, person: str, roles: dict[str, list[str]]) -> dict[str, str]:
    """The environment of somebody at a terminal; a signer's name is that of the office."""
    token = system.issuer.mint(roles, subject=person, units=[person])
    return {"CICLO_URL": system.url, "CICLO_TOKEN": token}


def attempts(system: RenderSystem) -> list[int]:
    """Which attempt each job was in that the worker took."""
    log = (system.folder / "renderer.log").read_text()
    return [int(number) for number in re.findall(r"leased, attempt (\d+)", log)]
