"""The baseline of ``bench_results``: FastAPI with one route that answers prepared bytes.

``BENCH_BODY`` names the file with the bytes. Served by the same uvicorn with the same options
as the API; there is nothing in it but the framework.
"""

import os
from pathlib import Path

from fastapi import FastAPI, Response


def create_app() -> FastAPI:
    """The application."""
    body = Path(os.environ["BENCH_BODY"]).read_bytes()
    app = FastAPI()

    @app.get("/results")
    async def results() -> Response:
        return Response(body, media_type="application/json")

    return app
