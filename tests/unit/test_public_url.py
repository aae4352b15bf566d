"""What a system prints into documents leads to where it will be found later."""

from pathlib import Path
from typing import Literal

import pytest

from deploy.local.assembly import LocalSystem, SystemOptions
from deploy.local.layout import DataDirectory


def public_url(root: Path, started_by: Literal["up", "command"], port: int) -> str:
    directory = DataDirectory.at(root)
    directory.create()
    options = SystemOptions(port=port, started_by=started_by)
    return LocalSystem(directory, options, lambda _: None).public_url


@pytest.mark.parametrize(
    ("started_by", "port", "expected"),
    [
        ("up", 8501, "http://127.0.0.1:8501"),
        # Started for one command on any free port: nothing will answer there afterwards.
        ("command", 40123, "http://127.0.0.1:8420"),
    ],
)
def test_documents_lead_to_where_up_serves(
    tmp_path: Path, started_by: Literal["up", "command"], port: int, expected: str
) -> None:
    assert public_url(tmp_path, started_by, port) == expected


def test_an_address_that_was_given_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICLO_PUBLIC_URL", "https://performance.example.it")
    assert public_url(tmp_path, "command", 40123) == "https://performance.example.it"
