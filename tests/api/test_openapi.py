"""The OpenAPI document holds to the Italian guidelines, wherever the checker is not at hand.

These are the main rules of the public ruleset (see ``docs/api.md`` for running the checker
itself) and of the house, asserted on the whole document.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.identity import LocalIssuer
from services.api.main import create_app
from services.api.problem_table import PROBLEMS
from tests.api.system import settings_for

Schema = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")


@pytest.fixture(scope="module")
def document(issuer: LocalIssuer) -> Schema:
    """The document as an installation in production serves it."""
    settings = settings_for("postgresql://x@127.0.0.1:1/x", issuer)
    app = create_app(settings.model_copy(update={"public_url": "https://ciclo.example.it"}))
    found: Schema = json.loads(json.dumps(app.openapi()))
    return found


def nodes(node: object, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every object of the document with its place; examples are data, not schemas."""
    if isinstance(node, dict):
        yield path, node
        for key, part in node.items():
            if key not in ("example", "examples", "default"):
                yield from nodes(part, f"{path}/{key}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from nodes(part, f"{path}/{index}")


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Path, method and operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def typed(document: Schema, *kinds: str) -> Iterator[tuple[str, Schema]]:
    """Schemas of these types."""
    for path, node in nodes(document):
        if isinstance(node.get("type"), str) and node["type"] in kinds:
            yield path, node


def test_identity(document: Schema) -> None:
    info = document["info"]
    assert document["openapi"].startswith("3.1")
    assert re.fullmatch(r"\d+\.\d+\.\d+", info["version"])
    for name in ("title", "description", "contact", "termsOfService", "x-summary", "x-api-id"):
        assert info[name], name
    for server in document["servers"]:
        assert server["description"]
        assert server["url"].startswith("https://") or server["x-sandbox"]
    assert any(server["url"].startswith("https://") for server in document["servers"])


def test_operations_are_described_and_named_once(document: Schema) -> None:
    names: list[str] = []
    for path, method, operation in operations(document):
        for field in ("summary", "description", "tags", "operationId"):
            assert operation.get(field), f"{method} {path}: {field}"
        names.append(operation["operationId"])
    assert len(set(names)) == len(names)
    known = {tag["name"] for tag in document["tags"]}
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} <= known


def test_events_and_operations_do_not_share_names(document: Schema) -> None:
    """Generators of clients make one type of each."""
    named = [operation["operationId"] for _, _, operation in operations(document)]
    named += [item["post"]["operationId"] for item in document["webhooks"].values()]
    assert len(named) == len(set(named))


def test_paths_and_properties_are_spelled_as_the_guidelines_say(document: Schema) -> None:
    for path in document["paths"]:
        assert re.fullmatch(r"(/[a-z0-9.-]+|/\{[a-z_]+\})+", path), path
    for path, node in nodes(document):
        if path.endswith("/properties"):
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in node), path


def test_internal_routes_are_not_published(document: Schema) -> None:
    assert not [path for path in document["paths"] if path.startswith("/internal")]


def test_errors_are_problems(document: Schema) -> None:
    for path, method, operation in operations(document):
        responses = operation["responses"]
        assert {"429", "503", "default", "422"} <= set(responses), f"{method} {path}"
        for status, response in responses.items():
            if status[0] in "45d":
                assert list(response["content"]) == ["application/problem+json"]
            if status == "204":
                assert "content" not in response


def test_limits_and_retries_are_announced(document: Schema) -> None:
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            headers = response["headers"]
            if status[0] in "24":
                for name in ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"):
                    assert name in headers, f"{path} {status}"
            if status in ("429", "503"):
                assert "Retry-After" in headers, f"{path} {status}"
            assert not [name for name in headers if name.lower().startswith("x-")]


def test_codes_of_refusals_exist(document: Schema) -> None:
    for path, node in nodes(document):
        for code in node.get("x-codes", ()):
            assert str(PROBLEMS[code].status) == path.rsplit("/", 1)[1]


def test_security(document: Schema) -> None:
    assert document["security"]
    for path, method, operation in operations(document):
        if method != "get":
            security = operation.get("security", document["security"])
            assert security, f"{method} {path}"
        # Scopes of schemes other than OAuth2 are a warning of the checker.
        assert not any(scopes for need in operation.get("security", ()) for scopes in need.values())
    for scheme in document["components"]["securitySchemes"].values():
        assert scheme.get("scheme") == "bearer" or scheme["in"] == "header"
    assert "RFC8725" in document["components"]["securitySchemes"]["oidc"]["description"]


