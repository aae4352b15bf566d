"""Runs ``ciclo`` as a person does: a process of its own, its output and its exit status."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from services.api.cli.main import app

CICLO = Path(sys.executable).with_name("ciclo")
CASES = Path(__file__).parents[1] / "cases"
PISA = CASES / "pisa-2020.json"
MASSA = CASES / "massa-2021.json"

_LONGEST_SECONDS = 150

_OURS = ("CICLO_", "DATABASE_", "REDIS_", "LC_", "LANG")


@dataclass(frozen=True)
class Outcome:
    """What a command left."""

    status: int
    raw: bytes
    errors: str

    @property
    def text(self) -> str:
        return self.raw.decode()

    @property
    def document(self) -> Any:  # noqa: ANN401 - JSON is anything
        return json.loads(self.raw)


def environment(**variables: str) -> dict[str, str]:
    """This environment without what would point a command elsewhere; in Italian."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | {"LANG": "it_IT.UTF-8"} | variables


def ciclo(*words: str | Path, **variables: str) -> Outcome:
    """The command's outcome; it is killed when it hangs."""
    done = subprocess.run(
        [CICLO, *map(str, words)],
        capture_output=True,
        check=False,
        timeout=_LONGEST_SECONDS,
        env=environment(**variables),
    )
    return Outcome(done.returncode, done.stdout, done.stderr.decode())


def ciclo_here(*words: object, **variables: str) -> Outcome:
    """The command's outcome, in this process: for long stories, of which a start is most."""
    kept = environment(**variables)
    cleared = {name: kept.get(name) for name in {*os.environ, *kept}}
    done = CliRunner().invoke(app, [str(word) for word in words], env=cleared)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Outcome(done.exit_code, done.stdout_bytes, done.stderr)


def start(*words: str | Path, **variables: str) -> "subprocess.Popen[str]":
    """The command, running."""
    return subprocess.Popen(
        [CICLO, *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(**variables),
    )
