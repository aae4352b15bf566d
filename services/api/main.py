"""Builds the application. Nothing happens at import: ``create_app`` makes everything.

A feature is a package with four files:

``router.py``
    Endpoints: parse, authorise, one service call, return. Each declares one dependency of
    :mod:`services.api.auth.access` (``reading``, ``writing`` or ``permitted``) and answers
    with :mod:`services.api.responses` or :mod:`services.api.paging`; POSTs that create go
    through :func:`services.api.idempotency.once`. Texts of the OpenAPI document are Italian.
``schemas.py``
    Bodies, on :class:`services.api.responses.Resource`; what lists hold, on
    :class:`services.api.paging.ListItem`.
``service.py``
    Use cases. Takes a session, refuses with :class:`services.api.errors.Refusal`, writes an
    audit line and events with :mod:`services.api.db.trail`.
``repository.py``
    All its SQL, as Core statements run through the session.

To add one: make the package, list its router in ``_ROUTERS`` below, add its codes to
:mod:`services.api.problem_table` and its actions to :mod:`shared.domain.permissions`. Work
that runs besides requests is an async context manager in ``_BACKGROUND``, most often a
:class:`services.api.background.Chore`; a process runs it unless its settings leave that to another.
"""

import gc
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.middleware.cors import CORSMiddleware

from services.api import errors, openapi
from services.api.assignments.router import router as assignments
from services.api.audit.router import of_entities as entity_audit
from services.api.audit.router import router as audit
from services.api.auth.directory import ChamberDirectory, MemberDirectory
from services.api.auth.machines import MachineDirectory
from services.api.auth.tokens import TokenVerifier
from services.api.catalogue.adoption_router import router as adoptions
from services.api.catalogue.chamber_router import router as chamber_catalogue
from services.api.catalogue.router import router as catalogue
from services.api.clients.router import router as clients
from services.api.clients.schemas import ClientChange
from services.api.comments.router import router as comments
from services.api.container import Container
from services.api.cross_origin import cross_origin
from services.api.db.quick import QuickReader
from services.api.db.safety import refuse_unsafe_role
from services.api.db.session import Database
from services.api.deviations.router import router as deviations
from services.api.dispatch.background import dispatching
from services.api.edge import Edge, Limits
from services.api.editing.router import router as editing
from services.api.editing.sent import RAW_BODIES
from services.api.entity.merger_router import router as merger
from services.api.entity.report_router import router as entity_reports
from services.api.entity.router import router as entity
from services.api.evaluations.router import router as evaluations
from services.api.evidence.background import sweeping
from services.api.evidence.router import router as evidence
from services.api.figures.router import router as figures
from services.api.imports.router import router as imports
from services.api.integrations.background import repairing
from services.api.integrations.gaps import router as gaps
from services.api.integrations.router import router as integrations
from services.api.integrations.schemas import IntegrationChange
from services.api.integrations.webhooks import router as webhooks
from services.api.judgements.router import router as judgements
from services.api.mappings.router import router as mappings
from services.api.measurements.router import router as measurements
from services.api.members.router import router as members
from services.api.members.schemas import MemberChange
from services.api.metrics.endpoint import router as metrics
from services.api.metrics.requests import RequestMetrics
from services.api.narratives.drafts_router import router as drafts
from services.api.narratives.router import router as narratives
from services.api.periods.router import router as periods
from services.api.plans.router import router as plans
from services.api.previews.background import forgetting
from services.api.previews.internal import router as preview_rendering
from services.api.previews.router import router as previews
from services.api.publications.router import router as publications
from services.api.publications.site import router as public_pages
from services.api.quarantine.router import router as quarantine
from services.api.readers.router import chamber_router as chamber_readers
from services.api.readers.router import router as readers
from services.api.reconciliations.router import router as reconciliations
from services.api.reconciliations.running import reconciling
from services.api.rendering.router import router as rendering
from services.api.reports.accessible import router as accessible_reports
from services.api.reports.deciding_router import router as report_decisions
from services.api.reports.router import router as reports
from services.api.reports.sheet_router import router as sheet_reports
from services.api.results.router import router as results
from services.api.results.service import CurrentResults
from services.api.retention.background import clearing, retiring
from services.api.retention.router import router as retention
from services.api.sealing import TrustedSeals
from services.api.signals import Signals
from services.api.signatures.router import router as signatures
from services.api.subscriptions.deliveries import router as deliveries
from services.api.subscriptions.router import router as subscriptions
from services.api.subscriptions.schemas import SubscriptionChange
from services.api.system.router import router as system
from services.api.tenants.router import router as tenants
from services.api.tenants.schemas import ChamberChange
from services.api.traffic import Traffic
from services.api.transfers.entity_router import router as entity_archives
from services.api.transfers.router import router as archives
from services.api.transfers.running import transferring
from services.api.validations.router import router as validations
from services.api.verifications.router import router as verifications
from services.api.versions.router import router as versions
from shared.contracts.case import Case
from shared.contracts.chamber import ChamberConfiguration, ChamberConfigurationPatch
from shared.contracts.merger import MergerMapping
from shared.contracts.webhook_events import MeasurementEvent
from shared.runtime.blobs import BlobStore
from shared.runtime.clock import SystemClock
from shared.runtime.logging import configure
from shared.runtime.machine_keys import MachineKeyHasher
from shared.runtime.settings import ApiSettings

