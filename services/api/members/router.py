"""``/v1/chambers/{chamber}/members``."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from services.api.auth.access import Access, Parts, ReadCall, WriteCall, reading, writing
from services.api.bodies import merge_patch_of
from services.api.idempotency import IdempotencyKey, once
from services.api.members import repository, service
from services.api.members.schemas import Member, MemberChange, MemberList, NewMember
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.responses import require_match, resource_response, to_json, version_etag
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/chambers/{chamber}/members", tags=["persone e sistemi"])

MemberPath = Annotated[
    str,
    Path(
        max_length=36,
        pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="Identificativo del membro.",
    ),
]
Reading = Annotated[ReadCall, Depends(reading(Action.MEMBER_READ), scope="function")]
Managing = Annotated[WriteCall, Depends(writing(Action.MEMBER_MANAGE), scope="function")]
_ACTIONS = (Action.MEMBER_READ, Action.MEMBER_MANAGE)


def _member(row: sa.Row[Any], access: Access) -> Member:
    mapping = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    given = {name: mapping[name] for name in Member.model_fields if name != "allowed_actions"}
    own = row.person == access.principal.subject
    actions = access.actions(*(_ACTIONS[:1] if own else _ACTIONS))
    return Member.model_validate({**given, "allowed_actions": [str(one) for one in actions]})


@router.get(
    "",
    operation_id="members_list",
    summary="Persone della camera",
    description="Le persone con ruoli conferiti qui; chi li ha dal gestore di identità non vi "
    "figura. `sort`: `person`, `created_at`.",
    response_model=MemberList,
    responses=refusals("invalid_cursor"),
)
async def list_members(
    request: Request,
    call: Reading,
    asked: Annotated[Page, Depends(page)],
    person: Annotated[
        str | None, Query(max_length=255, pattern=r"^[^\x00-\x1f]+$", description="Solo costui.")
    ] = None,
) -> Response:
    """Every member."""
    found = await repository.list_members(call.session, asked, person)
    items = [_member(row, call.access) for row in found.rows]
    return list_response(request, items, found.next, asked, Member)


@router.post(
    "",
    operation_id="member_new",
    summary="Nuova persona",
    description="Conferisce ruoli a una persona. Chi chiama non può conferire ruoli che non gli "
    "spetta conferire, né cambiare i propri.",
    status_code=201,
    response_model=Member,
    responses=refusals(
        "role_beyond_yours",
        "own_membership",
        "member_exists",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def add_member(
    request: Request, new: NewMember, call: Managing, parts: Parts, key: IdempotencyKey = None
) -> Response:
    """A person gets a place in the chamber."""

    async def make() -> Response:
        row = await service.add(call.session, call.access, new)
        path = f"/v1/chambers/{call.access.chamber}/members/{row.member_id}"
        return resource_response(
            request,
            _member(row, call.access),
            status=201,
            etag=version_etag(row.version),
            headers={"Location": path},
        )

    call.session.on_commit(lambda: parts.members.forget(new.person))
    return await once(request, call.session, key, to_json(new), make)


@router.get(
    "/{member_id}",
    operation_id="member",
    summary="Una persona della camera",
    description="Ruoli, unità, schede e validità.",
    response_model=Member,
)
async def show_member(request: Request, member_id: MemberPath, call: Reading) -> Response:
    """One member."""
    row = await service.member(call.session, member_id)
    return resource_response(request, _member(row, call.access), etag=version_etag(row.version))


@router.patch(
    "/{member_id}",
    operation_id="member_change",
    summary="Modifica di una persona",
    description="Merge patch (RFC 7396); richiede If-Match.",
    response_model=Member,
    responses=refusals(
        "role_beyond_yours",
        "own_membership",
        "precondition_required",
        "stale_version",
        "chamber_suspended",
    ),
    openapi_extra=merge_patch_of(MemberChange),
)
async def change_member(
    request: Request, member_id: MemberPath, change: MemberChange, call: Managing, parts: Parts
) -> Response:
    """Changes what was sent."""
    current = await service.member(call.session, member_id, lock=True)
    require_match(request, version_etag(current.version))
    row = await service.change(call.session, call.access, current, change)
    call.session.on_commit(lambda: parts.members.forget(row.person))
    return resource_response(request, _member(row, call.access), etag=version_etag(row.version))


@router.delete(
    "/{member_id}",
    operation_id="member_remove",
    summary="Rimozione di una persona",
    description="La persona perde i ruoli conferiti qui; richiede If-Match. Il registro conserva "
    "ciò che era.",
    status_code=204,
    responses=refusals(
        "role_beyond_yours",
        "own_membership",
        "precondition_required",
        "stale_version",
        "chamber_suspended",
    ),
)
async def remove_member(
    request: Request, member_id: MemberPath, call: Managing, parts: Parts
) -> None:
    """Takes a person's place away."""
    current = await service.member(call.session, member_id, lock=True)
    require_match(request, version_etag(current.version))
    await service.remove(call.session, call.access, current)
    call.session.on_commit(lambda: parts.members.forget(current.person))
