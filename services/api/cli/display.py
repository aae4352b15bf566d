"""Tables, figures, JSON and progress as a person or a script at a terminal reads them."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared.runtime.language import terminal_language

_WIDTH_WITHOUT_TERMINAL = 120
"""Columns of a table that goes into a file or a pipe."""

LIGHT_STYLES = {"green": "bold green", "yellow": "bold yellow", "red": "bold red"}
_LIGHT_NAMES = {
    "it": {"green": "verde", "yellow": "giallo", "red": "rosso"},
    "en": {"green": "green", "yellow": "yellow", "red": "red"},
}

Step = Callable[[float, str], None]
"""Tells how far a piece of work is: 0-100, and what is being done."""


def console() -> Console:
    """Standard output, as wide as the terminal."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL, highlight=False)


def error_console() -> Console:
    """Standard error, as wide as the terminal."""
    width = None if sys.stderr.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(stderr=True, width=width, highlight=False)


def write_json(document: object) -> None:
    """One JSON document on standard output, in the order of its fields."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


def figure_text(figure: str | None) -> str:
    """A figure in the form of the reader's language: ``94,9`` in Italian, ``-`` for none."""
    if figure is None:
        return "-"
    return figure.replace(".", ",") if terminal_language() == "it" else figure


def light_text(light: str | None) -> str:
    """The light's name in its colour, so that it is told apart without colours too."""
    if light is None:
        return ""
    name = _LIGHT_NAMES[terminal_language()].get(light, light)
    return f"[{LIGHT_STYLES.get(light, 'bold')}]● {name}[/]"


@contextlib.contextmanager
def progress(label: str) -> Iterator[Step]:
    """A progress bar on standard error while the block runs, when a person is watching it."""
    if not sys.stderr.isatty():
        yield lambda _share, _stage: None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[stage]}"),
    )
    with Progress(*columns, console=error_console(), transient=True) as bar:
        task: Any = bar.add_task(label, total=100, stage="")
        yield lambda share, stage: bar.update(task, completed=share, stage=stage)


@contextlib.contextmanager
def waiting(label: str) -> Iterator[None]:
    """A turning sign on standard error while the block runs, when a person is watching."""
    if not sys.stderr.isatty():
        yield
        return
    with error_console().status(label):
        yield
