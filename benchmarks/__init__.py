"""What the project promises about its speed, measured beside a named baseline.

``make bench`` runs every ``bench_*.py`` of this folder, each in a process of its own, and
prints one table. A benchmark is a module with a function ``run() -> list[Row]``
(:mod:`benchmarks.rows`); it takes less than a minute, stays on the loopback interface and
measures its baseline in the same run, on the same machine, under the same load.
"""
