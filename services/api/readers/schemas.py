"""Bodies of grants to read across chambers."""

from datetime import date
from typing import Annotated

from fastapi import Path
from pydantic import Field

from services.api.paging import ListItem
from services.api.plans.schemas import Cursor
from services.api.responses import Resource
from services.api.tenants.schemas import Actions, Instant
from shared.contracts.chamber import Code

GrantId = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo dell'autorizzazione.",
    ),
]

Reader = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="A chi: il soggetto (`sub`) del suo token.",
        examples=["c0ffee-1234"],
    ),
]
Chambers = Annotated[list[Code], Field(min_length=1, max_length=500)]
Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"^[\s\S]*\S[\s\S]*$",
        description="Perché serve leggere insieme queste camere.",
        examples=["Controllo di gestione dell'ente accorpato"],
    ),
]
Until = Annotated[date, Field(description="Ultimo giorno in cui vale.", examples=["2026-12-31"])]


class NewGrant(Resource):
    """Un'autorizzazione a leggere insieme più camere dell'ente."""

    reader: Reader
    chambers: Chambers
    reason: Reason
    expires_on: Until


class Grant(ListItem):
    """Un'autorizzazione a leggere insieme più camere."""

    grant_id: Annotated[str, Field(max_length=36, json_schema_extra={"format": "uuid"})]
    reader: Reader
    chambers: Chambers
    reason: Reason
    expires_on: Until
    granted_at: Instant
    granted_by: Annotated[str, Field(max_length=255, pattern=r"^[\s\S]*$")]
    revoked_at: Instant | None
    in_force: Annotated[bool, Field(description="Né revocata né scaduta.")]
    allowed_actions: Actions


class GrantList(Resource):
    """Le autorizzazioni a leggere insieme più camere."""

    items: Annotated[list[Grant], Field(max_length=500)]
    next: Cursor
