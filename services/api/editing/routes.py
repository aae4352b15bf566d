"""The routes of one kind of element, the same for every kind."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from services.api.auth.access import (
    Access,
    ReadCall,
    WriteCall,
    permitted,
    reading,
    writing,
)
from services.api.bodies import JSON, MERGE_PATCH, JsonBytes, MergePatchBytes, raw_body
from services.api.boundaries import service as boundaries
from services.api.editing import service
from services.api.editing.kinds import ElementKind
from services.api.editing.reading import read_sent
from services.api.editing.service import Saved
from services.api.editing.views import element_etag, element_view, saved_view
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.paging import Page, list_response, page
from services.api.plans import service as plans
from services.api.plans.rows import PlanHead
from services.api.plans.schemas import PlanYear
from services.api.requests import request_info
from services.api.responses import require_content_match, resource_response
from shared.domain.permissions import Action

_WRITING = (
    "plan_not_found",
    "plan_content_fixed",
    "plan_closed",
    "chamber_suspended",
)
_BODY = ("edit_refused", "unsupported_media_type", "body_too_large")
_ONE = ("element_not_found", "precondition_required", "stale_version")

Reading = Annotated[ReadCall, Depends(reading(Action.PLAN_READ), scope="function")]


def routes_of(kind: ElementKind) -> APIRouter:
    """List, one, new, change, removal of the elements of a kind."""
    router = APIRouter(
        prefix=f"/v1/chambers/{{chamber}}/plans/{{year}}/{kind.section.name}",
        tags=["elementi del piano"],
    )
    _add_reading(router, kind)
    _add_writing(router, kind)
    _add_removal(router, kind)
    return router


def _code_of(kind: ElementKind) -> Any:  # noqa: ANN401 - FastAPI types it so
    """The code of an element in the path; it may hold slashes."""
    return Path(
        alias=kind.name,
        min_length=1,
        max_length=100,
        pattern=r"^[^\[\]\x00-\x1f]+$",
        description="Codice dell'elemento.",
        examples=[kind.example],
    )


def _add_reading(router: APIRouter, kind: ElementKind) -> None:
    @router.get(
        "",
        operation_id=f"{kind.section.name}_list",
        summary=f"{kind.titles} del piano",
        description=f"{kind.about} `sort`: `position` (l'ordine del documento), `code`.",
        response_model=kind.listed,
        responses=refusals("plan_not_found", "invalid_cursor"),
    )
    async def list_elements(
        request: Request, year: PlanYear, call: Reading, asked: Annotated[Page, Depends(page)]
    ) -> Response:
        head = await plans.head(call.session, year)
        hidden = await boundaries.hidden_elements(call.session, head, call.access)
        left_out = hidden.codes(kind.name)
        found = await plans.list_section(call.session, head, kind.section, asked, left_out)
        items = [
            element_view(kind, head, dict(row._mapping), call.access)  # noqa: SLF001 - SQLAlchemy's public name
            for row in found.rows
        ]
        return list_response(request, items, found.next, asked, kind.served)

    @router.get(
        kind.path,
        operation_id=kind.name,
        summary=f"Elemento: {kind.title}",
        description="L'elemento con il suo ETag, che serve a cambiarlo, e ciò che si può farne.",
        response_model=kind.served,
        responses=refusals("plan_not_found", "element_not_found"),
    )
    async def show_element(
        request: Request, year: PlanYear, code: Annotated[str, _code_of(kind)], call: Reading
    ) -> Response:
        head = await plans.head(call.session, year)
        row = await plans.find_element(call.session, head, kind.section, code)
        hidden = await boundaries.hidden_elements(call.session, head, call.access)
        if hidden.hides(kind.name, code):
            raise Refusal("element_not_found", code=code)
        view = element_view(kind, head, row, call.access)
        return resource_response(request, view, etag=element_etag(kind, view, row))


def _add_writing(router: APIRouter, kind: ElementKind) -> None:
    @router.post(
        "",
        operation_id=f"{kind.name}_new",
        summary=f"Nuovo elemento: {kind.title}",
        description="Aggiunge l'elemento al piano, verificato con le stesse regole di "
        "un'importazione: tutti gli errori insieme, con i puntatori in ciò che si è inviato; gli "
        "avvertimenti (pesi, titoli ripetuti) nella risposta.",
        status_code=201,
        response_model=kind.saved,
        dependencies=[Depends(permitted(kind.making))],
        responses=refusals(*_WRITING, *_BODY, "idempotency_key_reused", "idempotency_key_in_use"),
        openapi_extra=_body_of(JSON, kind.new),
    )
    async def create_element(
        request: Request,
        year: PlanYear,
        raw: JsonBytes,
        call: Annotated[WriteCall, Depends(writing(kind.making), scope="function")],
        key: IdempotencyKey = None,
    ) -> Response:
        async def make() -> Response:
            sent = read_sent(kind, raw)
            held = await service.hold(call.session, year)
            saved = await service.create(call.session, held, kind, sent)
            return _saved(request, kind, held.head, saved, call.access, status=HTTPStatus.CREATED)

        return await once(request, call.session, key, raw, make)

    @router.patch(
        kind.path,
        operation_id=f"{kind.name}_change",
        summary=f"Modifica di un elemento: {kind.title}",
        description="Merge patch (RFC 7396); richiede `If-Match` con l'ETag dell'elemento. Con "
        "`position` l'elemento cambia posto nel documento. Il codice non si cambia.",
        response_model=kind.saved,
        dependencies=[Depends(permitted(Action.PLAN_UPDATE))],
        responses=refusals(*_WRITING, *_BODY, *_ONE),
        openapi_extra=_body_of(MERGE_PATCH, kind.change),
    )
    async def change_element(
        request: Request,
        year: PlanYear,
        code: Annotated[str, _code_of(kind)],
        raw: MergePatchBytes,
        call: Annotated[WriteCall, Depends(writing(Action.PLAN_UPDATE), scope="function")],
    ) -> Response:
        held = await service.hold(call.session, year)
        row = held.row(kind, code)
        view = element_view(kind, held.head, row, call.access)
        require_content_match(request, element_etag(kind, view, row))
        patch = read_sent(kind, raw)
        saved = await service.change(call.session, held, kind, row, patch)
        return _saved(request, kind, held.head, saved, call.access)


def _add_removal(router: APIRouter, kind: ElementKind) -> None:
    @router.delete(
        kind.path,
        operation_id=f"{kind.name}_remove",
        summary=f"Eliminazione di un elemento: {kind.title}",
        description="Richiede `If-Match` con l'ETag dell'elemento. Ciò che è stato misurato, "
        "valutato o commentato, e ciò a cui altri elementi fanno riferimento, non si toglie.",
        status_code=204,
        responses=refusals(*_WRITING, *_ONE, "measured_element_removed", "element_in_use"),
    )
    async def remove_element(
        request: Request,
        year: PlanYear,
        code: Annotated[str, _code_of(kind)],
        call: Annotated[WriteCall, Depends(writing(kind.making), scope="function")],
    ) -> None:
        held = await service.hold(call.session, year)
        row = held.row(kind, code)
        view = element_view(kind, held.head, row, call.access)
        require_content_match(request, element_etag(kind, view, row))
        await service.remove(call.session, held, kind, row)


def _saved(
    request: Request,
    kind: ElementKind,
    head: PlanHead,
    saved: Saved,
    access: Access,
    *,
    status: int = HTTPStatus.OK,
) -> Response:
    view = saved_view(kind, head, saved, access, request_info(request).language)
    shown = element_view(kind, head, saved.row, access)
    code = quote(saved.row["code"], safe="")
    section = f"/v1/chambers/{access.chamber}/plans/{head.year}/{kind.section.name}"
    headers = {"Location": f"{section}/{code}"} if status == HTTPStatus.CREATED else {}
    etag = element_etag(kind, shown, saved.row)
    return resource_response(request, view, status=status, etag=etag, headers=headers)


def _body_of(media_type: str, model: type) -> dict[str, Any]:
    return raw_body(media_type, {"$ref": f"#/components/schemas/{model.__name__}"})
