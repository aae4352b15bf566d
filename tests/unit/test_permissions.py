"""The table of roles and actions, row by row."""

import pytest

from shared.domain.permissions import PERMISSIONS, Action, Role, allowed_actions, allows

READING = {
    Action.CHAMBER_READ,
    Action.CATALOGUE_READ,
    Action.PLAN_READ,
    Action.PLAN_EXPORT,
    Action.MEASUREMENT_READ,
    Action.EVALUATION_READ,
    Action.NARRATIVE_READ,
    Action.RESULT_READ,
    Action.REPORT_READ,
}

READERS = [role for role in Role if role is not Role.PUBLIC]


def test_every_role_has_a_row() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_every_action_is_somebodys() -> None:
    assert allowed_actions(Role) == set(Action)


@pytest.mark.parametrize("role", READERS)
def test_whoever_has_a_role_may_read(role: Role) -> None:
    assert PERMISSIONS[role] >= READING


@pytest.mark.parametrize("role", [Role.READER, Role.SIGNER])
def test_readers_change_nothing(role: Role) -> None:
    assert {a for a in PERMISSIONS[role] if not a.value.endswith(("read", "export"))} == set()


def test_the_public_has_no_way_in_here() -> None:
    assert PERMISSIONS[Role.PUBLIC] == frozenset()


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.ENTITY_CREATE, {Role.ENTITY_ADMINISTRATOR}),
        (Action.CHAMBER_CREATE, {Role.ENTITY_ADMINISTRATOR}),
        (Action.READER_MANAGE, {Role.ENTITY_ADMINISTRATOR}),
        (
            Action.CATALOGUE_MANAGE,
            {Role.ENTITY_ADMINISTRATOR, Role.CHAMBER_ADMINISTRATOR, Role.CONTROLLER},
        ),
        (Action.CHAMBER_CONFIGURE, {Role.ENTITY_ADMINISTRATOR}),
        (Action.CHAMBER_SUSPEND, {Role.ENTITY_ADMINISTRATOR}),
        (Action.CHAMBER_RESUME, {Role.ENTITY_ADMINISTRATOR}),
        (Action.CHAMBER_UPDATE, {Role.ENTITY_ADMINISTRATOR, Role.CHAMBER_ADMINISTRATOR}),
        (Action.INTEGRATION_MANAGE, {Role.ENTITY_ADMINISTRATOR, Role.CHAMBER_ADMINISTRATOR}),
        (Action.EVALUATION_DECIDE, {Role.CONTROLLER, Role.OIV}),
        (
            Action.PLAN_IMPORT,
            {Role.ENTITY_ADMINISTRATOR, Role.CHAMBER_ADMINISTRATOR, Role.CONTROLLER},
        ),
    ],
)
def test_who_may_do_what_matters(action: Action, roles: set[Role]) -> None:
    assert {role for role in Role if allows([role], action)} == roles


def test_roles_add_up() -> None:
    both = allowed_actions([Role.READER, Role.OIV])
    assert both == PERMISSIONS[Role.READER] | PERMISSIONS[Role.OIV]
    assert allowed_actions([]) == frozenset()
