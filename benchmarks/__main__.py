"""``python -m benchmarks [NAME ...]``: run the benchmarks and print one table of ratios."""

import argparse
import dataclasses
import importlib
import json
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.rows import Row

_LONGEST_SECONDS = 300
"""A benchmark takes less than a minute; one that hangs is ended."""


def main() -> int:
    """Run the benchmarks named, or all; 1 when one failed or missed its target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="scoring, results, ...")
    parser.add_argument("--json", action="store_true", help="rows as JSON")
    parser.add_argument("--here", metavar="NAME", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.here:
        rows = importlib.import_module(f"benchmarks.bench_{asked.here}").run()
        print(json.dumps([dataclasses.asdict(row) for row in rows]))
        return 0
    rows, failed = _run_all(asked.names or _names())
    if asked.json:
        print(json.dumps([dataclasses.asdict(row) | {"ratio": row.ratio} for row in rows]))
    else:
        Console(width=None if sys.stdout.isatty() else 150).print(_table(rows))
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 0 if not failed and all(row.met for row in rows) else 1


def _names() -> list[str]:
    here = Path(__file__).parent
    return sorted(path.stem.removeprefix("bench_") for path in here.glob("bench_*.py"))


def _run_all(names: list[str]) -> tuple[list[Row], list[str]]:
    """Every benchmark in a process of its own, one after the other."""
    rows: list[Row] = []
    failed: list[str] = []
    for name in names:
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks", "--here", name],
                stdout=subprocess.PIPE,
                check=True,
                timeout=_LONGEST_SECONDS,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
            failed.append(name)
            continue
        rows.extend(Row(**row) for row in json.loads(done.stdout.splitlines()[-1]))
        print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr)
    return rows, failed


def _table(rows: list[Row]) -> Table:
    table = Table(header_style="bold")
    for head in ("What", "Ours", "Baseline", "Ratio", "Baseline is", "Target", ""):
        table.add_column(head, justify="right" if head in {"Ours", "Baseline", "Ratio"} else "left")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.ours:,.4g} {row.unit}",
            "-" if row.baseline is None else f"{row.baseline:,.4g} {row.unit}",
            "-" if row.ratio is None else f"{row.ratio:.3g}",
            row.baseline_name,
            row.target,
            "[green]ok[/]" if row.met else "[bold red]MISSED[/]",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
