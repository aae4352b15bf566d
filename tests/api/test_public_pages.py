"""What anyone reads of a published document: pages, the document itself, data, the catalogue."""

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio
import rdflib
from fastapi import APIRouter, FastAPI
from lxml import etree
from pyshacl import validate
from rdflib import DCTERMS, OWL, Graph, Literal, URIRef
from rdflib.compare import isomorphic

from services.api.db.session import DatabaseUnavailableError
from services.api.ids import new_id
from services.api.publications.page_route import PageRoute
from shared.contracts import open_data
from shared.contracts.snapshot import ReportSnapshot
from tests.api.report_system import ReportSystem, running, settings_for
from tests.api.test_reports_approval import ACT, CAUSES, JUDGED, OIV, PLAN, move, rendered, say
from tests.api.webhook_sender import Inside
from tests.html_pages import check_accessible, parsed

REASON = "Corretto un refuso nella premessa."
SITE = "/amministrazione-trasparente"
PAGE = f"{SITE}/PI/performance"
ENTITY = f"{SITE}/enti/TNO/performance"
SERIES = f"{PAGE}/2020/relazione"
SHAPES = Path(__file__).parents[1] / "shapes" / "dcat_ap_it.ttl"
BASE = "http://ciclo.test"
CONTACT = {"email": "trasparenza@pi.example.it", "website": "https://www.pi.example.it"}
FORMS = {"catalogo.ttl": "turtle", "catalogo.rdf": "xml", "catalogo.jsonld": "json-ld"}


