"""Every operation of an application, and how a request for it is made up.

Path parameters are filled by their name: a column of that name (or of that name with ``_id``)
in any table of a chamber gives the value, so that a new resource is covered by itself. What
is no column is in :data:`CHOSEN`; a name found nowhere fails the test that calls
:func:`unclassified`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from services.api.db.tables import metadata
from tests.leaks.victims import ENTITY, STRANGER, Known

Schema = Mapping[str, Any]

METHODS = ("get", "put", "post", "delete", "patch")

CHOSEN = {
    "entity": ENTITY,
    "year": "2020",
    "code": "A1",
    "measure": "m1",
    "indicator": "I1",
    "table": "T1",
    "key": "objective:A1",
    "objective": "A1",
    "period": "Q1",
    "entry": "measure:own:voce",
    "version": "1",
    "file": "catalogo.ttl",
    "other": "1",
    "digest": "0" * 64,
}
"""Parameters that are words of the domain rather than columns; the victims know these values."""

WITHOUT_CHAMBER = {
    "/openapi.json": "the description of the API",
    "/schemas/chamber@1.json": "the form of a manifest",
    "/problems/{code}": "a page about a code of ours",
    "/docs": "documentation",
    "/docs/condizioni": "documentation",
    "/docs/assets/{name}": "documentation",
    **dict.fromkeys(
        (
            "/amministrazione-trasparente",
            "/amministrazione-trasparente/enti/{entity}/performance",
            "/amministrazione-trasparente/{chamber}/performance",
            "/amministrazione-trasparente/{chamber}/performance/{year}/{kind}",
            "/amministrazione-trasparente/{chamber}/performance/{year}/{kind}/{mark}",
            "/amministrazione-trasparente/{chamber}/performance/documenti/{report_id}",
            "/amministrazione-trasparente/{chamber}/performance/documenti/{report_id}/testo",
            "/sitemap.xml",
        ),
        "public by intent: what is published",
    ),
    **dict.fromkeys(
        ("/amministrazione-trasparente/{rest}", "/verifica", "/verifica/{rest}"),
        "the page of what is not there, whatever was asked for",
    ),
    "/": "leads to what is published",
    "/robots.txt": "says that all of that may be read",
    "/verifica/{chamber}/{report_id}": "public by intent: facts about the file of a published "
    "document; of any other the same page as of what does not exist",
}
"""Routes outside the OpenAPI document that anybody may ask, each with its reason."""

_ARBITRARY = "11111111-1111-4111-8111-111111111111"
_PARAMETER = re.compile(r"\{(\w+)\}")
_CONVERTER = re.compile(r":\w+\}")


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    media_type: str | None = None
    body: Schema | None = None

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return _PARAMETER.findall(self.path)

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


def operations(app: FastAPI) -> list[Operation]:
    """All of them: those of the document, and those that it leaves out."""
    document = app.openapi()
    described = list(_described(document))
    known = {(operation.method, operation.path) for operation in described}
    for context in iter_route_contexts(app.routes):
        for method in sorted(context.methods or ()):
            key = (method.lower(), _CONVERTER.sub("}", str(context.path)))
            if key[0] in METHODS and key not in known and key[1] not in WITHOUT_CHAMBER:
                described.append(Operation(*key))
    return described


def _described(document: Schema) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                content = operation.get("requestBody", {}).get("content", {})
                media_type = next(iter(content), None)
                schema = content[media_type].get("schema") if media_type else None
                yield Operation(
                    method,
                    path,
                    tuple(p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"),
                    media_type,
                    schema and {**schema, "$document": document},
                )


def column_of(name: str) -> str | None:
    """The column that a parameter of this name stands for."""
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    return next((found for found in (name, f"{name}_id") if found in columns), None)


def unclassified(found: list[Operation]) -> list[str]:
    """Operations with a path parameter that nobody knows how to fill."""
    return [
        f"{operation}: {{{name}}} is no column and not in CHOSEN"
        for operation in found
        for name in operation.parameters
        if name not in CHOSEN and column_of(name) is None
    ]


@dataclass(frozen=True)
class Filler:
    """Fills requests with what exists in one chamber."""

    chamber: str
    values: Mapping[str, Known]

    def known(self, name: str) -> Known | None:
        """What the chamber has under this name."""
        if name in {"chamber", "chamber_id", "chambers"}:
            return Known(self.chamber, proper=False)
        if name in CHOSEN:
            return Known(CHOSEN[name], proper=False)
        column = column_of(name)
        return self.values.get(column) if column else None

    def path(self, operation: Operation, chamber: str) -> str:
        """The path with this chamber in it and everything else as the victim has it."""

        def fill(match: re.Match[str]) -> str:
            if match[1] == "chamber":
                return chamber
            found = self.known(match[1])
            return found.value if found else _ARBITRARY

        return _PARAMETER.sub(fill, operation.path)

    def complete(self, operation: Operation) -> bool:
        """Whether the chamber has something for every parameter."""
        return all(self.known(name) for name in operation.parameters)

    def proper(self, operation: Operation) -> bool:
        """Whether the path names something that exists in this chamber only."""
        return any(found and found.proper for found in map(self.known, operation.parameters))

    def query(self, operation: Operation) -> dict[str, str]:
        """Filters that name what the victim has."""
        known = {name: self.known(name) for name in operation.query}
        return {name: found.value for name, found in known.items() if found}

    def body(self, operation: Operation) -> Any:  # noqa: ANN401 - JSON is anything
        """A body by the schema, its identifiers the victim's."""
        if operation.body is None:
            return None
        return self._instance(operation.body, operation.body["$document"], "", 0)

    def _instance(self, schema: Schema, document: Schema, name: str, depth: int) -> Any:  # noqa: ANN401
        if "$ref" in schema:
            part = schema["$ref"].rsplit("/", 1)[-1]
            return self._instance(document["components"]["schemas"][part], document, name, depth)
        for key in ("anyOf", "oneOf", "allOf"):
            if key in schema:
                return self._instance(schema[key][0], document, name, depth)
        if schema.get("type") == "object":
            parts = schema.get("properties", {}) if depth < 6 else {}
            return {
                key: self._instance(part, document, key, depth + 1) for key, part in parts.items()
            }
        if schema.get("type") == "array":
            return [self._instance(schema.get("items", {}), document, name, depth + 1)]
        return self._plain(schema, name)

    def _plain(self, schema: Schema, name: str) -> object:
        found = self.known(name)
        if found is not None and schema.get("type") == "string":
            return found.value
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        for key in ("example", "const", "default", "minimum"):
            if key in schema:
                return schema[key]
        return {"string": STRANGER, "integer": 1, "boolean": True}.get(schema.get("type", ""))
