"""The command line's side of HTTP, against a stand-in for the network."""

from collections.abc import Callable

import httpx
import pytest

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError, Fault, RefusedError

Answers = Callable[[httpx.Request], httpx.Response]

PROBLEM = {
    "type": "http://test/problems/case_refused",
    "title": "Il file non può essere importato",
    "status": 422,
    "detail": "Nulla è stato importato.",
    "instance": "/v1/chambers/PI/imports",
    "code": "case_refused",
    "request_id": "r-1",
    "errors": [
        {"pointer": "/year", "code": "wrong_type", "detail": "tipo non valido"},
        {"pointer": "/acts/0/date", "code": "wrong_format", "detail": "formato non valido"},
    ],
}


class Network:
    """Gives the answers in turn and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that take no time; gives their lengths."""
    pauses: list[float] = []
    monkeypatch.setattr("services.api.cli.client.time.sleep", pauses.append)
    return pauses


def _client(network: Network) -> ApiClient:
    return ApiClient("http://test/", "t0ken", transport=httpx.MockTransport(network))


def _problem(status: int = 422, **changed: object) -> httpx.Response:
    document = PROBLEM | {"status": status} | changed
    return httpx.Response(
        status, json=document, headers={"Content-Type": "application/problem+json"}
    )


def test_bears_the_token_and_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_LANG", "en")
    network = Network(httpx.Response(200, json={"a": 1}))
    with _client(network) as client:
        assert client.read("/v1/chambers", limit=3) == {"a": 1}
    (request,) = network.requests
    assert str(request.url) == "http://test/v1/chambers?limit=3"
    assert request.headers["Authorization"] == "Bearer t0ken"
    assert request.headers["Accept-Language"] == "en"


def test_a_problem_keeps_every_fault() -> None:
    with _client(Network(_problem())) as client, pytest.raises(RefusedError) as refused:
        client.create("/v1/chambers/PI/imports", b"{}")
    assert refused.value.code == "case_refused"
    assert refused.value.faults == (
        Fault("/year", "wrong_type", "tipo non valido"),
        Fault("/acts/0/date", "wrong_format", "formato non valido"),
    )
    assert refused.value.sentence() == (
        "Il file non può essere importato: Nulla è stato importato."
    )


def test_an_unexpected_error_names_the_request(quick: list[float]) -> None:
    with _client(Network(_problem(500))) as client, pytest.raises(RefusedError) as refused:
        client.get("/v1/chambers")
    assert refused.value.sentence().endswith("(richiesta r-1)")
    assert quick == []


def test_reads_again_what_was_not_answered(quick: list[float]) -> None:
    network = Network(
        httpx.ConnectError("refused"),
        _problem(503, headers={}),
        httpx.Response(200, json={}),
    )
    with _client(network) as client:
        client.get("/status")
    assert len(network.requests) == 3
    assert quick == [0.25, 0.5]


def test_waits_as_long_as_it_is_told(quick: list[float]) -> None:
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    with _client(Network(busy, httpx.Response(200, json={}))) as client:
        client.get("/status")
    assert quick == [3.0]


def test_never_sends_a_change_twice(quick: list[float]) -> None:
    network = Network(httpx.ReadTimeout("too slow"))
    with _client(network) as client, pytest.raises(CommandFailedError, match="non risponde"):
        client.post("/v1/chambers", {"code": "PI"})
    assert len(network.requests) == 1
    assert quick == []


def test_gives_up_when_nobody_answers(quick: list[float]) -> None:
    network = Network(*[httpx.ConnectError("refused")] * 4)
    with _client(network) as client, pytest.raises(CommandFailedError, match="http://test"):
        client.get("/status")
    assert len(quick) == 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(502, text="<html>proxy</html>", headers={"Content-Type": "text/html"}),
        httpx.Response(404, text="no such page"),
    ],
)
def test_tells_that_something_else_answers(answer: httpx.Response, quick: list[float]) -> None:
    network = Network(*[answer] * 4)
    with _client(network) as client, pytest.raises(CommandFailedError, match="non come l'API"):
        client.get("/status")


def test_refuses_an_answer_that_is_no_object() -> None:
    with (
        _client(Network(httpx.Response(200, json=[1]))) as client,
        pytest.raises(CommandFailedError, match="oggetto JSON"),
    ):
        client.read("/status")


def test_a_list_is_read_to_its_end() -> None:
    pages = [
        {"items": [{"n": 1}, {"n": 2}], "next": "abc", "offices": 3},
        {"items": [{"n": 3}], "next": "def", "offices": 3},
        {"items": [{"n": 4}], "next": None, "offices": 3},
    ]
    network = Network(*(httpx.Response(200, json=page) for page in pages))
    found = _client(network).read_list("/list", state="submitted")
    assert found == {"items": [{"n": n} for n in (1, 2, 3, 4)], "next": None, "offices": 3}
    asked = {"limit": "500", "state": "submitted"}
    assert [dict(request.url.params) for request in network.requests] == [
        asked,
        {**asked, "cursor": "abc"},
        {**asked, "cursor": "def"},
    ]
