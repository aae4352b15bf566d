"""Every line that a request leaves in the log names its chamber and the request, nothing else's."""

import asyncio
import io
import json
import logging

import pytest

from shared.runtime.logging import JsonFormatter
from tests.api.system import Api

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_lines_name_the_chamber_that_was_asked_for(api: Api) -> None:
    await api.create_chambers("PI", "LU")
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("api"))
    loggers = [logging.getLogger(name) for name in ("ciclo.access", "ciclo.integrations")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    try:
        await asyncio.gather(
            *(
                api.call(method, f"/v1/chambers/{chamber}{path}")
                for chamber in ("PI", "LU", "ZZ")
                for method, path in (
                    ("GET", ""),
                    ("GET", "/plans"),
                    ("POST", "/integrations/none/webhooks"),
                )
            ),
            api.call("GET", "/v1/chambers"),
        )
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) >= 10
    assert all(line["request_id"] for line in lines)
    for line in lines:
        asked = line["message"].split()[1] if line["logger"] == "ciclo.access" else None
        if asked == "/v1/chambers":
            assert "chamber" not in line
        elif asked is not None:
            assert line["chamber"] == asked.split("/")[3]
        else:
            assert line["chamber"] in line["message"]
