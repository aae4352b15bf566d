"""An office that leads one plan of ``LU`` through its life, and the plan it leads."""

import json
from typing import Any

import httpx

from tests.api.system import JSON, Api

Case = dict[str, Any]

ACT = {"organ": "Giunta camerale", "number": "7", "date": "2021-01-29"}
AMENDING_ACT = {"organ": "Giunta camerale", "number": "61", "date": "2021-07-20"}
AMENDMENT = {
    "motivation": "Gli sportelli sono rimasti chiusi per legge fino a maggio.",
    "cause": "exogenous",
}


def small(year: int, **changes: Any) -> Case:  # noqa: ANN401 - any part of a case
    """A plan of one objective with two weighted indicators, a measurement of one of them."""
    case: Case = {
        "format": "ciclo/case@1",
        "chamber": "LU",
        "year": year,
        "kind": "piano",
        "acts": [],
        "policy": {"overall": {"kinds": ["perspective"]}},
        "objectives": [
            {"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"},
            {
                "code": "A1",
                "kind": "strategic_objective",
                "parent": "A",
                "title": "Servizi",
                "weight": "100",
                "resources": [{"type": "oneri", "year": year, "budgeted": "1000"}],
            },
        ],
        "measures": [{"code": code, "title": f"Misura {code}"} for code in ("m1", "m2")],
        "indicators": [indicator(year, "I1", "60", "100"), indicator(year, "I2", "40", "10")],
        "measurements": [{"measure": "m1", "year": year, "value": "80", "period": None}],
    }
    return case | changes


def indicator(year: int, code: str, weight: str, target: str) -> Case:
    """An indicator that counts one measure."""
    return {
        "code": code,
        "objective": "A1",
        "title": f"Indicatore {code}",
        "formula": f"[m{code[1]}]",
        "value_type": "number",
        "weight": weight,
        "targets": {str(year): {"op": ">=", "value": target}},
    }


def with_target(case: Case, code: str, target: str) -> Case:
    """The case with another target of the year for one indicator."""
    changed = {str(case["year"]): {"op": ">=", "value": target}}
    rows = [r | {"targets": changed} if r["code"] == code else r for r in case["indicators"]]
    return case | {"indicators": rows}


class Office:
    """Somebody in a chamber who leads one plan through its life."""

    def __init__(self, api: Api, year: int) -> None:
        self.api = api
        self.year = year
        self.path = f"/v1/chambers/LU/plans/{year}"

    async def get(self, path: str = "") -> httpx.Response:
        answer = await self.api.call("GET", f"{self.path}{path}")
        assert answer.status_code == 200, answer.text
        return answer

    async def document(self, path: str = "") -> Any:  # noqa: ANN401 - JSON is anything
        return (await self.get(path)).json()

    async def send(self, case: Case) -> httpx.Response:
        content = json.dumps(case).encode()
        return await self.api.call("POST", "/v1/chambers/LU/imports", content=content, headers=JSON)

    async def move(self, name: str, body: Case, **more: Any) -> httpx.Response:  # noqa: ANN401
        """A move, with the ETag of the plan as it is now."""
        headers = {"If-Match": (await self.get()).headers["etag"]} | more.pop("headers", {})
        path = f"{self.path}/{name}"
        return await self.api.call("POST", path, json=body, headers=headers, **more)

    async def done(self, name: str, body: Case) -> Any:  # noqa: ANN401 - JSON is anything
        answer = await self.move(name, body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()
