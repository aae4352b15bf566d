"""What a forked child of the press cannot do, tried in one; where a job was that took too long."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from services.renderer import process
from services.renderer.document import html
from services.renderer.document.chapters import LEAST_CHARACTERS
from services.renderer.errors import RenderError
from services.renderer.sandbox import Limits
from shared.contracts.snapshot import canonical_bytes
from tests.renderer import snapshots

CHILD = """
import json, os, socket, subprocess, sys, urllib.request
from pathlib import Path
from services.renderer import press, sandbox
from services.renderer.sandbox import Limits

folder, outside, port = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))

def link():
    (folder / "link").symlink_to(outside)
    return (folder / "link").read_text()

TRIES = {
    "connect": lambda: socket.create_connection(("127.0.0.1", port)),
    "udp": udp,
    "unix": lambda: socket.socket(socket.AF_UNIX).connect("/run/x"),
    "resolve": lambda: socket.getaddrinfo("localhost", port),
    "url": lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/"),
    "read": outside.read_text,
    "read by number": lambda: os.open(outside, os.O_RDONLY),
    "read upwards": (folder / ".." / outside.name).read_text,
    "read by a link": link,
    "read passwords": Path("/etc/passwd").read_text,
    "read the environment": Path("/proc/1/environ").read_bytes,
    "write outside": lambda: outside.write_text("x"),
    "write the program": lambda: Path(press.__file__).open("a"),
    "run": lambda: subprocess.run(["true"]),
    "shell": lambda: os.system("true"),
    "fork": os.fork,
    "own snapshot": (folder / "snapshot.json").read_text,
    "own result": lambda: (folder / "document.pdf").write_bytes(b"%PDF-"),
}

def task():
    sandbox.limit(Limits(2048, 20))
    sandbox.close_doors(folder)
    found = {}
    for name, action in TRIES.items():
        try:
            action()
            found[name] = "done"
        except BaseException as error:
            chain = [error, error.__context__, error.__cause__, getattr(error, "reason", None)]
            forbidden = any(isinstance(one, sandbox.ForbiddenError) for one in chain)
            found[name] = "forbidden" if forbidden else repr(error)
    (folder / "found.json").write_text(json.dumps(found))
    return 0

child = press._fork(task)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
ALLOWED = {"own snapshot", "own result"}


def test_a_forked_child_reaches_neither_the_network_nor_another_file(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "snapshot.json").write_text("{}")
    outside = tmp_path / "secret"
    outside.write_text("untouched")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-c", CHILD, folder, outside, port],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"]},
        )
        assert done.returncode == 0, done.stderr
        with pytest.raises(TimeoutError):
            listener.accept()
    found = json.loads((folder / "found.json").read_text())
    assert {name for name, outcome in found.items() if outcome == "done"} == ALLOWED
    assert {outcome for name, outcome in found.items() if name not in ALLOWED} == {"forbidden"}
    assert outside.read_text() == "untouched"


class _Stuck:
    """A press that has written two sheets, has laid out one, and hears no more."""

    jobs = 1

    async def work(self, order: dict[str, str], _: object) -> dict[str, object]:
        folder = Path(order["folder"])
        for name, section in (("0001", "Premessa"), ("0002", "2 Analisi del contesto")):
            (folder / f"{name}.sheet").write_text(json.dumps({"section": section}))
        (folder / "0001.pdf").write_bytes(b"%PDF-")
        raise TimeoutError

    async def end(self) -> None:
        """Nothing runs."""


def test_a_job_that_takes_too_long_names_the_section_it_was_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def start(_: object) -> _Stuck:
        return _Stuck()

    monkeypatch.setattr(process._Press, "start", start)
    with pytest.raises(RenderError) as caught:
        asyncio.run(process.render(canonical_bytes(snapshots.small()), Limits(2048, 2)))
    assert caught.value.code == "render_timeout"
    assert caught.value.section == "2 Analisi del contesto"


def test_of_what_has_no_pages_yet_the_largest_was_being_laid_out(tmp_path: Path) -> None:
    assert process._unfinished(tmp_path) is None
    sheets = {
        "0001": ("Premessa", 10),
        "0002": ("2 Analisi del contesto", LEAST_CHARACTERS),
        "0003": ("3 Rendicontazione", 2 * LEAST_CHARACTERS),
        "0004": ("4 Obiettivi individuali", LEAST_CHARACTERS - 1),
    }
    document = html.build(snapshots.small())
    for name, (section, size) in sheets.items():
        sheet = {**document.sheet(document.chapters[0]).as_json(), "section": section}
        (tmp_path / f"{name}.sheet").write_text(json.dumps({**sheet, "html": "x" * size}))
    assert process._unfinished(tmp_path) == "3 Rendicontazione"
    (tmp_path / "0003.pdf").write_bytes(b"%PDF-")
    (tmp_path / "0002.failed").write_text("{}")
    assert process._unfinished(tmp_path) == "4 Obiettivi individuali"
    (tmp_path / "0004.sheet").write_text("cut off" * LEAST_CHARACTERS)
    assert process._unfinished(tmp_path) is None


def test_a_sheet_knows_the_section_it_is_of() -> None:
    document = html.build(snapshots.pisa())
    sections = {document.sheet(chapter).section for chapter in document.chapters}
    assert "3 Rendicontazione della performance organizzativa" in sections
