"""Somebody who writes a whole year through the API alone, element by element."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.api.system import ADMINISTRATOR, Api, Roles

Case = dict[str, Any]

MERGE = {"Content-Type": "application/merge-patch+json"}
ELEMENTS = ("objectives", "measures", "indicators", "tables")


@dataclass
class Writer:
    """Somebody with a role in a chamber, at work on the plan of one year."""

    api: Api
    chamber: str
    year: int
    role: str | None = None

    @property
    def roles(self) -> Roles:
        """The roles in the chamber; without any, everything everywhere."""
        return ADMINISTRATOR if self.role is None else {self.chamber: self.role.split("+")}

    def colleague(self, role: str) -> "Writer":
        """Another person of the same chamber, with this role only; or several: ``oiv+reader``."""
        return Writer(self.api, self.chamber, self.year, role)

    @property
    def plans(self) -> str:
        """Address of the chamber's plans."""
        return f"/v1/chambers/{self.chamber}/plans"

    async def call(self, method: str, path: str = "", **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        """A request below the plan, whatever its answer."""
        bearer = self.api.issuer.mint(self.roles, subject=self.role or "administrator")
        headers = {"Authorization": f"Bearer {bearer}", **more.pop("headers", {})}
        address = f"{self.plans}/{self.year}{path}"
        return await self.api.call(method, address, self.roles, headers=headers, **more)

    async def get(self, path: str = "") -> httpx.Response:
        """What is at a path."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer

    async def begin(self, **body: object) -> httpx.Response:
        """The draft of the year."""
        content = {"year": self.year, **body}
        return await self.api.call("POST", self.plans, self.roles, json=content)

    async def add(self, section: str, element: Case) -> Case:
        """A new element, which must be accepted."""
        answer = await self.call("POST", f"/{section}", json=element)
        assert answer.status_code == 201, answer.text
        made: Case = answer.json()
        return made

    async def move(self, name: str, **body: object) -> httpx.Response:
        """A move of the plan as it is now."""
        headers = {"If-Match": (await self.get()).headers["etag"]}
        return await self.call("POST", f"/{name}", json=body, headers=headers)

    async def patch(self, path: str, change: Case, **headers: str) -> httpx.Response:
        """A merge patch of what is at a path now."""
        if "If-Match" not in headers:
            headers["If-Match"] = (await self.get(path)).headers["etag"]
        return await self.call("PATCH", path, json=change, headers={**MERGE, **headers})

    async def remove(self, path: str) -> httpx.Response:
        """Removes what is at a path now."""
        headers = {"If-Match": (await self.get(path)).headers["etag"]}
        return await self.call("DELETE", path, headers=headers)

    async def write_plan(self, case: Case) -> None:
        """The plan of a case: its own data, then every element in the order of the file."""
        own = {name: case[name] for name in ("kind", "acts", "policy")}
        begun = await self.begin(**own)
        assert begun.status_code == 201, begun.text
        for section in ELEMENTS:
            for element in case.get(section, ()):
                await self.add(section, {k: v for k, v in element.items() if k != "members"})
        for heading in case["objectives"]:  # groups are made once their members are there
            if heading.get("members"):
                change = {"members": heading["members"]}
                answer = await self.patch(f"/objectives/{heading['code']}", change)
                assert answer.status_code == 200, answer.text

    async def write_year(self, case: Case) -> None:
        """What the year adds: values, decisions of the OIV, texts, published figures."""
        if case["measurements"]:
            body = {"measurements": case["measurements"]}
            await self.done("POST", "/measurements", json=body)
        for decision in case["evaluations"]:
            await self.done("POST", "/evaluations", json=decision)
        for text in case["narratives"]:
            kind = "objective" if "objective" in text else "section"
            await self.done("PUT", f"/narratives/{kind}:{text[kind]}", json={"text": text["text"]})
        if "published" in case:
            answer = await self.patch("", {"published": case["published"]})
            assert answer.status_code == 200, answer.text

    async def done(self, method: str, path: str, **more: Any) -> Any:  # noqa: ANN401 - JSON is anything
        """A request that must succeed, and the JSON of its answer."""
        answer = await self.call(method, path, **more)
        assert answer.status_code in {200, 201, 204}, answer.text
        return answer.json() if answer.content else None
