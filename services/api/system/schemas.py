"""Bodies of the health resources."""

from typing import Annotated, Literal

from pydantic import Field

from services.api.responses import Resource


class ServiceStatus(Resource):
    """The service is up."""

    status: Annotated[Literal["ok"], Field(description="Sempre `ok`: altrimenti è un errore.")]
    version: Annotated[
        str, Field(max_length=40, pattern=r"^\d+\.\d+\.\d+", description="Versione del servizio.")
    ]
