"""A source whose messages got lost is asked what it holds: three processes, and then agreement.

``ciclo up`` keeps the system, ``ciclo integra-sim --serve`` plays the sources of three chambers
and answers for them, ``ciclo integration reconcile`` finds what is missing and mends it.
"""

import contextlib
import json
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import free_port
from tests.e2e.commands import PISA, ciclo, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

CHAMBERS = ("PI", "LU", "MS")
RATES = "duplicates=20,reordered=20,corrected=20,invalid=5,forged=5,outages=10,lost=30"


@dataclass(frozen=True)
class World:
    """A system that is kept running, with the plan of three chambers and no measurements."""

    data: Path
    cases: tuple[Path, ...]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    root = Path(tempfile.mkdtemp(prefix="ciclo-asked-"))
    root.chmod(0o711)
    data = root / "data"
    cases = []
    for chamber in CHAMBERS:
        case = json.loads(PISA.read_bytes()) | {"chamber": chamber}
        # A comparison is about one year.
        case["measurements"] = [
            one for one in case["measurements"] if one.get("year") in {None, case["year"]}
        ]
        whole, plan = root / f"{chamber}.json", root / f"{chamber}-plan.json"
        whole.write_text(json.dumps(case), encoding="utf-8")
        plan.write_text(json.dumps(case | {"measurements": []}), encoding="utf-8")
        cases.append(whole)
    up = start(
        *("up", "--data", data, "--port", str(free_port()), "--json"),
        CICLO_OUTBOUND_NETWORKS="127.0.0.0/8",
    )
    try:
        assert up.stdout is not None
        assert up.stdout.readline(), up.communicate(timeout=60)[1]
        for chamber in CHAMBERS:
            imported = ciclo("import", root / f"{chamber}-plan.json", "--data", data)
            assert imported.status == 0, imported.errors
        yield World(data, tuple(cases))
    finally:
        up.send_signal(signal.SIGTERM)
        up.communicate(timeout=60)
        shutil.rmtree(root)


def _answering(port: int, simulator: "subprocess.Popen[str]") -> None:
    for _ in range(1200):
        assert simulator.poll() is None, simulator.communicate()
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/measurements?year=2020").is_success:
                return
        time.sleep(0.1)
    pytest.fail("the simulator does not answer")


def test_what_got_lost_is_found_and_mended_until_both_sides_agree(world: World) -> None:
    port = free_port()
    words = [word for case in world.cases for word in ("--case", case)]
    simulator = start(
        *("integra-sim", *words, "--rates", RATES, "--batch-size", "5", "--seed", "7"),
        *("--serve", str(port), "--data", world.data, "--json"),
    )
    try:
        _answering(port + len(CHAMBERS) - 1, simulator)
        where = ("--data", world.data, "--json")
        for at, chamber in enumerate(CHAMBERS):
            told = ciclo("integration", "source", chamber, f"http://127.0.0.1:{port + at}", *where)
            assert told.status == 0, told.errors
            asked = ("integration", "reconcile", chamber, "--year", "2020")
            if chamber == CHAMBERS[0]:
                found = ciclo(*asked, *where)
                assert found.status == 1
                assert found.document["counts"]["missing_here"] > 0
                assert found.document["counts"]["repaired"] == 0
            mended = ciclo(*asked, "--repair", *where)
            assert mended.status == 0, mended.text + mended.errors
            assert mended.document["counts"]["repaired"] == len(mended.document["differences"]) > 0
        again = ciclo("integration", "reconcile", "PI", "--year", "2020", *where)
        assert (again.status, again.document["differences"]) == (0, [])
    finally:
        simulator.send_signal(signal.SIGINT)
        output, errors = simulator.communicate(timeout=60)
    assert simulator.returncode == 0, output + errors
    decoder, documents = json.JSONDecoder(), []
    while output.strip():
        document, end = decoder.raw_decode(output.strip())
        documents.append(document)
        output = output.strip()[end:]
    played, agreed = documents
    assert played["agrees"] is False  # what got lost was missing
    assert [chamber["chamber"] for chamber in played["chambers"]] == list(CHAMBERS)
    for chamber in played["chambers"]:
        assert chamber["quarantined"] == chamber["invalid"] > 0
        assert chamber["refused"] == chamber["forged"] > 0
        assert chamber["retried"] > 0
    assert agreed == {"agrees": True, "faults": []}
