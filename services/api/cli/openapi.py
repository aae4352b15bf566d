"""``ciclo openapi``: the description of the API as a file."""

import json
from pathlib import Path
from typing import Annotated

import typer


def openapi(
    out: Annotated[Path, typer.Option(help="Dove scriverla.")] = Path("openapi.json"),
    public_url: Annotated[str, typer.Option(help="Indirizzo a cui l'API si raggiunge.")] = (
        "http://127.0.0.1:8420"
    ),
) -> None:
    """Scrive la descrizione OpenAPI, la stessa che il servizio pubblica."""
    from pydantic import SecretStr

    from services.api.main import create_app
    from shared.runtime.settings import ApiSettings

    settings = ApiSettings(
        mode="development",
        database_url=SecretStr("postgresql://nobody@127.0.0.1/never-opened"),
        redis_url=SecretStr("redis://127.0.0.1/0"),
        public_url=public_url,
    )
    document = create_app(settings).openapi()
    out.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    typer.echo(out)