def test_parameters(document: Schema) -> None:
    for path, method, operation in operations(document):
        assert not (method in ("get", "delete") and "requestBody" in operation), path
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), f"{method} {path} {parameter['name']}"
            if parameter["in"] == "header":
                forbidden = ("authorization", "accept", "content-type")
                assert parameter["name"].lower() not in forbidden
                assert not parameter["name"].lower().startswith("x-")
            if parameter["in"] in ("query", "path"):
                assert not re.search("password|secret|apikey", parameter["name"], re.IGNORECASE)


def test_changes_are_merge_patches(document: Schema) -> None:
    found = [operation for _, method, operation in operations(document) if method == "patch"]
    assert found
    for operation in found:
        assert list(operation["requestBody"]["content"]) == ["application/merge-patch+json"]
        assert operation["requestBody"]["required"]
        assert "If-Match" in json.dumps(operation) or "428" in operation["responses"]


def test_answers_are_objects(document: Schema) -> None:
    schemas = document["components"]["schemas"]
    for path, _, operation in operations(document):
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                if kind.endswith("json"):
                    schema = content["schema"]
                    name = schema.get("$ref", "").rsplit("/", 1)[-1]
                    assert schemas.get(name, schema)["type"] == "object", f"{path} {status}"


def test_numbers_have_a_format_and_bounds(document: Schema) -> None:
    for path, schema in typed(document, "integer", "number"):
        assert schema["format"] in ("int32", "int64"), path  # and no floating point at all
        assert {"minimum", "maximum"} <= set(schema), path


def test_strings_are_bounded(document: Schema) -> None:
    for path, schema in typed(document, "string"):
        if "enum" not in schema:
            assert "maxLength" in schema, path
            assert schema.keys() & {"pattern", "format"}, path


def test_arrays_and_objects_are_bounded(document: Schema) -> None:
    for path, schema in typed(document, "array"):
        assert {"minItems", "maxItems"} <= set(schema), path
    for path, schema in typed(document, "object"):
        extra = schema["additionalProperties"]
        assert extra is False or (extra is not True and "maxProperties" in schema), path


def test_lists_take_the_common_parameters(document: Schema) -> None:
    for path, method, operation in operations(document):
        if operation["operationId"].endswith("_list"):
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert {"limit", "cursor", "sort", "fields"} <= names, f"{method} {path}"


def test_creations_take_an_idempotency_key(document: Schema) -> None:
    for path, method, operation in operations(document):
        if method == "post" and "201" in operation["responses"]:
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            assert "Idempotency-Key" in names, path


def test_references_lead_somewhere_and_nothing_is_left_over(document: Schema) -> None:
    text = json.dumps(document)
    used = set(re.findall(r'"\$ref": "#/components/(\w+)/([^"]+)"', text))
    for kind, name in used:
        assert name in document["components"][kind], name
    unused = set(document["components"]["schemas"]) - {n for k, n in used if k == "schemas"}
    assert unused == set()


def test_names_of_schemas_say_nothing_of_where_code_lies(document: Schema) -> None:
    """Two classes of one name would be told apart by their modules, in every client's code."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def test_a_resource_has_all_its_fields_and_an_item_of_a_list_those_asked_for(
    document: Schema,
) -> None:
    schemas = document["components"]["schemas"]

    def named(schema: Schema) -> Schema:
        found: Schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
        return found

    alone, listed = set[str](), 0
    for path, _, operation in operations(document):
        chosen = {p["name"] for p in operation.get("parameters", ())} >= {"fields", "cursor"}
        for status, answer in operation["responses"].items():
            body = answer.get("content", {}).get("application/json", {}).get("schema", {})
            found = named(body) if status.startswith("2") else {}
            if chosen and found:
                item = named(found["properties"]["items"]["items"])
                assert item["properties"], path
                assert "required" not in item, path
                listed += 1
            elif found.get("properties") and not found.get("required"):
                alone.add(path)
    assert alone == set()
    assert listed > 20
    assert "x-list-item" not in json.dumps(document)
    received = schemas["MeasurementSaid"]["properties"]["data"]  # of events, not of a list
    assert "state" not in named(received)["properties"]
    assert set(schemas["ReportDetail"]["required"]) == set(schemas["ReportDetail"]["properties"])
