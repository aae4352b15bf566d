"""Chambers of an entity that share an indicator, and people who may or may not see them all."""

import json
from typing import Any

import httpx

from tests.api.system import JSON, Api

BASE = "/v1/entities/TNO"

CATALOGUE: dict[str, Any] = {
    "format": "ciclo/catalogue@1",
    "measures": [
        {"source": "c", "code": code, "title": code, "value_type": "number"} for code in ("n", "d")
    ]
    + [
        {
            "source": "c",
            "code": "staff",
            "title": "Personale",
            "value_type": "number",
            "aggregation": "last",
        },
        {
            "source": "c",
            "code": "days",
            "title": "Giorni medi",
            "value_type": "days",
            "weight": "n",
        },
    ],
    "indicators": [
        {
            "source": "c",
            "code": "quota",
            "title": "Quota",
            "value_type": "percent",
            "unit": "%",
            "decimals": 1,
            "formula": "[n] / [d] * 100",
            "direction": "up",
            "source_class": "self_declared",
        },
        {
            "source": "c",
            "code": "addetti",
            "title": "Addetti",
            "value_type": "number",
            "formula": "[staff]",
        },
        {
            "source": "c",
            "code": "tempi",
            "title": "Tempi medi",
            "value_type": "days",
            "formula": "[days]",
            "direction": "down",
        },
    ],
}


def year_of(
    chamber: str, year: int, n: str, d: str, *entries: str, **more: object
) -> dict[str, Any]:
    """A plan that has adopted some entries of the catalogue and counted ``n`` and ``d``."""
    formulas = {"quota": "[n] / [d] * 100", "addetti": "[staff]", "tempi": "[days]"}
    types = {"quota": "percent", "addetti": "number", "tempi": "days"}
    values = {"n": n, "d": d} | {k: str(v) for k, v in more.items()}
    return {
        "format": "ciclo/case@1",
        "chamber": chamber,
        "year": year,
        "kind": "relazione",
        "acts": [],
        "policy": {
            "overall": {"kinds": ["perspective"]},
            "lights": [{"above": "90", "label": "green"}, {"from": "0", "label": "red"}],
        },
        "objectives": [{"code": "A", "kind": "perspective", "parent": None, "title": "Imprese"}],
        "measures": [
            {"code": "n", "title": "n"},
            {"code": "D 1", "title": "d", "external_ids": {"c": "d"}},
            {"code": "staff", "title": "staff", "aggregation": "last"},
            {"code": "days", "title": "days", "value_type": "days"},
        ],
        "indicators": [
            {
                "code": f"A.{name}",
                "objective": "A",
                "title": name,
                "formula": formulas[name].replace("[d]", "[D 1]"),
                "value_type": types[name],
                "targets": {str(year): {"op": ">=", "value": "50"}},
                "catalogue": f"c:{name}",
            }
            for name in entries or ("quota",)
        ],
        "measurements": [
            {
                "measure": "D 1" if code == "d" else code,
                "year": year,
                "value": value,
                "period": None,
            }
            for code, value in values.items()
        ],
    }


async def send(api: Api, case: dict[str, Any]) -> None:
    """Imports a year."""
    answer = await api.call(
        "POST",
        f"/v1/chambers/{case['chamber']}/imports",
        content=json.dumps(case).encode(),
        headers=JSON,
    )
    assert answer.status_code == 201, answer.text


async def share(api: Api, *chambers: str) -> None:
    """The entity, its chambers, and the catalogue that they share."""
    await api.create_chambers(*chambers)
    content = json.dumps(CATALOGUE).encode()
    answer = await api.call("POST", f"{BASE}/catalogue/import", content=content, headers=JSON)
    assert answer.status_code == 200, answer.text


class Person:
    """Somebody with a name of their own."""

    def __init__(self, api: Api, name: str, roles: dict[str, list[str]]) -> None:
        self.api = api
        self.name = name
        self.headers = {"Authorization": f"Bearer {api.issuer.mint(roles, subject=name)}"}

    async def get(self, path: str, **parameters: str | int) -> httpx.Response:
        """Reads below the entity."""
        return await self.api.client.get(f"{BASE}/{path}", params=parameters, headers=self.headers)

    async def read(self, path: str, **parameters: str | int) -> Any:  # noqa: ANN401 - JSON
        """Reads what there is."""
        answer = await self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def granted(self, *chambers: str, until: str = "2099-12-31") -> httpx.Response:
        """The administrator of the entity lets this person read some chambers together."""
        body = {
            "reader": self.name,
            "chambers": list(chambers),
            "reason": "Controllo di gestione dell'ente",
            "expires_on": until,
        }
        return await self.api.call("POST", f"{BASE}/readers", json=body)
