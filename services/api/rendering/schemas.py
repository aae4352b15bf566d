"""What the renderer's requests carry beside their bodies, which are contracts."""

from typing import Annotated

from fastapi import Header, Path

from services.api.reports.schemas import UUID_PATTERN

JobId = Annotated[str, Path(pattern=UUID_PATTERN)]
LeaseToken = Annotated[str, Header(alias="Ciclo-Lease-Token", max_length=100)]
