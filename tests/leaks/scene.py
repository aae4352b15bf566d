"""The installation that is searched for leaks: three chambers, two of them victims."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from deploy.local.identity import LocalIssuer
from services.api.container import Container
from services.api.main import create_app
from shared.domain.permissions import MACHINE_ACTIONS, Role, allowed_actions
from tests.api.plan_office import small
from tests.api.report_system import ScriptedRenderer, settings_for
from tests.api.system import ADMINISTRATOR, Api, Roles
from tests.api.webhook_sender import create_integration, measure
from tests.leaks.attackers import Attacker
from tests.leaks.operations import Filler, operations
from tests.leaks.routes import Walk
from tests.leaks.victims import (
    LIVED,
    MADE,
    MARKER,
    STRANGER,
    VICTIMS,
    Ledger,
    make_rows,
    marked_case,
)

YEAR = 2020


@dataclass(frozen=True)
class Scene:
    """The running application and its victims."""

    api: Api
    ledger: Ledger
    folder: Path

    @property
    def app(self) -> FastAPI:
        return self.api.app

    @property
    def parts(self) -> Container:
        container: Container = self.app.state.container
        return container

    def blob_keys(self) -> list[str]:
        """Keys of what is stored for the victim that has lived."""
        root = self.folder / "blobs"
        return sorted(str(path.relative_to(root)) for path in (root / LIVED).rglob("*.pdf"))

    async def report(self, chamber: str) -> None:
        """A report of a chamber's year, rendered and sealed."""
        asked = await self.api.call("POST", f"/v1/chambers/{chamber}/reports", json={"year": YEAR})
        assert asked.status_code == 202, asked.text
        base = f"/internal/v1/chambers/{chamber}/render-jobs/{asked.json()['job_id']}"
        await ScriptedRenderer(self.api.client, self.folder / "signing", base).work()

    async def machine(self) -> Attacker:
        """A machine of the other chamber, whose key allows all that keys may."""
        path = f"/v1/chambers/{STRANGER}/clients"
        roles = (Role.CHAMBER_ADMINISTRATOR, Role.CONTROLLER, Role.VALIDATOR, Role.OIV)
        scopes = sorted(allowed_actions(roles) & MACHINE_ACTIONS)
        body = {"title": "Sistema di prova", "scopes": scopes}
        answer = await self.api.call("POST", path, {STRANGER: [*roles]}, json=body)
        assert answer.status_code == 201, answer.text
        (key,) = re.findall(r"ciclo_[0-9a-f]{32}_[\w-]{43}", answer.text)
        return Attacker(f"machine of {STRANGER}", {"Authorization": f"Bearer {key}"}, at_home=True)

    async def walk(self) -> Walk:
        """What to try on it."""
        found = operations(self.app)
        fillers = {code: Filler(code, await self.ledger.values(code)) for code in VICTIMS}
        cursors: dict[str, str] = {}
        for operation in found:
            if operation.method == "get" and "cursor" in operation.query:
                path = fillers[LIVED].path(operation, LIVED)
                answer = await self.api.call("GET", path, params={"limit": 1})
                following = answer.json().get("next") if answer.is_success else None
                if following:
                    cursors[operation.path] = following
        return Walk(self.api.client, self.ledger, found, fillers, cursors)


@asynccontextmanager
async def searched(runtime_url: str, owner_url: str, folder: Path) -> AsyncIterator[Scene]:
    """The scene, set; nothing runs in its background that would change a row by itself."""
    settings = settings_for(
        runtime_url, "redis://127.0.0.1:1/0", folder, dispatch=False, rate_limit_per_minute=10**6
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://ciclo.test") as client,
    ):
        api = Api(app, client, LocalIssuer(folder / "identity"))
        scene = Scene(api, Ledger(owner_url), folder)
        await api.create_chambers(STRANGER)
        await _live(scene, STRANGER, case_of(YEAR), "")
        await _chamber(scene)
        await _live(scene, LIVED, marked_case(case_of(YEAR), LIVED), MARKER)
        await make_rows(scene.parts.database, MADE)
        yield scene


async def _chamber(scene: Scene) -> None:
    body = {"code": LIVED, "entity": "TNO", "title": f"Camera {MARKER}"}
    headers = {"Idempotency-Key": "the-victims-key-1"}
    await _done(scene, "POST", "/v1/chambers", body, headers)