@pytest_asyncio.fixture
async def system(runtime_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[ReportSystem]:
    async with running(settings_for(runtime_url, redis_url, tmp_path), tmp_path) as started:
        await started.prepare()
        if (await started.request("GET", f"{PLAN}/overall-judgement")).status_code == 404:
            for code, body in CAUSES.items():
                await say(started, f"deviations/objective:{code}", body)
            await say(started, "overall-judgement", JUDGED, OIV)
        yield started


async def published(system: ReportSystem) -> tuple[str, ReportSnapshot]:
    """A document that went all the way: its id and what was frozen."""
    report, frozen = await rendered(system, reason=REASON)
    for name, sent, who in (
        ("approval", {"act": ACT}, {}),
        ("validation", {"date": "2021-06-28"}, {"roles": OIV}),
        ("publication", {}, {}),
    ):
        if name == "publication":
            await system.sign(report)
        answer = await move(system, report, name, sent, **who)
        assert answer.status_code == 200, answer.text
    return report.rsplit("/", 1)[1], frozen


async def get(system: ReportSystem, path: str, **headers: str) -> httpx.Response:
    """Something that anyone may read."""
    answer = await system.client.get(path.removeprefix(BASE), headers=headers)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "noindex" not in str(answer.headers)
    again = await system.client.get(
        path.removeprefix(BASE), headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    return answer


async def page(system: ReportSystem, path: str) -> etree._Element:
    """A page, which keeps to what all of them keep to."""
    answer = await get(system, path)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    found = parsed(answer.text)
    check_accessible(found)
    assert not found.xpath("//meta[@name='robots']")
    return found


def links(found: etree._Element) -> set[str]:
    """Where a page leads within this service."""
    hrefs = {href.partition("#")[0] for href in found.xpath("//body//a/@href")}
    return {href for href in hrefs if href.startswith("/")}


async def test_everything_that_is_published_is_found_from_the_front_page(
    system: ReportSystem,
) -> None:
    nothing = await page(system, f"{SITE}/LU/performance")
    assert "Nessun documento" in "".join(nothing.itertext())
    report_id, _ = await published(system)
    seen, waiting = set[str](), {SITE, ENTITY, PAGE}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = await system.client.get(path)
        assert answer.status_code in {200, 302}, path
        head = await system.client.head(path)
        assert head.status_code == answer.status_code, path
        if answer.headers.get("content-type", "").startswith("text/html") and SITE in path:
            waiting |= links(await page(system, path)) - seen
    document = f"{PAGE}/documenti/{report_id}"
    assert {SERIES, document, f"{document}/testo", f"/verifica/PI/{report_id}"} <= seen
    assert {
        f"/v1/publications/PI/{report_id}/data/{t.name}.csv" for t in open_data.TABLES
    } - seen == {f"/v1/publications/PI/{report_id}/data/consolidati.csv"}
    robots = (await get(system, "/robots.txt")).text
    assert "Disallow" not in robots
    (sitemap,) = re.findall("Sitemap: (.*)", robots)
    places = re.findall("<loc>(.*?)</loc>", (await get(system, sitemap)).text)
    assert {f"{BASE}{path}" for path in (SITE, PAGE, ENTITY, document)} <= set(places)
    for place in places:
        await get(system, place)
    assert "/amministrazione-trasparente/LU/performance" not in str(places)
    unknown = await system.client.get(f"{PAGE}/2019/relazione")
    assert unknown.status_code == 404


async def test_every_form_says_the_same(system: ReportSystem, tmp_path: Path) -> None:
    report_id, frozen = await published(system)
    public = f"/v1/publications/PI/{report_id}"
    about = (await get(system, public)).json()
    assert about["title"] == "Relazione sulla performance 2020"
    assert about["superseded_by"] is None

    kept = await get(system, about["html"]["href"])
    (stored,) = (tmp_path / "blobs" / "PI" / "web" / report_id).iterdir()
    assert kept.content == stored.read_bytes()
    assert about["html"]["sha256"] == hashlib.sha256(kept.content).hexdigest()
    shown = await get(system, f"{PAGE}/documenti/{report_id}/testo")
    assert about["pdf"] in shown.text
    assert parsed(shown.text).xpath("string(//main)") == parsed(kept.text).xpath("string(//main)")
    for item in frozen.objectives:
        assert item.code in shown.text

    pdf = await get(system, about["pdf"])
    dated = await system.client.get(
        about["pdf"], headers={"If-Modified-Since": pdf.headers["last-modified"]}
    )
    assert dated.status_code == 304
    old = {"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}
    assert (await system.client.get(about["pdf"], headers=old)).status_code == 200
    assert (
        await system.client.get(about["pdf"], headers={"If-Modified-Since": "ieri"})
    ).status_code == 200

    files = {link["href"].rsplit("/", 1)[1]: link for link in about["data"]}
    metadata = json.loads((await get(system, files["metadati.json"]["href"])).content)
    described = {table["url"]: table["tableSchema"]["columns"] for table in metadata["tables"]}
    together = json.loads((await get(system, files["tabelle.json"]["href"])).content)
    for table in open_data.tables_of(frozen):
        name = f"{table.name}.csv"
        answer = await get(system, files[name]["href"])
        assert files["metadati.json"]["href"] in answer.headers["link"]
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [column["name"] for column in described[name]] == list(rows[0])
        assert len(rows) == len(together[table.name]) > 0
    assert set(described) == {name for name in files if name.endswith(".csv")}
    indicators = {row["code"]: row for row in together["indicatori"]}
    for indicator in frozen.indicators:
        assert indicators[indicator.code]["measured"] == indicator.figure.measured
        assert indicators[indicator.code]["value"] == indicator.value
    snapshot = await get(system, files["snapshot.json"]["href"])
    own = (await system.request("GET", f"/v1/chambers/PI/reports/{report_id}")).json()
    assert hashlib.sha256(snapshot.content).hexdigest() == own["snapshot_sha256"]

    linked = parsed((await get(system, f"{PAGE}/documenti/{report_id}")).text)
    (data,) = linked.xpath("//script[@type='application/ld+json']/text()")
    assert json.loads(data)["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert (await system.client.get(f"{public}/data/altro.csv")).status_code == 422


async def test_a_later_version_replaces_and_hides_nothing(system: ReportSystem) -> None:
    chamber = await system.request("GET", "/v1/chambers/PI/configuration")
    change = {"publication": CONTACT, "ipa_code": "cciaa_pi", "region": "Toscana"}
    changed = await system.request(
        "PATCH",
        "/v1/chambers/PI/configuration",
        content=json.dumps(change),
        headers={
            "If-Match": chamber.headers["etag"],
            "Content-Type": "application/merge-patch+json",
        },
    )
    assert changed.status_code == 200, changed.text
    first, _ = await published(system)
    before = await catalogue(system, "PI")
    second, _ = await published(system)

    listed = "/v1/publications?entity=TNO&kind=relazione&year=2020&sort=-published_at"
    rows = (await system.client.get(listed)).json()
    by_id = {row["report_id"]: row for row in rows["items"]}
    assert by_id[first]["superseded_by"] == f"/v1/publications/PI/{second}"
    assert by_id[second]["supersedes"] == f"/v1/publications/PI/{first}"
    for path in (f"{PAGE}/documenti/{first}", f"{PAGE}/documenti/{first}/testo"):
        old = await page(system, path)
        (notice,) = old.xpath("//p[@class='superseded']")
        assert notice.xpath("./a/@href") == [f"{PAGE}/documenti/{second}"]
    new = await page(system, f"{PAGE}/documenti/{second}")
    assert not new.xpath("//p[@class='superseded']")
    assert REASON in "".join(new.itertext())
    assert f"{PAGE}/documenti/{first}" in links(new)
    assert {f"{PAGE}/documenti/{first}", f"{PAGE}/documenti/{second}"} <= links(
        await page(system, PAGE)
    )
    leads = await system.client.get(SERIES)
    assert leads.headers["location"] == f"{PAGE}/documenti/{second}"
    await get(system, f"/v1/publications/PI/{first}/pdf")

    after = await catalogue(system, "PI")
    dataset = URIRef(f"{BASE}{SERIES}")
    assert before.value(dataset, OWL.versionInfo) == Literal(str(by_id[first]["version"]))
    assert after.value(dataset, OWL.versionInfo) == Literal(str(by_id[second]["version"]))
    assert before.value(dataset, DCTERMS.identifier) == after.value(dataset, DCTERMS.identifier)
    replaced = URIRef(f"{BASE}{PAGE}/documenti/{first}")
    assert (dataset, DCTERMS.hasVersion, replaced) in after
    assert (dataset, DCTERMS.hasVersion, replaced) not in before
    together = await catalogue(system, "TNO", "/v1/entities/TNO/publications/catalogue")
    assert (None, rdflib.DCAT.dataset, dataset) in together
    holder = after.value(dataset, DCTERMS.rightsHolder)
    assert after.value(holder, DCTERMS.identifier) == Literal("cciaa_pi")
    nothing = await system.client.get("/v1/publications/LU/catalogue/catalogo.ttl")
    assert nothing.status_code == 404
    both = await system.client.get("/v1/publications?chamber=PI&entity=TNO")
    assert (both.status_code, both.json()["code"]) == (422, "chamber_or_entity")


async def test_people_who_go_astray_read_a_page_and_programs_a_problem(
    system: ReportSystem,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    astray = [
        f"{PAGE}/2019/relazione",
        f"{PAGE}/documenti/{new_id()}",
        f"{PAGE}/documenti/{new_id()}/testo",
        f"{PAGE}/documenti/1",
        f"{SITE}/pisa/performance",
        f"{SITE}/ZZ/performance",
        f"{SITE}/enti/ZZ/performance",
        f"{SITE}/PI",
        f"{SITE}/PI/performance/2020",
        "/verifica",
        "/verifica/PI",
        "/verifica/PI/1",
    ]
    for path in astray:
        answer = await system.client.get(path, headers=browser)
        assert answer.status_code == 404, path
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        shown = parsed(answer.text)
        check_accessible(shown)
        assert SITE in links(shown)
        assert not shown.xpath("//link[@rel='canonical']")
        program = await system.client.get(path)
        assert program.status_code in {404, 422}, path
        assert program.headers["content-type"] == "application/problem+json"
    for path, leads in (
        ("/", SITE),
        (f"{SITE}/", SITE),
        (f"{PAGE}/", PAGE),
        (f"{SITE}//www.example.org/", f"{SITE}//www.example.org"),
    ):
        assert await leads_to(system, path) == leads


async def test_people_read_a_page_also_while_the_database_is_away() -> None:
    router = APIRouter(route_class=PageRoute)

    @router.get("/pagina")
    async def show() -> None:
        raise DatabaseUnavailableError

    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        answer = await client.get("/pagina", headers={"Accept": "text/html"})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    check_accessible(parsed(answer.text))


async def decided(system: ReportSystem, report_id: str) -> str:
    """The OIV's decision on a document, published: its id."""
    about = f"/v1/chambers/PI/reports/{report_id}"
    listed = await system.request("GET", "/v1/chambers/PI/reports?kind=validazione&year=2020")
    (row,) = [row for row in listed.json()["items"] if row["about"] == about]
    version = (await system.request("GET", about)).json()["version"]
    assert row["mark"] == f"relazione-{version}"
    await system.renderer(row["job"].rsplit("/", 1)[1]).work()
    own = f"/v1/chambers/PI/reports/{row['report_id']}"
    answer = await move(system, own, "publication", {})
    assert answer.status_code == 200, answer.text
    assert (
        row["title"] in (await system.request("GET", f"{own}/pdf")).headers["content-disposition"]
    )
    return str(row["report_id"])


async def leads_to(system: ReportSystem, path: str) -> str:
    answer = await system.client.get(path)
    assert answer.status_code in {301, 302}, path
    return str(answer.headers["location"])


async def test_two_decisions_of_a_year_are_two_documents(system: ReportSystem) -> None:
    validation = f"{PAGE}/2020/validazione"
    first, _ = await published(system)
    on_first = await decided(system, first)
    alone = (await system.client.get(f"/v1/publications/PI/{on_first}")).json()
    assert await leads_to(system, validation) == alone["page"]
    second, _ = await published(system)
    assert await leads_to(system, validation) == alone["page"]  # until there is another
    on_second = await decided(system, second)

    rows = (await system.client.get("/v1/publications?chamber=PI&kind=validazione")).json()
    by_id = {row["report_id"]: row for row in rows["items"]}
    pair = [by_id[on_first], by_id[on_second]]
    for name in ("title", "mark", "citation", "dataset", "page"):
        assert pair[0][name] != pair[1][name], name
    for row in pair:
        assert (row["version"], row["supersedes"], row["superseded_by"]) == (1, None, None)
        assert row["citation"] == f"{validation}/{row['mark']}"
        assert await leads_to(system, row["citation"]) == row["page"]
    assert await leads_to(system, validation) == by_id[on_second]["page"]
    assert (await system.client.get(f"{validation}/relazione-999")).status_code == 404

    for path in (by_id[on_first]["page"], f"{by_id[on_first]['page']}/testo"):
        (notice,) = (await page(system, path)).xpath("//p[@class='superseded']")
        assert notice.xpath("./a/@href") == [by_id[on_second]["page"]]
    newest = await page(system, by_id[on_second]["page"])
    assert not newest.xpath("//p[@class='superseded']")
    assert newest.xpath("//link[@rel='latest-version']/@href") == [by_id[on_second]["citation"]]
    assert f"{PAGE}/documenti/{second}" in links(newest)  # what it decided on
    assert "validata" in "".join(newest.xpath("//dd[a]")[0].itertext())
    every = await page(system, PAGE)
    assert {row["page"] for row in pair} <= links(every)

    offered = {link["href"].rsplit("/", 1)[1] for link in pair[1]["data"]}
    assert offered == {"obiettivi.csv", "tabelle.json", "snapshot.json", "metadati.json"}

    found = await catalogue(system, "PI")
    names = [str(name) for name in found.objects(None, DCTERMS.identifier)]
    assert {row["dataset"] for row in pair} <= set(names)
    for row in pair:
        dataset = URIRef(f"{BASE}{row['citation']}")
        assert found.value(dataset, DCTERMS.identifier) == Literal(row["dataset"])
        urls = {
            str(found.value(part, rdflib.DCAT.downloadURL))
            for part in found.objects(dataset, rdflib.DCAT.distribution)
        }
        assert f"{BASE}{row['pdf']}" in urls
        assert all(row["report_id"] in url for url in urls)
    titles = [
        str(found.value(one, DCTERMS.title)) for one in found.subjects(None, rdflib.DCAT.Dataset)
    ]
    assert len(set(titles)) == len(titles)


async def test_where_two_decisions_hold_both_are_shown(
    system: ReportSystem, owner_url: str
) -> None:
    validation = f"{PAGE}/2020/validazione"
    report, _ = await published(system)
    ours = await decided(system, report)
    # As if Pisa were also an entity's own chamber whose report the OIV decided on.
    entity, theirs = new_id(), new_id()
    await copied(owner_url, report, entity, "relazione_ente", "LU,PI")
    await copied(owner_url, ours, theirs, "validazione", entity)
    shown = await page(system, validation)
    documents = {path for path in links(shown) if "/documenti/" in path}
    assert {path.split("/")[5] for path in documents} == {ours, theirs}
    (heading,) = shown.xpath("//h1/text()")
    assert heading.startswith("Documento di validazione dell'OIV 2020, ")
    row = (await system.client.get(f"/v1/publications/PI/{theirs}")).json()
    assert row["mark"] == "relazione_ente-LU-PI-1"
    assert await leads_to(system, row["citation"]) == f"{PAGE}/documenti/{theirs}"
    assert await leads_to(system, f"{PAGE}/2020/relazione_ente") == f"{PAGE}/documenti/{entity}"
    for report_id in (entity, theirs):
        await Inside(owner_url, "PI").rows(
            "UPDATE reports SET state = 'signed' WHERE report_id = $1", report_id
        )


async def copied(owner_url: str, report: str, copy: str, kind: str, subject: str) -> None:
    """Another published document, with the content of one that is there."""
    inside = Inside(owner_url, "PI")
    for table, changes in (
        ("reports", {"report_id": copy, "kind": kind, "subject": subject, "version": 1}),
        ("report_moves", {"report_id": copy, "move_id": new_id()}),
    ):
        where = "report_id = $1" + (" AND move = 'publish'" if table == "report_moves" else "")
        await inside.rows(
            f"INSERT INTO {table} SELECT (json_populate_record(r, $2::json)).* "  # noqa: S608
            f"FROM {table} r WHERE {where}",
            report,
            json.dumps(changes),
        )


async def catalogue(system: ReportSystem, code: str, folder: str | None = None) -> Graph:
    """The catalogue, the same in every form, as DCAT-AP_IT asks, leading to what is there."""
    folder = folder or f"/v1/publications/{code}/catalogue"
    graphs = []
    for name, form in FORMS.items():
        answer = await get(system, f"{folder}/{name}")
        graphs.append(Graph().parse(data=answer.content, format=form))
    assert all(isomorphic(graphs[0], other) for other in graphs[1:])
    holds, _, words = validate(graphs[0], shacl_graph=Graph().parse(SHAPES))
    assert holds, words
    for predicate in (rdflib.DCAT.downloadURL, rdflib.DCAT.accessURL, rdflib.DCAT.landingPage):
        for target in set(graphs[0].objects(None, predicate)):
            await get(system, str(target))
    return graphs[0]
