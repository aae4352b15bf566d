"""The report of an entity from the act to the public page: who decides, in which order."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.entity_office import BASE, year_of
from tests.api.report_system import OFFICES, ReportSystem, running, settings_for
from tests.api.webhook_sender import Inside

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACT = {"organ": "Giunta camerale", "number": "7", "date": "2021-06-20"}
DONE = [{"document": "relazione", "organ": "Giunta", "number": "1", "date": "2021-06-10"}]
Answer = dict[str, Any]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system(
    runtime_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ReportSystem]:
    folder = Path(tmp_path_factory.mktemp("entity-life"))
    async with running(settings_for(runtime_url, redis_server_url, folder), folder) as started:
        await started.prepare()
        body = {"code": "TNO", "entity": "TNO", "title": "Toscana Nord-Ovest"}
        made = await started.request("POST", "/v1/chambers", json=body)
        assert made.status_code in {201, 409}, made.text
        await imported(started, year_of("LU", 2020, "1", "2"))
        yield started


async def imported(system: ReportSystem, case: Mapping[str, Any]) -> None:
    """A year of a chamber, as a file."""
    path = f"/v1/chambers/{case['chamber']}/imports"
    answer = await system.request("POST", path, json=dict(case))
    assert answer.status_code in {200, 201}, answer.text


class Person:
    """Somebody with a role in the entity's own chamber."""

    def __init__(self, system: ReportSystem, role: str, name: str = "", **more: Any) -> None:  # noqa: ANN401 - as minted
        self.system = system
        self.name = name or role
        token = system.issuer.mint({"TNO": [role]}, subject=self.name, **more)
        self.headers = {"Authorization": f"Bearer {token}"}

    async def granted(self) -> "Person":
        """The same, who may read both chambers."""
        body = {
            "reader": self.name,
            "chambers": ["LU", "PI"],
            "reason": "Relazione dell'ente",
            "expires_on": "2099-12-31",
        }
        answer = await self.system.request("POST", f"{BASE}/readers", json=body)
        assert answer.status_code == 201, answer.text
        return self

    async def ask(self, **more: str) -> httpx.Response:
        """The answer to a request for the report of 2020."""
        return await self.system.client.post(
            f"{BASE}/reports", json={"year": 2020, **more}, headers=self.headers
        )

    async def rendered(self, **more: str) -> str:
        """Address of another version, made."""
        asked = await self.ask(**more)
        assert asked.status_code == 202, asked.text
        await self.system.renderer(asked.json()["job_id"], "TNO").work()
        return str(asked.json()["report"])

    async def read(self, report: str) -> httpx.Response:
        """The report as this person sees it."""
        answer = await self.system.client.get(report, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer

    async def move(self, report: str, name: str, **body: object) -> httpx.Response:
        """A move, by somebody who has just read the report."""
        headers = self.headers | {"If-Match": (await self.read(report)).headers["etag"]}
        return await self.system.client.post(f"{report}/{name}", json=body, headers=headers)

    async def moved(self, report: str, name: str, **body: object) -> Answer:
        """The report after a move."""
        answer = await self.move(report, name, **body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def sign(self, report: str, office: str) -> httpx.Response:
        """Asks for the signature of an office."""
        return await self.system.client.post(
            f"{report}/signatures", json={"office": office}, headers=self.headers
        )


async def signed(system: ReportSystem, report: str) -> None:
    """Everybody who is expected to has signed, in order."""
    for office in OFFICES:
        signer = await Person(system, "signer", office, units=[office]).granted()
        asked = await signer.sign(report, office)
        assert asked.status_code == 202, asked.text
        await system.renderer(asked.json()["job_id"], "TNO").sign()


async def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def public(system: ReportSystem, path: str) -> str:
    answer = await system.client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return answer.text


async def test_it_stands_on_reports_that_are_approved(system: ReportSystem) -> None:
    controller = await Person(system, "controller").granted()
    report = await controller.rendered()
    refused = await controller.move(report, "approval", act=ACT)
    assert await told(refused) == (422, "report_approval_refused")
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/entity/chapters/0/acts", "chamber_report_not_approved")
    ]
    assert "LU" in refused.json()["errors"][0]["detail"]
    await imported(system, {**year_of("LU", 2020, "1", "2"), "acts": DONE})
    still = await controller.move(report, "approval", act=ACT)
    assert await told(still) == (422, "report_approval_refused")  # the document is approved
    assert (await controller.moved(await controller.rendered(), "approval", act=ACT))["state"] == (
        "approved"
    )


async def test_without_a_plan_of_its_own_nobody_validates_it_again(
    system: ReportSystem, owner_url: str
) -> None:
    controller = await Person(system, "controller").granted()
    assert await told(await controller.ask()) == (422, "report_reason_required")
    report = await controller.rendered(reason="Corretto il valore di un indicatore.")
    early = await controller.move(report, "publication")
    assert await told(early) == (409, "report_not_approved")
    approved = await controller.moved(report, "approval", act=ACT)
    assert (approved["reason"], approved["moves"][0]["act"]["number"]) == (
        "Corretto il valore di un indicatore.",
        "7",
    )
    oiv = await Person(system, "oiv").granted()
    assert "report.validate" not in (await oiv.read(report)).json()["allowed_actions"]
    refused = await oiv.move(report, "validation", date="2021-06-28")
    assert await told(refused) == (409, "report_kind_not_validated")
    early = await controller.move(report, "publication")
    assert await told(early) == (409, "report_not_signed")
    await signed(system, report)
    published = await controller.moved(report, "publication")
    assert [move["move"] for move in published["moves"]] == ["approve", "sign", "publish"]
    assert published["allowed_actions"] == ["report.read", "report.request"]

    report_id = report.rsplit("/", 1)[1]
    address = f"/v1/publications/TNO/{report_id}"
    listed = (await system.client.get("/v1/publications?entity=TNO")).json()["items"]
    (row,) = [row for row in listed if row["kind"] == "relazione_ente"]
    assert row["pdf"] == f"{address}/pdf"
    assert f"{address}/data/consolidati.csv" in {file["href"] for file in row["data"]}
    document = f"/amministrazione-trasparente/TNO/performance/documenti/{report_id}"
    assert document in await public(system, "/amministrazione-trasparente/enti/TNO/performance")
    for path in (document, f"{document}/testo", f"{address}/data/consolidati.csv"):
        await public(system, path)
    for code in ("TNO", "PI", "LU"):  # chambers' own pages have what is theirs
        own = await system.client.get(f"/amministrazione-trasparente/{code}/performance")
        assert (document in own.text) == (code == "TNO")
    catalogue = await public(system, "/v1/entities/TNO/publications/catalogue/catalogo.ttl")
    assert f"{address}/pdf" in catalogue
    rows = await Inside(owner_url, "LU").rows(
        "SELECT subject FROM audit_log WHERE action = 'chamber.read_together' AND actor = $1",
        OFFICES[0],
    )
    assert f"report/{report_id}" in {row["subject"] for row in rows}


async def test_who_may_not_read_the_chambers_decides_nothing(system: ReportSystem) -> None:
    controller = await Person(system, "controller").granted()
    report = await controller.rendered(reason="Un'altra prova.")
    assert "report.approve" in (await controller.read(report)).json()["allowed_actions"]
    stranger = Person(system, "controller", "senza-autorizzazione")
    assert (await stranger.read(report)).json()["allowed_actions"] == ["report.read"]
    listed = await system.client.get("/v1/chambers/TNO/reports", headers=stranger.headers)
    (row,) = [r for r in listed.json()["items"] if report.endswith(r["report_id"])]
    assert row["allowed_actions"] == ["report.read"]
    refused = await stranger.move(report, "approval", act=ACT)
    assert await told(refused) == (403, "reading_not_granted")
    await controller.moved(report, "approval", act=ACT)
    for name in ("publication", "approval"):
        refused = await stranger.move(report, name, act=ACT)
        assert await told(refused) == (403, "reading_not_granted")
    signer = Person(system, "signer", "firma-al-buio", units=[OFFICES[0]])
    assert await told(await signer.sign(report, OFFICES[0])) == (403, "reading_not_granted")


async def test_with_a_plan_of_its_own_the_oiv_validates_it(system: ReportSystem) -> None:
    await imported(system, year_of("TNO", 2020, "10", "20"))
    controller = await Person(system, "controller").granted()
    report = await controller.rendered(reason="Ora anche il piano dell'ente.")
    refused = await controller.move(report, "approval", act=ACT)
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/acts"]
    await imported(system, {**year_of("TNO", 2020, "10", "20"), "acts": DONE})
    report = await controller.rendered(reason="Ora anche la Relazione dell'ente.")
    await controller.moved(report, "approval", act=ACT)
    early = await controller.move(report, "publication")
    assert await told(early) == (409, "report_not_validated")
    oiv = await Person(system, "oiv").granted()
    assert "report.validate" in (await oiv.read(report)).json()["allowed_actions"]
    await oiv.moved(report, "validation", date="2021-06-28")
    decisions = await system.client.get(
        "/v1/chambers/TNO/reports?kind=validazione", headers=oiv.headers
    )
    (decision,) = decisions.json()["items"]
    assert decision["about"] == report
    await system.renderer(decision["job"].rsplit("/", 1)[1], "TNO").work()
    await signed(system, report)
    assert (await controller.moved(report, "publication"))["state"] == "published"
    decided = f"/v1/chambers/TNO/reports/{decision['report_id']}"
    assert (await controller.moved(decided, "publication"))["state"] == "published"
    version = (await controller.read(report)).json()["version"]
    row = (await system.client.get(f"/v1/publications/TNO/{decision['report_id']}")).json()
    assert row["title"] == (
        f"Documento di validazione dell'OIV 2020 (versione {version} della Relazione dell'ente: "
        "LU, PI)"
    )
    mark = f"relazione_ente-LU-PI-{version}"
    assert (row["mark"], row["dataset"]) == (mark, f"TNO:validazione:2020:{mark}")
    assert (
        row["citation"] == f"/amministrazione-trasparente/TNO/performance/2020/validazione/{mark}"
    )
    leads = await system.client.get(row["citation"])
    assert leads.headers["location"] == row["page"]
    leads = await system.client.get("/amministrazione-trasparente/TNO/performance/2020/validazione")
    assert leads.headers["location"] == row["page"]
    head = await system.request("GET", "/v1/chambers/TNO/plans/2020")
    assert len(head.json()["acts"]) == 1  # those of the consolidated report are its own


async def test_it_is_made_again_for_who_may_read_its_chambers(system: ReportSystem) -> None:
    controller = await Person(system, "controller").granted()
    asked = await controller.ask(reason="Altra prova.")
    assert asked.status_code == 202, asked.text
    report = str(asked.json()["report"])
    cancelled = await system.client.delete(asked.headers["location"], headers=controller.headers)
    assert cancelled.status_code == 204
    stranger = Person(system, "controller", "al-buio")
    refused = await system.client.post(f"{report}/rendering", headers=stranger.headers)
    assert await told(refused) == (403, "reading_not_granted")
    assert (await stranger.read(report)).json()["allowed_actions"] == ["report.read"]
    again = await system.client.post(f"{report}/rendering", headers=controller.headers)
    assert again.status_code == 202, again.text
    await system.renderer(again.json()["job_id"], "TNO").work()
    assert (await controller.read(report)).json()["state"] == "rendered"
