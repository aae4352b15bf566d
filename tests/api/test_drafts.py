"""Drafts and versions of texts: nothing lost, nothing seen before it is submitted."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.api.plan_office import small
from tests.api.system import Api, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 2020
PLAN = f"/v1/chambers/LU/plans/{YEAR}"


@pytest_asyncio.fixture(autouse=True, scope="module", loop_scope="module")
async def _year(api: Api) -> None:
    """``A1`` is of Ufficio Studi, as is the sheet that only few see."""
    case = small(YEAR)
    case["objectives"][1]["units"] = ["Ufficio Studi"]
    case["objectives"].append(
        {"code": "SG", "kind": "individual", "parent": None, "title": "Segretario generale"}
    )
    await api.create_chambers("LU")
    made = await api.import_case("LU", json.dumps(case).encode())
    assert made.status_code == 201, made.text


@dataclass
class Person:
    """Somebody who writes, in one window; ``etag`` is that of the draft as they saw it last."""

    api: Api
    name: str
    role: str = "contributor"
    units: tuple[str, ...] = ("Ufficio Studi",)
    key: str = "objective:A1"
    etag: str | None = None

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        headers = self.api.token({"LU": [self.role]}, units=self.units, subject=self.name)
        headers |= more.pop("headers", {})
        return await self.api.client.request(method, f"{PLAN}{path}", headers=headers, **more)

    @property
    def draft(self) -> str:
        return f"/narratives/{self.key}/draft"

    async def save(self, text: str, base: int = 0, **headers: str) -> httpx.Response:
        """Saves on top of what this window has seen."""
        if self.etag is not None:
            headers.setdefault("If-Match", self.etag)
        body = {"text": text, "base_version": base}
        answer = await self.call("PUT", self.draft, json=body, headers=headers)
        if answer.is_success:
            self.etag = answer.headers["etag"]
        return answer

    async def read(self) -> httpx.Response:
        answer = await self.call("GET", self.draft)
        if answer.is_success:
            self.etag = answer.headers["etag"]
        return answer

    async def submit(self) -> httpx.Response:
        return await self.call(
            "POST", f"{self.draft}/submission", headers={"If-Match": self.etag or "*"}
        )

    async def publish(self, text: str) -> int:
        """Writes the text itself, as it stands now; the version that it became."""
        path = f"/narratives/{self.key}"
        now = await self.call("GET", path)
        match = {"If-Match": now.headers["etag"]} if now.is_success else {}
        answer = await self.call("PUT", path, json={"text": text}, headers=match)
        assert answer.status_code == 200, answer.text
        version: int = answer.json()["version"]
        return version


@pytest.fixture(scope="module")
def sections() -> Iterator[str]:
    """A section of its own for every test."""
    return (f"section:t{number}" for number in range(10_000))


@pytest.fixture
def controller(api: Api, sections: Iterator[str]) -> Person:
    return Person(api, "controllo", "controller", key=next(sections))


def other(person: Person, name: str) -> Person:
    return Person(person.api, name, person.role, person.units, person.key)


async def test_a_draft_is_saved_often_and_is_no_version(controller: Person) -> None:
    assert (await controller.save("B")).status_code == 200
    for text in ("Bo", "Boz", "Bozza"):
        answer = await controller.save(text)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["text"], answer.json()["conflict"]) == (text, None)
    unpublished = await controller.call("GET", f"/narratives/{controller.key}")
    assert unpublished.status_code == 404
    listed = (await controller.call("GET", "/drafts")).json()["items"]
    assert [row["key"] for row in listed if row["key"] == controller.key] == [controller.key]
    submitted = await controller.submit()
    assert (submitted.status_code, submitted.json()["text"]) == (200, "Bozza")
    assert submitted.json()["version"] == 1
    gone = await controller.read()
    assert (gone.status_code, gone.json()["code"]) == (404, "draft_not_found")


async def test_nobody_else_sees_a_draft(api: Api) -> None:
    author = Person(api, "autrice")
    secret = "parole non ancora dette"
    assert (await author.save(secret)).status_code == 200
    everybody = [
        Person(api, f"un {role}", role, ("*",))
        for role in ("contributor", "controller", "chamber_administrator", "oiv", "signer")
    ]
    for person in everybody:
        for path in (person.draft, "/drafts", "/narratives", "/export", "/comment-threads"):
            assert secret not in (await person.call("GET", path)).text
        throw = await person.call("DELETE", person.draft, headers={"If-Match": author.etag or ""})
        assert throw.status_code in {403, 404}
    log = await api.call("GET", "/v1/chambers/LU/audit-log?limit=500")
    assert secret not in log.text
    assert (await author.call("DELETE", author.draft)).status_code == 428
    thrown = await author.call("DELETE", author.draft, headers={"If-Match": author.etag or ""})
    assert thrown.status_code == 204


async def test_two_windows_of_one_person_do_not_overwrite_each_other(controller: Person) -> None:
    window = other(controller, controller.name)
    await controller.save("Prima finestra")
    blind = await window.save("Seconda finestra")
    assert (blind.status_code, blind.json()["code"]) == (428, "precondition_required")
    await window.read()
    assert (await window.save("Seconda finestra, letta la prima")).status_code == 200
    late = await controller.save("Prima finestra, ancora")
    assert (late.status_code, late.json()["code"]) == (412, "stale_version")
    assert late.json()["conflict"] == {
        "sent": "Prima finestra, ancora",
        "stored": "Seconda finestra, letta la prima",
    }


async def test_an_etag_does_not_outlive_its_draft(controller: Person) -> None:
    await controller.save("Una")
    old = controller.etag
    await controller.call("DELETE", controller.draft, headers={"If-Match": old or ""})
    late = await controller.save("Una, continuata")
    assert (late.status_code, late.json()["conflict"]) == (412, {"sent": "Una, continuata"})
    controller.etag = None
    assert (await controller.save("Due")).status_code == 200
    controller.etag = old
    late = await controller.save("Una, continuata")
    assert (late.status_code, late.json()["conflict"]["stored"]) == (412, "Due")


async def test_a_save_whose_answer_was_lost_may_be_repeated(controller: Person) -> None:
    await controller.save("a")
    before = controller.etag
    lost = await controller.save("ab")
    controller.etag = before
    again = await controller.save("ab")
    assert (again.status_code, again.headers["etag"]) == (200, lost.headers["etag"])


async def test_what_was_published_meanwhile_is_told_with_both_texts(controller: Person) -> None:
    office = other(controller, "ufficio")
    await office.publish("Come si era detto.")
    await controller.save("Come si era detto, e di più.", 1)
    await office.publish("Detto altrimenti.")
    told = (await controller.save("Come si era detto, e molto di più.", 1)).json()["conflict"]
    assert (told["version"], told["text"], told["base"]) == (
        2,
        "Detto altrimenti.",
        "Come si era detto.",
    )
    assert told["written_by"] == "ufficio"
    refused = await controller.submit()
    assert (refused.status_code, refused.json()["code"]) == (409, "draft_conflict")
    assert refused.json()["conflict"] == {
        "sent": "Come si era detto, e molto di più.",
        "stored": "Detto altrimenti.",
        "base": "Come si era detto.",
    }
    assert (await controller.read()).json()["text"] == "Come si era detto, e molto di più."
    await controller.save("Detto altrimenti, e molto di più.", 2)
    assert (await controller.submit()).json()["version"] == 3


async def test_a_text_taken_away_meanwhile_is_a_conflict(controller: Person) -> None:
    office = other(controller, "ufficio")
    await office.publish("C'era.")
    await controller.save("C'era e ci sarà.", 1)
    path = f"/narratives/{controller.key}"
    etag = (await office.call("GET", path)).headers["etag"]
    await office.call("DELETE", path, headers={"If-Match": etag})
    refused = await controller.submit()
    assert refused.json()["conflict"] == {"sent": "C'era e ci sarà.", "base": "C'era."}
    await controller.save("C'era e ci sarà.", 2)
    assert (await controller.submit()).json()["version"] == 3


async def test_a_version_that_never_was_is_refused(controller: Person) -> None:
    answer = await controller.save("x", 7)
    assert (answer.status_code, codes(answer)) == (422, [("/base_version", "no_such_version")])


async def test_every_version_of_a_text_is_kept(controller: Person) -> None:
    path = f"/narratives/{controller.key}"
    for number, text in enumerate(("Uno", "Due"), start=1):
        assert await controller.publish(text) == number
    etag = (await controller.call("GET", path)).headers["etag"]
    await controller.call("DELETE", path, headers={"If-Match": etag})
    assert await controller.publish("Quattro") == 4
    listed = (await controller.call("GET", f"{path}/versions")).json()["items"]
    assert [(row["number"], row["characters"]) for row in listed] == [
        (4, 7),
        (3, None),
        (2, 3),
        (1, 3),
    ]
    texts: tuple[str | None, ...] = ("Uno", "Due", None, "Quattro")
    for number, written in enumerate(texts, start=1):
        version = (await controller.call("GET", f"{path}/versions/{number}")).json()
        assert (version["text"], version["written_by"]) == (written, "controllo")
    unknown = await controller.call("GET", f"{path}/versions/5")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "subject_not_found")
    # Written before it was taken away and again afterwards: not the same version.
    stale = await controller.call("PUT", path, json={"text": "x"}, headers={"If-Match": '"v1"'})
    assert (stale.status_code, stale.json()["conflict"]["stored"]) == (412, "Quattro")


async def test_what_a_file_brings_is_a_version_too(api: Api) -> None:
    await api.create_chambers("MS")
    case = small(2025, narratives=[{"section": "1", "text": "Dal file"}])
    controller = {"MS": ["controller"]}
    path = "/v1/chambers/MS/plans/2025/narratives/section:1"
    for text, version in (("Dal file", 1), ("Dal file", 1), ("Dal file, poi", 2)):
        case["narratives"][0]["text"] = text
        made = await api.import_case("MS", json.dumps(case).encode())
        assert made.is_success, made.text
        assert (await api.call("GET", path, controller)).json()["version"] == version
    listed = (await api.call("GET", f"{path}/versions", controller)).json()["items"]
    assert [row["number"] for row in listed] == [2, 1]


async def test_drafts_are_for_the_texts_of_ones_own_units(api: Api) -> None:
    stranger = Person(api, "altro ufficio", units=("CED",))
    refused = await stranger.save("x")
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_units")
    for role, status in (("oiv", 403), ("reader", 403), ("validator", 200)):
        person = Person(api, f"un {role}", role)
        assert (await person.save("x")).status_code == status, role
    hidden = Person(api, "controllo", "controller", key="objective:SG")
    for answer in (await hidden.save("x"), await hidden.read()):
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_not_found")
    unknown = Person(api, "controllo", "controller", key="objective:NESSUNO")
    assert (await unknown.save("x")).json()["code"] == "subject_not_found"


@dataclass
class Window:
    """A window that types letters of its own, and goes on from what it is told."""

    person: Person
    letters: list[str]
    typed: list[str] = field(default_factory=list)

    async def type_all(self) -> None:
        text, base = "", 0
        for letter in self.letters:
            text += letter
            while True:
                answer = await self.person.save(text, base)
                if answer.is_success:
                    self.typed.append(letter)
                    break
                assert answer.status_code in {412, 428}, answer.text
                stored = (await self.person.read()).json()
                text, base = stored["text"] + letter, stored["base_version"]


@pytest.mark.parametrize("seed", range(12))
async def test_nothing_saved_is_lost_however_windows_race(
    api: Api, sections: Iterator[str], seed: int
) -> None:
    """Every letter that was answered with 200 is in the draft in the end, once."""
    choices = Random(seed)  # noqa: S311 - the same every time
    key = next(sections)
    windows = [
        Window(
            Person(api, "controllo", "controller", key=key),
            [f"[{window}.{number}]" for number in range(choices.randint(1, 6))],
        )
        for window in range(choices.randint(2, 5))
    ]
    await asyncio.gather(*(window.type_all() for window in windows))
    text: str = (await windows[0].person.read()).json()["text"]
    for window in windows:
        assert window.typed == window.letters
        places = [text.index(letter) for letter in window.letters]
        assert places == sorted(places)
        assert all(text.count(letter) == 1 for letter in window.letters)


async def write_one_line(person: Person, line: str) -> None:
    """Adds a line to the text that stands, as somebody does who is told of each conflict."""
    standing = await person.call("GET", f"/narratives/{person.key}")
    before, version = "", 0
    if standing.is_success:
        before, version = standing.json()["text"], standing.json()["version"]
    answer = await person.save(before + line, version)
    assert answer.is_success, answer.text
    while (submitted := await person.submit()).status_code != 200:
        assert submitted.json()["code"] == "draft_conflict", submitted.text
        published = (await person.read()).json()["conflict"]
        again = await person.save(published["text"] + line, published["version"])
        assert again.is_success, again.text


@pytest.mark.parametrize("people", [2, 5, 9])
async def test_nothing_submitted_is_lost_however_people_race(
    api: Api, sections: Iterator[str], people: int
) -> None:
    key = next(sections)
    writers = [Person(api, f"persona {n}", "controller", key=key) for n in range(people)]
    lines = [f"riga di {writer.name}." for writer in writers]
    await asyncio.gather(*(write_one_line(w, line) for w, line in zip(writers, lines, strict=True)))
    text = (await writers[0].call("GET", f"/narratives/{key}")).json()
    assert text["version"] == people
    assert all(text["text"].count(line) == 1 for line in lines)
    versions = (await writers[0].call("GET", f"/narratives/{key}/versions")).json()["items"]
    assert {row["written_by"] for row in versions} == {writer.name for writer in writers}
    assert [(await writer.read()).status_code for writer in writers] == [404] * people
