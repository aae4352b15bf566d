"""Roles, units and sheets as Keycloak, a SPID gateway or a directory of groups writes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.api.auth.claims import principal_from_claims
from services.api.auth.principal import Principal
from shared.domain.membership import Membership
from shared.domain.permissions import Role
from shared.runtime.identity_providers import IdentityProvider, read_providers

ISSUER = "https://identity.example/realms/camere"


def person(claims: dict[str, Any], **provider: Any) -> Principal:  # noqa: ANN401 - any setting
    """Who bears a token with these claims."""
    made = IdentityProvider.model_validate({"issuer": ISSUER, **provider})
    return principal_from_claims({"sub": "f3a1", **claims}, made)


def test_our_own_claims_need_no_setting() -> None:
    claims = {
        "ciclo_entity": "TNO",
        "ciclo_roles": {"PI": ["contributor", "unheard-of"], "*": ["reader"]},
        "ciclo_units": {"PI": ["Servizio Promozione"]},
        "ciclo_sheets": {"PI": ["D1"]},
        "ciclo_evaluates": {"PI": ["PO1", "PO2"]},
    }
    found = person(claims)
    assert found.entity == "TNO"
    assert found.memberships["PI"] == Membership(
        frozenset({Role.CONTRIBUTOR}),
        frozenset({"Servizio Promozione"}),
        frozenset({"D1"}),
        frozenset({"PO1", "PO2"}),
    )
    assert found.everywhere == {Role.READER}


KEYCLOAK = {
    "realm_access": {"roles": ["default-roles-camere", "ciclo:PI:controllo-di-gestione"]},
    "resource_access": {
        "ciclo": {"roles": ["LU:reader"]},
        "account": {"roles": ["manage-account"]},
    },
    "groups": ["/camere/MS/oiv", "/camere/MS/oiv/extra", "/uffici/MS"],
}


@pytest.mark.parametrize(
    ("source", "roles"),
    [
        ({"claim": "realm_access.roles", "form": "ciclo:{chamber}:{role}"}, {"PI": "controller"}),
        ({"claim": "resource_access.ciclo.roles", "form": "{chamber}:{role}"}, {"LU": "reader"}),
        ({"claim": "resource_access.*.roles", "form": "{chamber}:{role}"}, {"LU": "reader"}),
        ({"claim": "groups", "form": "/camere/{chamber}/{role}"}, {"MS": "oiv"}),
        ({"claim": ["groups"], "form": "/camere/{chamber}/{role}"}, {"MS": "oiv"}),
        ({"claim": "realm_access.groups", "form": "{chamber}:{role}"}, {}),
        ({"claim": "groups.deep.er", "form": "{chamber}:{role}"}, {}),
    ],
)
def test_roles_stand_where_the_provider_puts_them(
    source: dict[str, Any], roles: dict[str, str]
) -> None:
    names = {"controllo-di-gestione": "controller"}
    found = person(KEYCLOAK, roles=[source], role_names=names)
    assert found.roles == {chamber: {Role(role)} for chamber, role in roles.items()}


def test_several_places_add_up() -> None:
    sources = [
        {"claim": "groups", "form": "/camere/{chamber}/{role}"},
        {"claim": "ufficio", "form": "ciclo-{role}", "chamber": "MS"},
    ]
    found = person({**KEYCLOAK, "ufficio": "ciclo-signer"}, roles=sources)
    assert found.roles == {"MS": {Role.OIV, Role.SIGNER}}


def test_a_provider_vouches_for_its_own_chambers_only() -> None:
    claims = {
        "ciclo_roles": {"PI": ["reader"], "LU": ["controller"], "*": ["entity_administrator"]}
    }
    found = person(claims, chambers=["PI"])
    assert found.roles == {"PI": {Role.READER}}
    assert found.everywhere == frozenset()


def test_a_gateway_may_name_persons_in_its_own_claim() -> None:
    found = person({"spid": {"code": "AGID-001"}}, subject_claim="spid.code", name="spid")
    assert found.subject == "spid:AGID-001"
    assert person({}, entity="TNO").entity == "TNO"


@pytest.mark.parametrize("claims", [{"sub": ""}, {"sub": 3}, {"sub": "a\nb"}, {"sub": "x" * 300}])
def test_without_a_usable_subject_there_is_nobody(claims: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="subject"):
        person(claims)


@pytest.mark.parametrize(
    "provider",
    [
        {"roles": [{"claim": "groups", "form": "no role"}]},
        {"roles": [{"claim": "groups", "form": "{role}"}]},
        {"roles": [{"claim": "groups", "form": "{chamber}/{role}", "chamber": "PI"}]},
        {"roles": [{"claim": "groups", "form": "{role}", "chamber": "pi"}]},
        {"roles": [{"claim": ""}]},
        {"chambers": ["pisa"]},
        {"name": "Not A Name"},
        {"jwks_url": "https://x", "jwks_file": "/x"},
        {"unknown": 1},
    ],
)
def test_a_provider_described_wrongly_is_refused(provider: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        IdentityProvider.model_validate({"issuer": ISSUER, **provider})


def test_a_file_describes_several(tmp_path: Path) -> None:
    path = tmp_path / "providers.json"
    two = [{"name": "ente", "issuer": ISSUER}, {"name": "spid", "issuer": "https://spid.example"}]
    path.write_text(json.dumps(two), encoding="utf-8")
    assert [provider.name for provider in read_providers(path)] == ["ente", "spid"]
    for wrong in (
        [],
        [two[0], two[0]],
        [two[0], {"issuer": "https://spid.example"}],
        [two[0], {**two[0], "name": "other"}],
        {"issuer": ISSUER},
    ):
        path.write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(ValueError, match=r"provider|validation"):
            read_providers(path)
    with pytest.raises(ValueError, match="No such file"):
        read_providers(tmp_path / "nothing.json")


def test_memberships_add_up() -> None:
    one = Membership(frozenset({Role.CONTRIBUTOR}), units=frozenset({"A"}))
    two = Membership(frozenset({Role.READER}), sheets=frozenset({"SG"}))
    both = frozenset({Role.CONTRIBUTOR, Role.READER})
    assert one | two == Membership(both, one.units, two.sheets)
    assert not Membership(units=frozenset({"A"}))
    assert one
