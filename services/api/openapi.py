"""The OpenAPI document: what FastAPI writes, completed as the Italian guidelines ask.

FastAPI knows paths, parameters and bodies. This module adds what holds for all of them:
identity of the API, servers, security, the error answers, the headers, and the bounds and
formats that a JSON schema made by pydantic lacks. Routes describe their own refusals with
:func:`refusals` and say ``openapi_extra=PUBLIC`` when no token is needed.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from services.api.auth.access import Permission
from services.api.openapi_texts import (
    API_ID,
    DESCRIPTION,
    STANDARD_REFUSALS,
    STATUS_TEXTS,
    SUMMARY,
    TAGS,
    TITLE,
)
from services.api.paging import LIST_ITEM
from services.api.problem_table import PROBLEMS
from services.api.problems import ProblemDetails, ProblemError
from shared.contracts.outgoing_events import EVENTS, TEST, event_model
from shared.domain.permissions import MACHINE_ACTIONS, Action

Schema = dict[str, Any]

PUBLIC: Schema = {"security": [{}]}
"""``openapi_extra`` of a route that anyone may call."""

_BEARER: list[Schema] = [{"oidc": []}]

_REF = "#/components/schemas/"

_METHODS = ("get", "put", "post", "delete", "patch")

# Largest array, text and whole number that any answer can hold, where a model does not say
# less: bounds for those who validate, with room for the largest chamber.
_MAX_ITEMS = 20_000
_MAX_LENGTH = 200_000
_INT32 = 2_147_483_647

_SECURITY_SCHEMES = {
    "oidc": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Token di accesso del gestore di identità (OpenID Connect), verificato "
        "come chiede RFC8725: firma asimmetrica, emittente, destinatario e scadenza.",
    },
    "macchina": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "ciclo_<id>_<segreto>",
        "description": "Chiave di un sistema, creata dalla camera (`/v1/chambers/{chamber}/"
        "clients`): vale in quella camera, per le azioni che ogni operazione indica in `x-scopes`, "
        "fino alla scadenza.",
    },
    "webhook": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Firma Standard Webhooks 1.0 (HMAC-SHA256 o Ed25519) del contenuto esatto, "
        "con `webhook-id` e `webhook-timestamp`; con il profilo ModI INTEGRITY_REST_01 al suo "
        "posto `Agid-JWT-Signature`, con `Digest`.",
    },
}

_WEBHOOK_HEADERS: dict[str, tuple[str, Schema]] = {
    "webhook-id": (
        "Lo stesso a ogni tentativo: chi lo ha già visto non fa nulla.",
        {"type": "string", "format": "uuid", "maxLength": 36},
    ),
    "webhook-timestamp": (
        "Quando è stato inviato, in secondi.",
        {"type": "string", "pattern": "^[0-9]+$", "maxLength": 12},
    ),
}

_HEADERS: dict[str, Schema] = {
    "RateLimit-Limit": {
        "description": "Richieste ammesse nella finestra di un minuto.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": _INT32},
    },
    "RateLimit-Remaining": {
        "description": "Richieste che restano nella finestra.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": _INT32},
    },
    "RateLimit-Reset": {
        "description": "Secondi alla fine della finestra.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 60},
    },
    "Retry-After": {
        "description": "Secondi da attendere prima di riprovare.",
        "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400},
    },
    "Request-Id": {
        "description": "Numero della richiesta, da citare nelle segnalazioni.",
        "schema": {"type": "string", "maxLength": 64, "pattern": "^[A-Za-z0-9._-]+$"},
    },
    "Cache-Control": {
        "description": "`no-store` salvo dove la risposta porta un ETag; allora `private, "
        "no-cache`: si conserva e si convalida ogni volta, senza max-age.",
        "schema": {"type": "string", "maxLength": 100, "pattern": "^[a-z0-9=, -]+$"},
    },
    "ETag": {
        "description": "Versione della risorsa, per If-None-Match e If-Match.",
        "schema": {"type": "string", "maxLength": 100, "pattern": '^(W/)?"[^"]*"$'},
    },
    "Location": {
        "description": "Indirizzo della risorsa creata.",
        "schema": {"type": "string", "format": "uri-reference", "maxLength": 500},
    },
}

_ALWAYS = ("Request-Id", "Cache-Control")
_QUOTA = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route that may refuse with these codes."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    return {
        status: {
            "description": f"{STATUS_TEXTS.get(str(status), PROBLEMS[found[0]].it[0])} "
            f"(`{'`, `'.join(found)}`)",
            "x-codes": found,
        }
        for status, found in by_status.items()
    }


def install(app: FastAPI, *, public_url: str, development: bool) -> None:
    """Makes ``app.openapi()`` give the completed document, built once."""

    def document() -> Schema:
        if app.openapi_schema is None:
            app.openapi_schema = build(app, public_url=public_url, development=development)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def build(app: FastAPI, *, public_url: str, development: bool) -> Schema:
    """The whole document."""
    document = get_openapi(
        title=TITLE,
        version=app.version,
        routes=app.routes,
        description=DESCRIPTION,
        tags=TAGS,
        terms_of_service=f"{public_url}/docs/condizioni",
        contact={"name": "Ciclo", "url": f"{public_url}/docs"},
        separate_input_output_schemas=False,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    document["info"] |= {"summary": SUMMARY, "x-summary": SUMMARY, "x-api-id": API_ID}
    document["servers"] = _servers(public_url, development=development)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _add_models(schemas, app)
    document["webhooks"] = {kind: _webhook(kind, schemas) for kind in (*EVENTS, TEST)}
    _loosen_lists(document)
    components["securitySchemes"] = _SECURITY_SCHEMES
    components["headers"] = _HEADERS
    document["security"] = _BEARER
    actions = _actions(app)
    for method, operation in _operations(document):
        action = actions.get(operation["operationId"])
        if action in MACHINE_ACTIONS:
            # OpenAPI 3.1 lets a requirement name the scope; checkers know that of OAuth2 alone.
            operation["security"] = [*_BEARER, {"macchina": []}]
            operation["x-scopes"] = [str(action)]
        _complete_operation(method, operation)
    for schema in _schemas(document):
        _bound(schema)
    return document


def _servers(public_url: str, *, development: bool) -> list[Schema]:
    servers: list[Schema] = []
    if public_url.startswith("https://"):
        servers.append({"url": public_url, "description": "Questa installazione."})
    if development or not servers:
        servers.append({"url": public_url, "description": "Ambiente di prova.", "x-sandbox": True})
    return servers


def _add_models(schemas: Schema, app: FastAPI) -> None:
    """Schemas that routes refer to by name because they read the raw body."""
    for model in (ProblemDetails, ProblemError, *getattr(app.state, "openapi_models", ())):
        made = model.model_json_schema(
            ref_template="#/components/schemas/{model}", by_alias=True, mode="validation"
        )
        schemas.update(made.pop("$defs", {}))
        schemas[model.__name__] = made


def _loosen_lists(document: Schema) -> None:
    """Lets any field of an item be missing from a list: see ``fields=``.

    What is also answered alone has all its fields there, and so a schema of its own for lists.
    """
    schemas = document["components"]["schemas"]
    marked = {name for name, schema in schemas.items() if schema.pop(LIST_ITEM, False)}
    entries: dict[str, list[Schema]] = {}
    for schema in schemas.values():
        properties = schema.get("properties", {})
        entry = properties.get("items", {}).get("items", {}) if "next" in properties else {}
        name = entry.get("$ref", "").removeprefix(_REF)
        if name in marked:
            entries.setdefault(name, []).append(entry)
    references = Counter(_references(document))
    for name, found in entries.items():
        item = {key: part for key, part in schemas[name].items() if key != "required"}
        if references[name] == len(found):
            schemas[name] = item
            continue
        listed = f"Listed{name}"
        if listed in schemas:
            raise ValueError(f"two schemas named {listed}")
        schemas[listed] = {**item, "title": listed}
        for entry in found:
            entry["$ref"] = f"{_REF}{listed}"


def _references(node: object) -> Iterator[str]:
    """Names of the schemas that are referred to, as often as they are."""
    if isinstance(node, list):
        for part in node:
            yield from _references(part)
    elif isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            yield ref.removeprefix(_REF)
        for part in node.values():
            yield from _references(part)


def _webhook(kind: str, schemas: Schema) -> Schema:
    """What a subscriber is sent and should answer; the schema of the event joins the others."""
    model = event_model(kind)
    made = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(made.pop("$defs", {}))
    name = "".join(part.capitalize() for part in re.split(r"[._]", kind)) + "Event"
    made["title"] = name
    made["properties"]["type"] = {"const": kind, "type": "string"}
    schemas[name] = made
    parameters = [
        {"name": header, "in": "header", "required": True, "description": text, "schema": schema}
        for header, (text, schema) in _WEBHOOK_HEADERS.items()
    ]
    return {
        "post": {
            # With a prefix of their own: ids of operations are unique, events' included.
            "operationId": f"event_{kind.replace('.', '_')}",
            "summary": EVENTS[kind].summary if kind in EVENTS else "Messaggio di prova",
            "description": "Inviato a chi si è iscritto: almeno una volta, in ordine per ogni "
            "`subject`. Si verifica la firma sul contenuto esatto, poi si risponde 2xx entro 15 "
            "secondi; altrimenti si riprova per 75 ore. 410 ferma gli invii.",
            "tags": ["eventi"],
            "security": [{"webhook": []}],
            "parameters": parameters,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
                },
            },
            "responses": {"204": {"description": "Ricevuto."}},
        }
    }


def _operations(document: Schema) -> Iterator[tuple[str, Schema]]:
    for item in document["paths"].values():
        for method in _METHODS:
            if method in item:
                yield method, item[method]


def _actions(app: FastAPI) -> dict[str, Action]:
    """By id of the operation, what its caller must be permitted."""
    found: dict[str, Action] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.operation_id is not None:
            for call in _calls(route.dependant):
                if isinstance(call, Permission):
                    found[route.operation_id] = call.action
    return found


def _calls(dependant: Dependant) -> Iterator[object]:
    """What a route depends on, all the way down."""
    for part in dependant.dependencies:
        yield part.call
        yield from _calls(part)


def _complete_operation(method: str, operation: Schema) -> None:
    public = operation.get("security") == [{}]
    if method == "patch":  # FastAPI adds its own idea of the media type
        operation["requestBody"]["content"].pop("application/json", None)
    responses: Schema = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        responses.pop("422")
    for status, text in STANDARD_REFUSALS.items():
        if public and status in ("401", "403", "404"):
            continue
        responses.setdefault(status, {"description": text})
    for status, response in responses.items():
        if status[0] in "45d":
            response["content"] = {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/ProblemDetails"}
                }
            }
        _describe_stream(response)
        _add_headers(method, status, response)
    operation["responses"] = dict(sorted(responses.items()))


def _describe_stream(response: Schema) -> None:
    """A stream of events is text; FastAPI's ``itemSchema`` is not part of OpenAPI 3.1."""
    content = response.get("content", {})
    if "text/event-stream" in content:
        content["text/event-stream"] = {"schema": {"type": "string", "maxLength": _INT32}}


