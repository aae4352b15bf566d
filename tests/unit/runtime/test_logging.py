import io
import json
import logging

import pytest

from shared.runtime.logging import JsonFormatter, bind


@pytest.fixture
def lines() -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("api"))
    logger = logging.Logger("ciclo.test")  # noqa: LOG001 - of this test alone
    logger.addHandler(handler)
    return logger, stream


def _only(stream: io.StringIO) -> dict[str, object]:
    (line,) = stream.getvalue().splitlines()
    parsed: dict[str, object] = json.loads(line)
    return parsed


def test_a_line_tells_request_and_chamber(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    with bind(request_id="r-1"), bind(chamber="PI"):
        logger.info("rilevazioni: %d", 3, extra={"rows": 3})
    line = _only(stream)
    assert line["message"] == "rilevazioni: 3"
    assert (line["request_id"], line["chamber"], line["rows"]) == ("r-1", "PI", 3)
    assert (line["level"], line["service"], line["logger"]) == ("info", "api", "ciclo.test")


def test_context_ends_with_its_block(lines: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = lines
    with bind(request_id="r-1", chamber="PI"):
        pass
    logger.info("dopo")
    assert not {"request_id", "chamber"} & set(_only(stream))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://ciclo_runtime:Xy-12_z@127.0.0.1/ciclo", "Xy-12_z"),
        ("redis://:Xy-12_z@127.0.0.1:6379/0", "Xy-12_z"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh12345678"),
        ("key whsec_MfKQ9r8GKYqrTwjU", "MfKQ9r8GKYqrTwjU"),
        ("token eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln", "eyJzdWIiOiJ4In0"),
    ],
)
def test_credentials_are_struck_out(
    lines: tuple[logging.Logger, io.StringIO], text: str, secret: str
) -> None:
    logger, stream = lines
    try:
        raise RuntimeError(text)  # noqa: TRY301 - the traceback is what is tested
    except RuntimeError:
        logger.exception("failed with %s", text, extra={"detail": text, "api_key": secret})
    assert secret not in stream.getvalue()
    assert "[***]" in stream.getvalue()
