"""Lists: ``?limit=&cursor=&sort=&fields=``, in a stable order.

A cursor is the place after the last row given: the value of the sort column and the row's
own id. Rows inserted meanwhile neither shift nor repeat what follows. It is opaque to the
caller and good for the order it was made in only.
"""

import base64
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from fastapi import Query, Request
from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from starlette.responses import Response

from services.api.errors import Refusal
from services.api.responses import Resource, resource_response
from shared.contracts.issues import Issue

T = TypeVar("T")

DEFAULT_LIMIT = 50
MOST = 500

_MOST_INTEGER = 2_147_483_647


LIST_ITEM = "x-list-item"
"""Mark of these schemas until the OpenAPI document is complete (:mod:`services.api.openapi`)."""


class ListItem(Resource):
    """Base of what lists hold. With ``fields=`` only what was asked for is present."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Marks what lists hold, of which a caller may ask for fewer fields."""
        schema = handler(core_schema)
        handler.resolve_ref_schema(schema)[LIST_ITEM] = True
        return schema


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list, in which order, with which fields."""

    limit: int
    cursor: str | None
    sort: str | None
    fields: str | None


async def page(
    limit: Annotated[
        int,
        Query(
            ge=1,
            le=MOST,
            description="Quanti elementi al massimo.",
            json_schema_extra={"format": "int32"},
        ),
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(
            max_length=600,
            pattern=r"^[A-Za-z0-9_-]+$",
            description="`next` della risposta precedente.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        Query(
            max_length=64,
            pattern=r"^-?[a-z][a-z0-9_]*$",
            description="Campo per cui ordinare; con il meno davanti in ordine decrescente.",
        ),
    ] = None,
    fields: Annotated[
        str | None,
        Query(
            max_length=1000,
            pattern=r"^[a-z][a-z0-9_]*(,[a-z][a-z0-9_]*)*$",
            description="Campi da rispondere, separati da virgole; se manca, tutti.",
        ),
    ] = None,
) -> Page:
    """Dependency: the parameters that every list takes."""
    return Page(limit, cursor, sort, fields)


@dataclass(frozen=True, slots=True)
class Order:
    """The orders of a list.

    ``columns`` maps what a caller may sort by to columns that are never null; ``key`` is the
    column that tells rows apart; ``default`` is a ``sort`` text.
    """

    columns: Mapping[str, sa.ColumnElement[Any]]
    key: sa.ColumnElement[Any]
    default: str

    def resolve(self, sort: str | None) -> tuple[str, sa.ColumnElement[Any], bool]:
        """The order asked for: its text, its column, and whether it descends."""
        text = sort or self.default
        name = text.removeprefix("-")
        if name not in self.columns:
            raise _sort_refusal(self.columns)
        return text, self.columns[name], text.startswith("-")


@dataclass(frozen=True, slots=True)
class Rows:
    """A part of a list, and the cursor of what follows."""

    rows: Sequence[sa.Row[Any]]
    next: str | None


def sliced(statement: sa.Select[Any], order: Order, asked: Page) -> sa.Select[Any]:
    """``statement`` in the order asked for, from the cursor on, one row more than the limit.

    The statement gets two columns more, ``_sort`` and ``_key``, for the next cursor.
    """
    text, column, descending = order.resolve(asked.sort)
    statement = statement.add_columns(column.label("_sort"), order.key.label("_key"))
    if asked.cursor is not None:
        place = sa.tuple_(column, order.key)
        bound = sa.tuple_(*_decode(asked.cursor, text, (column, order.key)))
        statement = statement.where(place < bound if descending else place > bound)
    ordering = [column.desc(), order.key.desc()] if descending else [column, order.key]
    return statement.order_by(*ordering).limit(asked.limit + 1)


def cut(rows: Sequence[sa.Row[Any]], order: Order, asked: Page) -> Rows:
    """The rows of :func:`sliced` without the one too many, and the cursor if there was one."""
    if len(rows) <= asked.limit:
        return Rows(rows, None)
    kept = rows[: asked.limit]
    text, _, _ = order.resolve(asked.sort)
    last = kept[-1]._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Rows(kept, _encode(text, last["_sort"], last["_key"]))


def _sort_refusal(allowed: Iterable[str]) -> Refusal:
    known = ", ".join(allowed)
    return Refusal(
        "validation_failed",
        issues=[
            Issue(
                pointer="/query/sort",
                code="not_allowed",
                it=f"ordinamento non ammesso; ammessi: {known}",
                en=f"order not allowed; allowed: {known}",
            )
        ],
    )


def _encode(sort: str, value: object, key: object) -> str:
    place = json.dumps([sort, value, key], default=str, separators=(",", ":"))
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _decode(
    cursor: str, sort: str, columns: tuple[sa.ColumnElement[Any], ...]
) -> list[sa.ColumnElement[Any]]:
    """The place a cursor names, as values of its columns."""
    try:
        return [
            sa.literal(_value(value, column.type), column.type)
            for value, column in zip(_place(cursor, sort), columns, strict=True)
        ]
    except (ValueError, TypeError) as error:
        raise Refusal("invalid_cursor") from error


def _place(cursor: str, sort: str) -> tuple[Any, ...]:
    """The place that a cursor names, as it came.

    Raises:
        Refusal: ``invalid_cursor``: it is none, or was made for another order.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        made_for, *values = json.loads(raw)
    except (ValueError, TypeError) as error:
        raise Refusal("invalid_cursor") from error
    if made_for != sort:
        raise Refusal("invalid_cursor")
    return tuple(values)


