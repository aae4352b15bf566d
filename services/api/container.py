"""What an application is made of, built once at start-up and handed to whoever needs it."""

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from services.api.auth.directory import ChamberDirectory, MemberDirectory
from services.api.auth.machines import MachineDirectory
from services.api.auth.tokens import TokenVerifier
from services.api.db.session import Database
from services.api.results.service import CurrentResults
from services.api.sealing import Seals
from services.api.signals import Signals
from services.api.traffic import Traffic
from shared.runtime.blobs import BlobStore
from shared.runtime.clock import Clock
from shared.runtime.settings import ApiSettings


@dataclass(frozen=True, slots=True)
class Container:
    """The long-lived parts of one application."""

    settings: ApiSettings
    database: Database
    verifier: TokenVerifier
    directory: ChamberDirectory
    members: MemberDirectory
    machines: MachineDirectory
    clock: Clock
    blobs: BlobStore
    seals: Seals
    signals: Signals
    traffic: Traffic
    results: CurrentResults


async def container(request: Request) -> Container:
    """The container of the application that serves this request.

    A coroutine so that FastAPI calls it in place: a plain function would go to a thread.
    """
    return cast("Container", request.app.state.container)
