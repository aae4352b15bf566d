"""What a chamber is set to, its life and its suspension."""

import json
from typing import Any

import httpx
import pytest

from tests.api.system import ADMINISTRATOR, JSON, MASSA, PISA, Api, Roles, codes

pytestmark = pytest.mark.asyncio(loop_scope="module")

MERGE = {"Content-Type": "application/merge-patch+json"}
POLICY = json.loads(PISA)["policy"]
OTHERS: list[Roles] = [
    {"PI": [role]}
    for role in ("chamber_administrator", "controller", "contributor", "validator", "reader")
]


async def _configuration(api: Api, chamber: str = "PI") -> httpx.Response:
    answer = await api.call("GET", f"/v1/chambers/{chamber}/configuration")
    assert answer.status_code == 200, answer.text
    return answer


async def configure(
    api: Api, patch: dict[str, Any], chamber: str = "PI", roles: Roles = ADMINISTRATOR
) -> httpx.Response:
    """The answer to a patch of the configuration as it stands now."""
    etag = (await _configuration(api, chamber)).headers["etag"]
    return await api.call(
        "PATCH",
        f"/v1/chambers/{chamber}/configuration",
        roles,
        content=json.dumps(patch),
        headers=MERGE | {"If-Match": etag},
    )


async def test_a_chamber_is_created_with_everything_it_is_set_to(api: Api) -> None:
    await api.create_chambers("TNO")
    new = {
        "code": "CR",
        "entity": "TNO",
        "title": "Camera di prova",
        "short_title": "Prova",
        "tax_code": "80415740580",
        "region": "Toscana",
        "languages": ["it", "en"],
        "valid_to": "2022-06-30",
        "successor": "TNO",
        "calendar": {"deadline_days": 10, "local_holidays": ["06-17"]},
        "policies": [{"from_year": 2020, "policy": POLICY}],
        "retention": {"audit_years": 20},
        "signing": {"identity": "CR-2026"},
        "integrations": [{"code": "integra", "title": "Integra"}],
    }
    made = await api.call("POST", "/v1/chambers", json=new)
    assert made.status_code == 201, made.text
    assert made.json()["successor"] == "TNO"
    found = (await _configuration(api, "CR")).json()
    assert found["calendar"]["deadline_days"] == 10
    assert found["calendar"]["frequency"] == "quadrimestre"
    assert found["retention"] == {
        "messages_days": 730,
        "individual_sheets_years": 5,
        "evidence_years": 10,
        "audit_years": 20,
        "memberships_days": 365,
    }
    assert found["policies"][0]["policy"] == POLICY
    rules = (await api.call("GET", "/v1/chambers/CR/measurement-rules")).json()
    assert (rules["deadline_days"], rules["local_holidays"]) == (10, ["06-17"])
    integration = await api.call("GET", "/v1/chambers/CR/integrations/integra")
    assert integration.json()["secrets"] == []


async def test_a_faulty_chamber_is_refused_with_every_fault_and_leaves_nothing(api: Api) -> None:
    await api.create_chambers("PI")
    new = {"code": "FY", "entity": "TNO", "title": " x", "colour": "#ffff00", "more": 1}
    refused = await api.call("POST", "/v1/chambers", json=new, headers={"Accept-Language": "en"})
    assert refused.status_code == 422
    assert set(codes(refused)) == {
        ("/title", "wrong_format"),
        ("/colour", "low_contrast"),
        ("/more", "unknown_field"),
    }
    assert "contrast" in refused.json()["errors"][-1]["detail"]
    orphan = {"code": "FY", "entity": "TNO", "title": "x", "valid_to": "2022-06-30"}
    unknown = await api.call("POST", "/v1/chambers", json=orphan | {"successor": "ZZ"})
    assert codes(unknown) == [("/successor", "unknown_chamber")]
    assert (await api.call("GET", "/v1/chambers/FY")).status_code == 404
    for body in (b"", b"[]", b"{"):
        answer = await api.call("POST", "/v1/chambers", content=body, headers=JSON)
        assert codes(answer) == [("", "invalid_json")]


async def test_a_patch_tells_what_it_changed_and_changes_nothing_else(api: Api) -> None:
    await api.create_chambers("PI")
    before = (await _configuration(api)).json()
    changed = await configure(api, {"region": "Toscana", "calendar": {"deadline_days": 20}})
    assert changed.status_code == 200, changed.text
    assert changed.json()["changes"] == [
        {"pointer": "/region", "before": None, "after": '"Toscana"'},
        {"pointer": "/calendar/deadline_days", "before": "15", "after": "20"},
    ]
    after = (await _configuration(api)).json()
    assert after == before | {
        "region": "Toscana",
        "calendar": before["calendar"] | {"deadline_days": 20},
    }
    again = await configure(api, {"region": "Toscana"})
    assert again.json()["changes"] == []
    assert again.headers["etag"] == changed.headers["etag"]
    emptied = await configure(api, {"region": None, "calendar": None})
    assert emptied.json()["configuration"]["calendar"]["deadline_days"] == 15


async def test_code_and_entity_never_change(api: Api) -> None:
    await api.create_chambers("PI")
    refused = await configure(api, {"code": "XX", "entity": "YY"})
    assert codes(refused) == [("/code", "fixed_field"), ("/entity", "fixed_field")]


