"""Which version of which document a command takes, and when it asks back."""

from typing import Any

import httpx
import pytest

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError
from services.api.cli.report_choice import Choice

PUBLISH = "report.publish"


def listing(*rows: dict[str, Any]) -> ApiClient:
    """An API that has these documents and gives one at a time."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        assert (request.url.path, asked["kind"]) == ("/v1/chambers/PI/reports", "validazione")
        place = int(asked.get("cursor", "0"))
        following = None if place + 1 == len(rows) else str(place + 1)
        return httpx.Response(200, json={"items": [rows[place]], "next": following})

    return ApiClient("http://test", None, transport=httpx.MockTransport(answer))


def row(report_id: str, mark: str | None, version: int = 1, **more: object) -> dict[str, Any]:
    made = {"document": {"pages": 1}, "allowed_actions": ["report.read"], **more}
    return {"report_id": report_id, "mark": mark, "version": version, **made}


def chosen(
    *rows: dict[str, Any],
    which: str | None = None,
    version: int | None = None,
    action: str = PUBLISH,
) -> str:
    """The document that a publication would be of, or another action."""
    choice = Choice("PI", 2020, "validazione", which, version)
    address = choice.address(listing(*rows), action)
    return address.removeprefix("/v1/chambers/PI/reports/")


WAITING: dict[str, Any] = {"allowed_actions": ["report.read", PUBLISH]}
FIRST, SECOND = row("a", "relazione-1"), row("b", "relazione-2")


def test_the_one_that_waits_is_taken_before_the_latest() -> None:
    assert chosen(row("a", None, 1, **WAITING), row("b", None, 2)) == "a"
    assert chosen(row("a", None, 1, **WAITING), row("b", None, 2, **WAITING)) == "b"
    assert chosen(row("a", None, 1), row("b", None, 2)) == "b"
    assert chosen(FIRST, row("b", "relazione-2", **WAITING)) == "b"


def test_of_several_documents_one_has_to_be_named() -> None:
    with pytest.raises(CommandFailedError, match=r"--which relazione-1 (o|or) relazione-2"):
        chosen(FIRST, SECOND)
    assert chosen(FIRST, SECOND, which="relazione-1") == "a"
    both = row("a", "relazione-1", **WAITING), row("b", "relazione-2", **WAITING)
    with pytest.raises(CommandFailedError, match="--which"):
        chosen(*both)
    assert chosen(*both, which="relazione-2") == "b"


def test_what_could_not_be_made_is_taken_to_be_made_again() -> None:
    failed = row("b", "relazione-1", document=None, allowed_actions=["report.render"])
    assert chosen(failed, action="report.render") == "b"
    assert chosen(FIRST, SECOND | {"mark": "relazione-1"}, failed, action="report.render") == "b"
    assert chosen(FIRST, failed) == "a"


def test_what_has_no_pdf_is_not_taken() -> None:
    assert chosen(FIRST, row("b", "relazione-1", 2, document=None)) == "a"
    for choice in ({"which": "relazione-9"}, {"version": 9}):
        with pytest.raises(CommandFailedError, match="ciclo report list"):
            chosen(FIRST, **choice)