def _add_headers(method: str, status: str, response: Schema) -> None:
    names = [*_ALWAYS]
    if status[0] in "24d":
        names += _QUOTA
    if status in ("429", "503", "202"):
        names.append("Retry-After")
    if method == "get" and status in ("200", "304"):
        names.append("ETag")
    if status in ("201", "202"):
        names.append("Location")
    headers = response.setdefault("headers", {})
    for name in names:
        headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})


def _schemas(node: object) -> Iterator[Schema]:
    """Every schema in the document, examples and defaults left alone."""
    if isinstance(node, list):
        for part in node:
            yield from _schemas(part)
    elif isinstance(node, dict):
        if isinstance(node.get("type"), str):
            yield node
        for key, part in node.items():
            if key not in ("example", "examples", "default", "enum", "const"):
                yield from _schemas(part)


def _bound(schema: Schema) -> None:
    """Formats and limits that the schema does not say itself."""
    match schema["type"]:
        case "integer":
            schema.setdefault("format", "int32")
            schema.setdefault("minimum", schema.pop("exclusiveMinimum", -1) + 1 or 0)
            schema.setdefault("maximum", _INT32)
        case "string" if not schema.keys() & {"enum", "const"}:
            if not schema.keys() & {"pattern", "format"}:
                schema["pattern"] = r"^[\s\S]*$"
            schema.setdefault("maxLength", _MAX_LENGTH)
        case "string" if "const" in schema:
            # An enumeration of one says the same to tools that do not know `const`.
            schema["enum"] = [schema.pop("const")]
        case "array":
            schema.setdefault("minItems", 0)
            schema.setdefault("maxItems", schema.get("minItems") or _MAX_ITEMS)
        case "object":
            extra = schema.setdefault("additionalProperties", False)
            if extra is True or isinstance(extra, dict):
                schema.setdefault("maxProperties", _MAX_ITEMS)