@pytest.mark.parametrize("roles", OTHERS, ids=lambda roles: roles["PI"][0])
async def test_only_the_administrator_of_the_entity_configures_and_suspends(
    api: Api, roles: Roles
) -> None:
    await api.create_chambers("PI")
    patch = await configure(api, {"region": "Toscana"}, roles=roles)
    suspension = await api.call("POST", "/v1/chambers/PI/suspension", roles, json={"reason": "x"})
    resumption = await api.call("POST", "/v1/chambers/PI/resumption", roles, json={})
    assert [a.status_code for a in (patch, suspension, resumption)] == [403, 403, 403]
    seen = (await api.call("GET", "/v1/chambers/PI", roles)).json()["allowed_actions"]
    assert not {"chamber.configure", "chamber.suspend", "chamber.resume"} & set(seen)


async def test_the_administrator_of_another_entity_sees_no_chamber(api: Api) -> None:
    await api.create_chambers("PI")
    header = api.token(ADMINISTRATOR, entity="XXX")
    for method, path in (
        ("GET", "configuration"),
        ("PATCH", "configuration"),
        ("POST", "suspension"),
        ("POST", "resumption"),
        ("GET", "policies/2020"),
    ):
        answer = await api.client.request(
            method,
            f"/v1/chambers/PI/{path}",
            headers=header | (MERGE if method == "PATCH" else JSON) | {"If-Match": "*"},
            content=b'{"reason": "x"}' if method != "GET" else None,
        )
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "chamber_not_found"


# --- policies and years ----------------------------------------------------------------------


async def test_a_new_policy_never_changes_a_plan_that_is_there(api: Api) -> None:
    await api.create_chambers("PO")
    assert (await api.import_case("PO", PISA)).status_code == 201
    results = "/v1/chambers/PO/plans/2020/results"
    before = await api.call("GET", results)
    stricter = {**POLICY, "cap": "120", "missing": "zero"}
    await configure(api, {"policies": [{"from_year": 2020, "policy": stricter}]}, "PO")
    assert (await api.call("GET", results)).content == before.content
    of_year = await api.call("GET", "/v1/chambers/PO/policies/2024")
    assert of_year.json() == {"year": 2024, "from_year": 2020, "act": None, "policy": stricter}
    missing = await api.call("GET", "/v1/chambers/PO/policies/2019")
    assert (missing.status_code, missing.json()["code"]) == (404, "policy_not_set")


async def test_a_chamber_that_went_into_another_keeps_its_years_and_gets_no_new_ones(
    api: Api,
) -> None:
    await api.create_chambers("TNO", "ME")
    assert (await api.import_case("ME", MASSA)).status_code == 201
    end = {"valid_to": "2021-06-30", "successor": "TNO"}
    assert (await configure(api, end, "ME")).status_code == 200
    assert (await configure(api, {"valid_from": "2021-06-30"}, "TNO")).status_code == 200

    assert (await api.import_case("ME", MASSA)).status_code == 201
    later = json.dumps({**json.loads(MASSA), "year": 2022}).encode()
    refused = await api.import_case("ME", later)
    assert (refused.status_code, refused.json()["code"]) == (409, "chamber_ended")
    assert "TNO" in refused.json()["detail"]
    assert (await api.call("GET", "/v1/chambers/ME/plans/2022")).status_code == 404

    early = json.dumps({**json.loads(MASSA), "year": 2020}).encode()
    too_early = await api.import_case("TNO", early)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "chamber_not_begun")
    for year in (2021, 2022):
        case = json.dumps({**json.loads(MASSA), "year": year}).encode()
        assert (await api.import_case("TNO", case)).status_code == 201


# --- suspension ------------------------------------------------------------------------------


async def test_a_suspended_chamber_is_only_read(api: Api) -> None:
    await api.create_chambers("SU")
    assert (await api.import_case("SU", PISA)).status_code == 201
    results = "/v1/chambers/SU/plans/2020/results"
    before = await api.call("GET", results)
    suspended = await api.call("POST", "/v1/chambers/SU/suspension", json={"reason": "trasloco"})
    assert suspended.status_code == 200
    assert suspended.json()["status"] == "suspended"
    assert suspended.json()["allowed_actions"] == [
        *("chamber.read", "plan.read", "chamber.resume"),
        *("archive.read", "archive.make", "chamber.erase"),
    ]

    assert (await api.call("GET", results)).content == before.content
    assert (await api.import_case("SU", PISA)).json()["code"] == "chamber_suspended"
    patch = await configure(api, {"region": "Toscana"}, "SU")
    report = await api.call("POST", "/v1/chambers/SU/reports", json={"year": 2020})
    again = await api.call("POST", "/v1/chambers/SU/suspension", json={"reason": "ancora"})
    for answer in (patch, report, again):
        assert (answer.status_code, answer.json()["code"]) == (409, "chamber_suspended")

    resumed = await api.call("POST", "/v1/chambers/SU/resumption", json={})
    assert resumed.json()["status"] == "active"
    twice = await api.call("POST", "/v1/chambers/SU/resumption", json={})
    assert (twice.status_code, twice.json()["code"]) == (409, "chamber_not_suspended")
    assert (await api.import_case("SU", PISA)).status_code == 201


async def test_the_schema_of_manifests_is_served(api: Api) -> None:
    answer = await api.client.get("/schemas/chamber@1.json")
    assert answer.status_code == 200
    assert answer.json()["title"] == "ciclo/chamber@1"
