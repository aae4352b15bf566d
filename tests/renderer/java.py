"""Programs for Java that judge our documents, from Maven Central into Maven's own cache.

Without Java or Maven, or when a program cannot be had within a minute, its tests are skipped and
say so.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_RESOLVE_SECONDS = 60

# Each program runs for some seconds: what the optimising compiler and a collector with threads of
# its own would do to it costs half of the processor's time and is never earned back.
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


def java(program: str, jars: Path) -> list[str]:
    """The command that runs something with the libraries of ``<program>/pom.xml``."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    pom = str(_HERE / program / "pom.xml")
    command = ["mvn", "-B", "-q", "-f", pom, "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={jars}"],
            capture_output=True,
            text=True,
            timeout=_RESOLVE_SECONDS,
            check=False,
            env=os.environ | {"MAVEN_OPTS": " ".join(_SHORT_LIVED)},
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"Maven did not resolve {program} within {_RESOLVE_SECONDS} seconds")
    if done.returncode != 0:
        pytest.skip(f"Maven cannot resolve {program}: {done.stdout[-300:]}")
    return ["java", "-Xmx1g", *_SHORT_LIVED, "-cp", f"{jars}/*"]