def case_of(year: int) -> bytes:
    """A year that can be approved, with a text and a table."""
    table = {
        "code": "T1",
        "section": "personale",
        "title": "Personale",
        "columns": ["Categoria"],
        "rows": [["C"]],
    }
    narratives = [{"objective": "A", "text": "Impatto atteso"}]
    return json.dumps(small(year, tables=[table], narratives=narratives)).encode()


async def _live(scene: Scene, chamber: str, case: bytes, word: str) -> None:
    """A year of a chamber, with something of everything that the API makes."""
    text = f"Motivo {word or chamber}"
    base = f"/v1/chambers/{chamber}"
    plan = f"{base}/plans/{YEAR}"
    imported = await scene.api.import_case(
        chamber, case, headers={"Idempotency-Key": f"import-{chamber}"}
    )
    assert imported.status_code == 201, imported.text
    await _done(scene, "PUT", f"{plan}/narratives/objective:A1", {"text": text})
    await _write_together(scene, plan, text)
    first = (await scene.api.call("GET", f"{plan}/measurements")).json()["items"][0]
    measured = f"{plan}/measurements/{first['measurement_id']}"
    given = {"value": "7", "note": text, "status": "measured", "value_text": text}
    await _done(scene, "PUT", measured, given, await _match(scene, measured))
    await _done(scene, "POST", f"{measured}/submission", None, await _match(scene, measured))
    await _done(
        scene,
        "POST",
        f"{plan}/evaluations",
        {"scope": "chamber", "objective": "A", "effect": "exclude", "reason": text},
    )
    await _evaluate(scene, chamber, plan, measured, text)
    entry = {"kind": "measure", "source": "own", "code": "voce", "value_type": "number"}
    await _done(scene, "POST", f"{base}/catalogue", entry | {"title": text})
    member = {"person": f"persona {word or chamber}", "roles": ["contributor"], "units": [text]}
    await _done(scene, "POST", f"{base}/members", member)
    client = {"title": text, "scopes": ["plan.read"]}
    await _done(scene, "POST", f"{base}/clients", client)
    sender = await create_integration(scene.api, chamber, f"integra-{chamber.lower()}")
    answer = await sender.send(measure(f"unknown {word or chamber}", "1", YEAR))
    assert answer.json()["quarantined"] == 1, answer.text
    await scene.report(chamber)
    act = {"organ": text, "number": "7", "date": "2021-01-29"}
    await _done(scene, "POST", f"{plan}/approval", {"act": act}, await _match(scene, plan))


async def _write_together(scene: Scene, plan: str, text: str) -> None:
    """A draft, a thread, an assignment and a preview of the draft."""
    draft = {"text": text, "base_version": 1}
    await _done(scene, "PUT", f"{plan}/narratives/objective:A1/draft", draft)
    thread = {"key": "objective:A1", "text": text, "quote": text}
    await _done(scene, "POST", f"{plan}/comment-threads", thread)
    owed = {"offices": [text], "due_on": "2021-04-30", "note": text}
    await _done(scene, "PUT", f"{plan}/text-assignments/objective:A1", owed)
    preview = {"key": "objective:A1", "own_drafts": True}
    await _done(scene, "POST", f"{plan}/previews", preview)


async def _evaluate(scene: Scene, chamber: str, plan: str, measured: str, text: str) -> None:
    """Everything that an evaluation says, and a file that proves a measurement."""
    cause = {"cause": "exogenous", "explanation": text, "corrective_action": text}
    await _done(scene, "PUT", f"{plan}/deviations/objective:A1", cause)
    await _done(scene, "PUT", f"{plan}/analyses/A1", {"issues": text})
    oiv = {chamber: ["oiv"]}
    await _done(scene, "PUT", f"{plan}/judgements/A1", {"text": text}, roles=oiv)
    overall = {"label": "adeguato", "text": text}
    await _done(scene, "PUT", f"{plan}/overall-judgement", overall, roles=oiv)
    proved = await scene.api.call(
        "POST",
        f"{measured}/evidence",
        params={"name": f"{text}.txt"},
        content=text.encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert proved.status_code == 201, proved.text


async def _match(scene: Scene, path: str) -> dict[str, str]:
    return {"If-Match": (await scene.api.call("GET", path)).headers["etag"]}


async def _done(
    scene: Scene,
    method: str,
    path: str,
    body: object = None,
    headers: dict[str, str] | None = None,
    roles: Roles = ADMINISTRATOR,
) -> None:
    content = None if body is None else json.dumps(body)
    sent = {"Content-Type": "application/json", **(headers or {})}
    answer = await scene.api.call(method, path, roles, content=content, headers=sent)
    assert answer.is_success, f"{method} {path}: {answer.text}"
