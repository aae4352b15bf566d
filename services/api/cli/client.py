"""The command line's side of HTTP: requests, patience, and errors a person can read."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from services.api.cli.failures import CommandFailedError, RefusedError
from shared.runtime.language import in_terminal_language, terminal_language

_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_ATTEMPTS = 4
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0
_PAGE = 500
"""As many items of a list as the API gives at once."""
_WORTH_ANOTHER_TRY = frozenset({429, 502, 503, 504})

PROBLEM = "application/problem+json"


class ApiClient:
    """Talks to one API as one caller.

    Only requests that change nothing are sent again, when nobody answered or the answer says
    to come back later.
    """

    def __init__(
        self, url: str, token: str | None, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        """Open no connection yet; ``transport`` stands in for the network in tests."""
        self.url = url.rstrip("/")
        headers = {"Accept-Language": terminal_language(), "User-Agent": "ciclo-cli"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(
            base_url=self.url, headers=headers, timeout=_TIMEOUT, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, **parameters: str | int | list[str]) -> httpx.Response:
        """Read a resource.

        Raises:
            RefusedError: the API says why not.
            CommandFailedError: nobody answers, or not as the API does.
        """
        pause = _FIRST_PAUSE_SECONDS
        for left in reversed(range(_ATTEMPTS)):
            try:
                answer = self._http.get(path, params=parameters)
            except httpx.TransportError as error:
                if not left:
                    raise self._unreachable(error) from error
            else:
                if answer.status_code not in _WORTH_ANOTHER_TRY or not left:
                    return _granted(answer)
                pause = max(pause, retry_after(answer))
            time.sleep(min(pause, _LONGEST_PAUSE_SECONDS))
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    def read(self, path: str, **parameters: str | int | list[str]) -> dict[str, Any]:
        """Read a JSON resource; raises as :meth:`get`."""
        return _object(self.get(path, **parameters))

    def read_list(self, path: str, **parameters: str | int | list[str]) -> dict[str, Any]:
        """Read a list to its end, page after page, as if it were one page; raises as :meth:`get`.

        What the answer holds beside ``items`` is that of the first page.
        """
        whole = self.read(path, limit=_PAGE, **parameters)
        while whole["next"] is not None:
            page = self.read(path, limit=_PAGE, cursor=whole["next"], **parameters)
            whole["items"] += page["items"]
            whole["next"] = page["next"]
        return whole

    def post(
        self,
        path: str,
        content: bytes | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        media_type: str = "application/json",
        more_headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send something new, once; raises as :meth:`get`."""
        headers = dict(more_headers or {})
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        try:
            if isinstance(content, bytes):
                headers["Content-Type"] = media_type
                answer = self._http.post(path, content=content, headers=headers)
            else:
                answer = self._http.post(path, json=dict(content), headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return _granted(answer)

    def create(
        self,
        path: str,
        content: bytes | Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """As :meth:`post`, and the JSON of the answer."""
        return _object(self.post(path, content, idempotency_key=idempotency_key))

    def upload(self, path: str, file: Path, media_type: str) -> httpx.Response:
        """Send a file that need not fit into memory; raises as :meth:`get`."""
        headers = {"Content-Type": media_type}
        try:
            with file.open("rb") as content:
                headers["Content-Length"] = str(file.stat().st_size)
                answer = self._http.post(path, content=content, headers=headers)
        except OSError as error:
            raise CommandFailedError(f"{file}: {error.strerror}") from error
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return _granted(answer)

    def download(self, path: str, out: Path) -> None:
        """Save a file that need not fit into memory, whole or not at all; raises as :meth:`get`."""
        draft = out.with_name(f".{out.name}.new")
        try:
            with self._http.stream("GET", path) as answer:
                if not answer.is_success:
                    answer.read()
                _granted(answer)
                with draft.open("wb") as file:
                    for piece in answer.iter_bytes():
                        file.write(piece)
            draft.replace(out)
        except OSError as error:
            raise CommandFailedError(f"{out}: {error.strerror}") from error
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        finally:
            draft.unlink(missing_ok=True)

    def patch(self, path: str, change: Mapping[str, Any], *, etag: str) -> dict[str, Any]:
        """Change what is still as ``etag`` says; raises as :meth:`get`."""
        headers = {"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        try:
            answer = self._http.patch(path, content=json.dumps(change), headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return _object(_granted(answer))

    def put(self, path: str, content: Mapping[str, Any], *, etag: str | None) -> dict[str, Any]:
        """Replace a resource, as it was when ``etag`` was read, or make it; raises as :meth:`get`.

        Without ``etag`` it must not be there yet.
        """
        headers = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
        try:
            answer = self._http.put(path, json=dict(content), headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return _object(_granted(answer))

    def put_file(self, path: str, content: bytes, media_type: str, *, etag: str) -> dict[str, Any]:
        """Hand over a file made from what ``etag`` says; raises as :meth:`get`."""
        headers = {"If-Match": etag, "Content-Type": media_type}
        try:
            answer = self._http.put(path, content=content, headers=headers)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        return _object(_granted(answer))

    def delete(self, path: str, *, etag: str | None = None) -> None:
        """Ask for the end of something, if still as ``etag`` says; raises as :meth:`get`."""
        try:
            answer = self._http.delete(path, headers={"If-Match": etag} if etag else None)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        _granted(answer)

    def _unreachable(self, error: httpx.TransportError) -> CommandFailedError:
        reason = str(error) or type(error).__name__
        return CommandFailedError(
            in_terminal_language(
                f"{self.url} non risponde ({reason}).", f"{self.url} does not answer ({reason})."
            )
        )


def retry_after(answer: httpx.Response) -> float:
    """Seconds after which the answer says to ask again; 0 when it does not say."""
    value = answer.headers.get("Retry-After", "")
    return float(value) if value.isdigit() else 0.0


def _granted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if answer.headers.get("Content-Type", "").split(";")[0] == PROBLEM:
        raise RefusedError(_object(answer))
    raise CommandFailedError(
        in_terminal_language(
            f"{answer.url} risponde {answer.status_code}, e non come l'API di Ciclo.",
            f"{answer.url} answers {answer.status_code}, and not as the API of Ciclo does.",
        )
    )


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise CommandFailedError(
            in_terminal_language(
                f"{answer.url} non risponde con un oggetto JSON.",
                f"{answer.url} does not answer with a JSON object.",
            )
        )
    return document
