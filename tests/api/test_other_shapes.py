"""The synthetic years through the API: imported, exported, scored as the domain scores them.

The figures are worked out by hand in ``tests/unit/test_other_shapes.py``.
"""

import json
from typing import Any

import pytest

from shared.contracts.case_reading import plan_from_case, read_case
from shared.contracts.results import results_document
from shared.domain.scoring import score
from tests.api.system import CASES, Api

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEARS = {
    "synthetic-lucca-2014": "47.6",
    "synthetic-lucca-2015": "78.33",
    "synthetic-massa-2012": "68.75",
}


@pytest.mark.parametrize("name", YEARS)
async def test_a_year_comes_in_and_goes_out_and_is_scored(api: Api, name: str) -> None:
    raw = (CASES / f"{name}.json").read_bytes()
    case = read_case(raw).case
    await api.create_chambers(case.chamber)
    imported = await api.import_case(case.chamber, raw)
    assert imported.status_code == 201, imported.text
    base = f"/v1/chambers/{case.chamber}/plans/{case.year}"
    assert (await api.call("GET", f"{base}/export")).content == raw
    found = (await api.call("GET", f"{base}/results")).json()
    assert found["overall"]["shown"] == YEARS[name]
    plan = plan_from_case(case)
    expected = json.loads(results_document(plan, score(plan)).model_dump_json())
    assert _figures(found) == _figures(expected)
    for code in [row["code"] for row in (*found["objectives"], *found["indicators"])]:
        explained = await api.call("GET", f"{base}/results/{code}")
        assert explained.json()["text"], code


def _figures(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in ("overall", "objectives", "indicators")}