_ROUTERS: tuple[APIRouter, ...] = (
    # Routes are tried in order: what is asked most often comes first.
    results,
    webhooks,
    system,
    tenants,
    archives,
    entity_archives,
    audit,
    entity_audit,
    catalogue,
    chamber_catalogue,
    readers,
    chamber_readers,
    entity,
    entity_reports,
    merger,
    members,
    clients,
    imports,
    plans,
    narratives,
    drafts,
    comments,
    assignments,
    previews,
    editing,
    adoptions,
    versions,
    measurements,
    figures,
    validations,
    periods,
    evaluations,
    evidence,
    deviations,
    judgements,
    integrations,
    gaps,
    mappings,
    reconciliations,
    quarantine,
    subscriptions,
    retention,
    deliveries,
    reports,
    report_decisions,
    sheet_reports,
    signatures,
    rendering,
    preview_rendering,
    metrics,
    verifications,
    publications,
    public_pages,
    accessible_reports,
)

_RAW_BODY_MODELS: tuple[type[BaseModel], ...] = (
    Case,
    ChamberChange,
    ChamberConfiguration,
    ChamberConfigurationPatch,
    ClientChange,
    IntegrationChange,
    MemberChange,
    MeasurementEvent,
    MergerMapping,
    *RAW_BODIES,
    SubscriptionChange,
)
"""Models of bodies that endpoints read as bytes, for the OpenAPI document."""

_BACKGROUND: tuple[Callable[[Container], AbstractAsyncContextManager[None]], ...] = (
    dispatching,
    repairing,
    sweeping,
    reconciling,
    retiring,
    clearing,
    transferring,
    forgetting,
)


_YOUNG_OBJECTS = 20_000
"""New objects between two collections of them."""

_log = logging.getLogger("ciclo.dispatch")


def create_app(settings: ApiSettings | None = None) -> FastAPI:
    """The application; with settings from the environment when none are given.

    As a factory for a server: ``uvicorn --factory services.api.main:create_app``.
    """
    if settings is None:
        settings = ApiSettings()
        configure("api", level=settings.log_level)
    app = FastAPI(
        title="Ciclo",
        version=version("ciclo"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.state.openapi_models = _RAW_BODY_MODELS
    for router in _ROUTERS:
        app.include_router(router)
    errors.install(app)
    openapi.install(app, public_url=settings.public_url, development=not settings.production)
    app.state.openapi_bytes = _written_once(app)
    app.state.metrics = RequestMetrics()
    if settings.cors_origins:
        app.add_middleware(CORSMiddleware, **cross_origin(settings.cors_origins))
    app.add_middleware(
        Edge,
        limits=Limits(
            settings.rate_limit_per_minute, settings.max_body_bytes, settings.archive_max_bytes
        ),
        public_url=settings.public_url,
        metrics=app.state.metrics,
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens what the application needs, and closes it whatever happens."""
    settings: ApiSettings = app.state.settings
    url = settings.database_url.get_secret_value()
    database = Database(url, pool_size=settings.database_pool_size)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        quick = await stack.enter_async_context(QuickReader(url))
        if settings.production:
            await refuse_unsafe_role(database)
        clock = SystemClock()
        container = Container(
            settings=settings,
            database=database,
            verifier=TokenVerifier(settings.identity_providers, https_only=settings.production),
            directory=ChamberDirectory(database),
            members=MemberDirectory(database, clock, settings.roles_from),
            machines=MachineDirectory(database, MachineKeyHasher(settings.secret_key_list), clock),
            clock=clock,
            blobs=BlobStore.open(settings.blob_url),
            seals=TrustedSeals(settings.trust_anchors),
            signals=Signals(),
            traffic=Traffic(settings.database_pool_size),
            results=CurrentResults(database, quick),
        )
        app.state.container = container
        if not settings.dispatch:
            _log.warning("this process does not dispatch: another one has to")
        for background in _BACKGROUND if settings.dispatch else ():
            await stack.enter_async_context(background(container))
        _make_routes(app)
        # What was made so far (200,000 objects) lives as long as the process: a collection
        # that walks it stops every request for a tenth of a second.
        gc.collect()
        gc.freeze()
        # A batch of 500 measurements makes some 10,000 objects that live until it is written:
        # walking them every 700 costs a tenth of its time and frees nothing.
        gc.set_threshold(_YOUNG_OBJECTS)
        yield


def _make_routes(app: FastAPI) -> None:
    """Makes what FastAPI makes of included routers when they are first asked.

    That is a second's work, which the first caller would wait for, and as many objects again,
    which every collection would walk if they were made after the others are frozen.
    """
    for route in app.routes:
        route.matches(
            {"type": "http", "method": "GET", "path": "/", "root_path": "", "headers": []}
        )


def _written_once(app: FastAPI) -> Callable[[], bytes]:
    """Bytes of the OpenAPI document, made when first asked for."""
    made: list[bytes] = []

    def document() -> bytes:
        if not made:
            made.append(json.dumps(app.openapi(), ensure_ascii=False).encode())
        return made[0]

    return document
