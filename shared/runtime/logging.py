"""One JSON object per line on standard error, with the request it belongs to, without secrets.

``bind`` puts the request id and the chamber into every line logged while it is open, also
by libraries. What looks like a credential is struck out wherever it appears: logs go to
places with other readers than the database.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_chamber: ContextVar[str | None] = ContextVar("chamber", default=None)

_STRUCK_OUT = "[***]"
_SECRET_FIELD = re.compile(
    r"password|passphrase|secret|token|authorization|api_?key|credential|cookie", re.IGNORECASE
)
_SECRET_TEXT = (
    (re.compile(r"(?<=://)[^/\s:@]*:[^@/\s]+(?=@)"), _STRUCK_OUT),  # user and password in a URL
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {_STRUCK_OUT}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), _STRUCK_OUT),  # Standard Webhooks
    (re.compile(r"\bciclo_[0-9a-f]{32}_[A-Za-z0-9_-]+"), _STRUCK_OUT),  # machine clients
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"), _STRUCK_OUT),  # JWT
)
_OWN_ATTRIBUTES = frozenset(
    vars(logging.makeLogRecord({})) | {"message": None, "asctime": None, "color_message": None}
)


@contextmanager
def bind(*, request_id: str | None = None, chamber: str | None = None) -> Iterator[None]:
    """Name the request and the chamber in all lines logged inside; what is not given stays."""
    tokens = [
        (variable, variable.set(value))
        for variable, value in ((_request_id, request_id), (_chamber, chamber))
        if value is not None
    ]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


def strike_out_secrets(text: str) -> str:
    """``text`` without the passwords, tokens and keys that can be told by their form."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


class JsonFormatter(logging.Formatter):
    """Turns a record into one line of JSON; ``extra`` fields become fields of the object."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON: time (UTC), level, service, logger, message, context, fields."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": strike_out_secrets(record.getMessage()),
        }
        context = {"request_id": _request_id.get(), "chamber": _chamber.get()}
        line |= {name: value for name, value in context.items() if value is not None}
        for name, value in vars(record).items():
            if name not in _OWN_ATTRIBUTES:
                line[name] = _STRUCK_OUT if _SECRET_FIELD.search(name) else _plain(value)
        if record.exc_info:
            line["exception"] = strike_out_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return strike_out_secrets(str(value))


def configure(service: str, *, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Make every logger of this process write JSON lines (to standard error by default).

    Call once, at the start of a process; libraries that install handlers of their own
    (uvicorn, arq) are brought back to the common one. Access lines of uvicorn are left out:
    the API logs each request itself, with its id.
    """
    handler = logging.StreamHandler(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonFormatter(service))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "arq"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = name != "uvicorn.access"
    # A line per call at INFO; the API logs the same call with its request id.
    logging.getLogger("httpx").setLevel(max(root.level, logging.WARNING))
