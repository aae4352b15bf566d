"""``/v1/entities/{entity}/reports``: the report of an entity, a chapter for each chamber."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from services.api.auth.access import Access, Caller, Parts, access_to, refuse_suspended
from services.api.auth.entities import EntityAccess, member
from services.api.entity import report_content
from services.api.entity.schemas import NewEntityReport
from services.api.errors import Refusal
from services.api.idempotency import IdempotencyKey, once
from services.api.openapi import refusals
from services.api.readers import service as readers
from services.api.reports import service as reports
from services.api.reports.answers import job_response
from services.api.reports.schemas import RenderJob
from services.api.responses import to_json
from shared.domain.permissions import Action

router = APIRouter(prefix="/v1/entities/{entity}/reports", tags=["ente"])


@dataclass(frozen=True, slots=True)
class Reporting:
    """A caller in an entity, and in the chamber of its code, which the report belongs to."""

    entity: EntityAccess
    own: Access


async def _reporting(
    access: Annotated[EntityAccess, Depends(member)], caller: Caller, parts: Parts
) -> Reporting:
    """The caller may request documents of the entity's own chamber."""
    if access.entity not in access.chambers:
        raise Refusal("entity_without_chamber", entity=access.entity)
    own = await access_to(parts, caller, access.entity)
    if not own.allows(Action.REPORT_REQUEST):
        raise Refusal("forbidden")
    return Reporting(access, own)


@router.post(
    "",
    operation_id="entity_report_new",
    summary="Relazione dell'ente",
    description="Congela la relazione consolidata dell'ente e ne chiede la composizione e il "
    "sigillo: indicatori condivisi consolidati e spiegati, camere a confronto, "
    "andamento negli anni, che cosa non si consolida e perché, un capitolo per ogni "
    "camera, senza schede individuali. Serve un'autorizzazione a leggere tutte le "
    "camere dell'ente, e la lettura resta nel registro di ciascuna. Il documento "
    "(`relazione_ente`) è della camera che ha il codice dell'ente, e fino alla "
    "pubblicazione lo legge chi ha un'autorizzazione per tutte le camere che mostra. "
    "I suoi passi sono quelli degli altri, agli stessi indirizzi "
    "(`/v1/chambers/{chamber}/reports`): si approva con un atto, una volta approvate "
    "le Relazioni dell'anno delle camere; lo valida l'OIV quando l'ente ha nell'anno "
    "un piano proprio (articolo 14 del D.Lgs. 150/2009), altrimenti la validazione "
    "resta quella delle Relazioni delle camere; si firma e si pubblica. Risponde con "
    "il lavoro, da seguire all'indirizzo in `Location`; ogni richiesta è una versione "
    "nuova, e dopo un'approvazione serve `reason`.",
    status_code=202,
    response_model=RenderJob,
    responses=refusals(
        "entity_unknown",
        "entity_without_chamber",
        "reading_not_granted",
        "chamber_not_granted",
        "plan_not_found",
        "figures_changing",
        "report_reason_required",
        "chamber_suspended",
        "idempotency_key_reused",
        "idempotency_key_in_use",
    ),
)
async def request_entity_report(
    request: Request,
    new: NewEntityReport,
    access: Annotated[Reporting, Depends(_reporting)],
    parts: Parts,
    key: IdempotencyKey = None,
) -> Response:
    """Reads all chambers, then snapshot, report, job and event in one transaction."""
    entity = access.entity
    today = parts.clock.now().date()
    chambers = ",".join(sorted(entity.chambers - {entity.entity}))
    codes = await readers.opened(parts.database, entity, today, f"report/{new.year}", chambers)
    own, view = await report_content.content(parts, entity.entity, codes, new.year)
    async with parts.database.write([entity.entity], entity.author) as session:
        await refuse_suspended(session)

        async def make() -> Response:
            row = await reports.request_entity_report(parts, session, own, view, new.reason)
            return job_response(request, row, access.own, status=202)

        return await once(request, session, key, to_json(new), make)