def _value(given: object, kind: sa.types.TypeEngine[Any]) -> object:
    """A value of a cursor as its column has it: cursors come from outside like anything else.

    Raises:
        ValueError, TypeError: it is none.
    """
    if isinstance(kind, sa.Integer):
        if type(given) is not int or not -_MOST_INTEGER <= given <= _MOST_INTEGER:
            raise ValueError(given)
        return given
    if not isinstance(given, str) or "\0" in given:
        raise TypeError(given)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(given)
    if isinstance(kind, sa.Uuid):
        return str(uuid.UUID(given))
    return given


Rank = Callable[[Any], str | int]


def slice_of(
    rows: Sequence[T], asked: Page, ranks: Mapping[str, Rank], key: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """Part of a list that is computed, not stored, and the cursor of what follows.

    Args:
        rows: the whole list.
        asked: which part.
        ranks: what a caller may sort by, the default first.
        key: what tells rows apart.
    """
    text = asked.sort or next(iter(ranks))
    rank = ranks.get(text.removeprefix("-"))
    if rank is None:
        raise _sort_refusal(ranks)
    descending = text.startswith("-")

    def place(row: T) -> tuple[Any, ...]:
        return (rank(row), key(row))

    ordered = sorted(rows, key=place, reverse=descending)
    if asked.cursor is not None:
        after = _place(asked.cursor, text)
        try:
            ordered = [r for r in ordered if (place(r) < after if descending else place(r) > after)]
        except TypeError as error:
            raise Refusal("invalid_cursor") from error
    if len(ordered) <= asked.limit:
        return ordered, None
    kept = ordered[: asked.limit]
    return kept, _encode(text, *place(kept[-1]))


def list_response(
    request: Request,
    items: Sequence[ListItem],
    following: str | None,
    asked: Page,
    model: type[ListItem],
    **more: object,
) -> Response:
    """A list as the caller wants it: ``{"items": [...], "next": ...}`` and ``more``."""
    include = _fields(asked.fields, model)
    body = {
        "items": [item.model_dump(mode="json", by_alias=True, include=include) for item in items],
        "next": following,
        **more,
    }
    return resource_response(
        request, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    )


def _fields(asked: str | None, model: type[ListItem]) -> set[str] | None:
    if asked is None:
        return None
    names = set(asked.split(","))
    unknown = sorted(names - set(model.model_fields))
    if unknown:
        raise Refusal(
            "validation_failed",
            issues=[
                Issue(
                    pointer="/query/fields",
                    code="not_allowed",
                    it=f"campo sconosciuto: {name}",
                    en=f"unknown field: {name}",
                )
                for name in unknown
            ],
        )
    return names
