"""The running service against its own OpenAPI document: generated requests, every operation.

Requests are derived, so the same ones run everywhere. Whatever they hold, the answer is one
the document announces, in its type and schema, and never a 500.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
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


@dataclass(frozen=True)
class Service:
    """A running service with Pisa 2020 in it."""

    url: str
    headers: dict[str, str]


@pytest.fixture(scope="module")
def service(runtime_url: str, issuer: LocalIssuer) -> Iterator[Service]:
    """Real HTTP, real PostgreSQL, the runtime role."""
    app = create_app(settings_for(runtime_url, issuer))
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
    made = schemathesis.openapi.from_dict(app.openapi(), config=config)
    # A PDF is not made from a schema; what comes in its place is tested elsewhere.
    return made.exclude(path="/v1/verifications")


schema = _schema()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_announced(case: schemathesis.Case[Any], service: Service) -> None:
    if "chamber" in (case.path_parameters or {}):
        case.path_parameters["chamber"] = "PI"
    if "entity" in (case.path_parameters or {}):
        case.path_parameters["entity"] = "TNO"
    if "year" in (case.path_parameters or {}):
        case.path_parameters["year"] = 2020
    case.call_and_validate(base_url=service.url, headers=service.headers, checks=CHECKS, timeout=20)
