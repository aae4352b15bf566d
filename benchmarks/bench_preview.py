"""How long somebody waits for the preview of a section: from the request to both its forms.

The whole way over HTTP: content frozen, relay, queue, renderer with a warm press, page and PDF
read. Pisa 2020 with a text of 3,000 characters in every section, each time another one, so that
nothing is taken from what was laid out before. Wall time is what a person waits; processor time,
that of the whole system, is what it takes on a machine with nothing else to do.
"""

import contextlib
import json
import shutil
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.rows import Row, percentile
from deploy.local.system import RunningSystem, running_system
from services.api.cli.chambers import ensure_chamber
from services.api.cli.client import ApiClient
from services.api.cli.paths import chamber_path, plan_path

_CASE = Path(__file__).parents[1] / "tests" / "cases" / "pisa-2020.json"
_KEYS = ("section:1", "section:2", "section:3.1", "section:3.3", "section:5", "objective:A4")
_ROUNDS = 3
_MOST_SECONDS = 2.0
_PARAGRAPH = "La Camera ha confermato gli interventi programmati e ne ha aggiunti altri. "


def run() -> list[Row]:
    """Every key some times; the median and the slowest but the first, which warms up."""
    root = Path(tempfile.mkdtemp(prefix="ciclo-bench-"))
    root.chmod(0o711)
    try:
        with running_system(root / "data", renderer=True) as system:
            taken, processor = _measure(system)
    finally:
        shutil.rmtree(root)
    ordered = sorted(taken)
    mean = Row(
        name="preview of a section as page and PDF, processor time of all processes, mean",
        ours=processor,
        baseline=None,
        unit="s",
        baseline_name="-",
        target=f"< {_MOST_SECONDS:g} s",
        met=processor < _MOST_SECONDS,
    )
    return [mean, *_waiting(ordered)]


def _waiting(ordered: list[float]) -> list[Row]:
    return [
        Row(
            name=f"preview of a section as page and PDF, {name}",
            ours=percentile(ordered, share),
            baseline=None,
            unit="s",
            baseline_name="-",
            target=f"< {_MOST_SECONDS:g} s",
            met=percentile(ordered, share) < _MOST_SECONDS,
        )
        for name, share in (("median", 0.5), ("slowest", 1.0))
    ]


def _measure(system: RunningSystem) -> tuple[list[float], float]:
    """How long each preview was waited for, and the processor time that one takes on average."""
    with ApiClient(system.url, system.token()) as api:
        ensure_chamber(api, "PI")
        api.create(f"{chamber_path('PI')}/imports", json.loads(_CASE.read_text("utf-8")))
        _waited(api, "section:0", 0)
        before = _processor_seconds()
        taken = [_waited(api, key, n + 1) for n in range(_ROUNDS) for key in _KEYS]
        return taken, (_processor_seconds() - before) / len(taken)


def _processor_seconds() -> float:
    """Of everything that this process has started, and of what ended below it."""
    used = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            used += sum(process.cpu_times()[:4])
    return used


def _waited(api: ApiClient, key: str, number: int) -> float:
    """Seconds from asking for a preview with a new draft to having both its forms."""
    draft = f"{plan_path('PI', 2020)}/narratives/{key}/draft"
    before = None if number <= 1 else str(api.get(draft).headers["ETag"])
    text = f"Versione {number}. {_PARAGRAPH * 40}"
    api.put(draft, {"text": text, "base_version": 0}, etag=before)
    begun = time.perf_counter()
    asked = api.create(f"{plan_path('PI', 2020)}/previews", {"key": key, "own_drafts": True})
    path = f"{chamber_path('PI')}/previews/{asked['preview_id']}"
    shown = api.read(path, wait=10)
    if shown["state"] != "done":
        raise RuntimeError(f"{key}: {shown['failure']}")
    if f"Versione {number}." not in api.get(f"{path}/html").text:
        raise RuntimeError(f"{key}: the draft is not in its preview")
    api.get(f"{path}/pdf")
    return time.perf_counter() - begun
