from typing import Any

import httpx
import pytest

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError
from services.api.cli.measurements import everything
from services.api.cli.periods import exceptions_from


def test_exceptions_name_a_datum_and_carry_the_reason() -> None:
    given = ["measure:694@Q1", "measure:T_medi_C1.1.1", "indicator:A1.1", "objective:A2"]
    assert exceptions_from(given, "Sede chiusa.") == [
        {
            "subject_kind": "measure",
            "subject_code": "694",
            "period": "Q1",
            "reason": "Sede chiusa.",
        },
        {
            "subject_kind": "measure",
            "subject_code": "T_medi_C1.1.1",
            "reason": "Sede chiusa.",
        },
        {"subject_kind": "indicator", "subject_code": "A1.1", "reason": "Sede chiusa."},
        {"subject_kind": "objective", "subject_code": "A2", "reason": "Sede chiusa."},
    ]
    assert exceptions_from([], None) == []


@pytest.mark.parametrize(
    ("without", "reason"),
    [(["measure:694"], None), ([], "Perché sì."), (["694"], "x"), (["unit:A"], "x")],
)
def test_exceptions_that_say_too_little(without: list[str], reason: str | None) -> None:
    with pytest.raises(CommandFailedError):
        exceptions_from(without, reason)


def test_a_list_is_read_to_its_end() -> None:
    seen: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        more: dict[str, Any] = {"items": [{"n": len(seen)}], "next": None}
        if len(seen) == 1:
            more["next"] = "abc"
        return httpx.Response(200, json=more)

    with ApiClient("http://x", None, transport=httpx.MockTransport(answer)) as api:
        found = everything(api, "/list", {"state": "submitted"})
    assert found == [{"n": 1}, {"n": 2}]
    assert seen == [
        {"limit": "500", "state": "submitted"},
        {"limit": "500", "state": "submitted", "cursor": "abc"},
    ]
