"""A small storm, by the code of the full one (``make storm``)."""

import pytest

from benchmarks.storm import Storm, blow

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_nothing_is_lost_and_no_forgery_believed() -> None:
    outcome = blow(Storm(1500, batch=20, seed=7))
    assert outcome.faults == ()
    facts = outcome.facts
    assert (facts["lost"], facts["killed"]) == (0, 2)
    assert facts["quarantined"] == facts["invalid"] > 0
    assert facts["refused"] == facts["forged"] > 0
    assert facts["repeated"] > 0
    assert facts["data"] == 4500
