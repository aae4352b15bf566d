"""The running service against its own OpenAPI document: generated requests, every operation.

Requests are derived, so the same ones run everywhere. Whatever they hold, the answer is one
the document announces, in its type and schema, and never a 500.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from tests.api.live import serving
from tests.api.system import ADMINISTRATOR, JSON, PISA, settings_for

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]

# Enough to vary every parameter and field; thousands are for a night, not for every run.
EXAMPLES = 15


GRANT = {
    "reader": "amministratore-locale",
    "chambers": ["PI"],
    "reason": "Prova",
    "expires_on": "2099-12-31",
}


def _zip(content: bytes) -> bytes:
    """An archive that is whole, with one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("manifest.json", content)
    return made.getvalue()


# No schema describes these; so that requests have such a body, something like them, or not.
_BYTES = st.binary(max_size=200)
schemathesis.openapi.media_type("application/pdf", _BYTES | _BYTES.map(b"%PDF-1.7\n".__add__))
schemathesis.openapi.media_type("application/zip", _BYTES | _BYTES.map(_zip))

# Where addresses lead, rather than to what is made up and not found.
PISA_2020: dict[str, str | int] = {"chamber": "PI", "entity": "TNO", "year": 2020}


@dataclass(frozen=True)
class Service:
    """A running service with Pisa 2020 in it."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def service(runtime_url: str, issuer: LocalIssuer) -> Iterator[Service]:
    """Real HTTP, real PostgreSQL, the runtime role."""
    # Nothing is sent to the subscribers that requests make up: whoever sends draws pauses from
    # ``random``, in a thread of this process, and hypothesis takes that for a fault of its own.
    app = create_app(settings_for(runtime_url, issuer, dispatch=False))
    headers = {"Authorization": f"Bearer {issuer.mint(ADMINISTRATOR)}"}
    with serving(app) as url:
        with httpx.Client(base_url=url, headers=headers) as client:
            client.post("/v1/entities", json={"code": "TNO", "title": "Ente"})
            client.post("/v1/chambers", json={"code": "PI", "entity": "TNO", "title": "Pisa"})
            client.post("/v1/chambers/PI/imports", content=PISA, headers=JSON)
            client.post("/v1/entities/TNO/readers", json=GRANT)
        yield Service(url, headers)


def _schema() -> schemathesis.BaseSchema:
    """The document as the service serves it; every operation becomes a test."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    app = create_app(settings_for(nowhere, LocalIssuer(Path("/nonexistent"))))
    config = schemathesis.Config.from_dict(
        {"phases": {"coverage": {"enabled": False}, "stateful": {"enabled": False}}}
    )
    return schemathesis.openapi.from_dict(app.openapi(), config=config)


schema = _schema()


# schemathesis leaves operations out of the ids that pytest 9.2 gives to tests without a parameter;
# of tests with one id ``--dist loadfile`` would run the first alone.
@pytest.mark.parametrize("there", [PISA_2020], ids=["pisa"])
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_announced(
    case: schemathesis.Case[Any], there: dict[str, str | int], service: Service
) -> None:
    for name in case.path_parameters.keys() & there.keys():
        case.path_parameters[name] = there[name]
    case.call_and_validate(base_url=service.url, headers=service.headers, checks=CHECKS, timeout=20)
