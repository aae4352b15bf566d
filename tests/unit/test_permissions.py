"""The table of roles and actions, row by row."""

import pytest

from shared.domain.permissions import (
    APPOINTS,
    MACHINE_ACTIONS,
    PERMISSIONS,
    Action,
    Role,
    allowed_actions,
    allows,
    beyond_appointment,
)

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


@pytest.mark.parametrize(("role", "more"), [(Role.READER, set()), (Role.SIGNER, {"report.sign"})])
def test_readers_change_nothing_and_signers_only_sign(role: Role, more: set[str]) -> None:
    changing = {a.value for a in PERMISSIONS[role] if not a.value.endswith(("read", "export"))}
    assert changing == more


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


LETTERS = {
    "E": Role.ENTITY_ADMINISTRATOR,
    "A": Role.CHAMBER_ADMINISTRATOR,
    "C": Role.CONTROLLER,
    "U": Role.CONTRIBUTOR,
    "V": Role.VALIDATOR,
    "O": Role.OIV,
    "S": Role.SIGNER,
    "R": Role.READER,
    "P": Role.PUBLIC,
}

TABLE = {
    "entity.create": "E",
    "chamber.create": "E",
    "reader.read": "EA",
    "reader.manage": "E",
    "chamber.read": "EACUVOSR",
    "chamber.update": "EA",
    "audit.read": "EAO",
    "retention.apply": "EA",
    "catalogue.read": "EACUVOSR",
    "catalogue.manage": "EAC",
    "chamber.configure": "E",
    "chamber.suspend": "E",
    "chamber.resume": "E",
    "chamber.import": "E",
    "chamber.erase": "E",
    "archive.read": "ES",
    "archive.make": "E",
    "plan.read": "EACUVOSR",
    "plan.import": "EAC",
    "plan.create": "EAC",
    "plan.edit": "EAC",
    "plan.update": "EAC",
    "plan.export": "EACUVOSR",
    "plan.approve": "EAC",
    "plan.amend": "EAC",
    "plan.withdraw": "EAC",
    "plan.close": "EAC",
    "plan.reopen": "EAC",
    "measurement.read": "EACUVOSR",
    "measurement.record": "EACUV",
    "measurement.submit": "EACUV",
    "measurement.validate": "V",
    "measurement.reject": "EACV",
    "measurement.reopen": "EACV",
    "period.read": "EACUVOSR",
    "period.close": "EAC",
    "period.reopen": "EAC",
    "evaluation.read": "EACUVOSR",
    "evaluation.decide": "CO",
    "evaluation.judge": "O",
    "deviation.explain": "EACUV",
    "narrative.read": "EACUVOSR",
    "narrative.write": "EACUV",
    "narrative.assign": "EAC",
    "comment.read": "EACUVOS",
    "comment.write": "EACUVO",
    "comment.resolve": "EACUVO",
    "preview.read": "EACUVOS",
    "result.read": "EACUVOSR",
    "integration.read": "EAC",
    "integration.manage": "EA",
    "integration.reconcile": "EAC",
    "quarantine.read": "EAC",
    "quarantine.decide": "EAC",
    "subscription.read": "EA",
    "subscription.manage": "EA",
    "report.read": "EACUVOSR",
    "report.request": "EAC",
    "report.render": "EAC",
    "sheet.export": "EACUVOSR",
    "report.cancel": "EAC",
    "report.approve": "EAC",
    "report.validate": "O",
    "report.sign": "S",
    "report.publish": "EAC",
    "report.renew": "EAC",
    "member.read": "EA",
    "member.manage": "EA",
    "client.read": "EA",
    "client.manage": "EA",
}
"""Every action and whose it is, written out: a change of the permissions is a change here."""


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_every_cell_of_the_table(action: Action, role: Role) -> None:
    granted = role in {LETTERS[letter] for letter in TABLE[action]}
    assert (action in PERMISSIONS[role]) == granted
    assert allows([role], action) == granted


def test_the_table_has_no_other_rows() -> None:
    assert set(TABLE) == {str(action) for action in Action}


PERSONS_ONLY = (
    *("entity.create", "chamber.create", "member.read", "member.manage"),
    *("client.read", "client.manage", "plan.approve", "measurement.validate"),
    *("evaluation.decide", "evaluation.judge", "report.approve", "report.validate"),
    *("report.sign", "report.publish", "reader.read", "reader.manage", "comment.write"),
    *("comment.resolve", "chamber.configure", "chamber.suspend", "chamber.resume"),
    "sheet.export",
)


def test_what_no_machine_may_do() -> None:
    assert MACHINE_ACTIONS.isdisjoint(PERSONS_ONLY)
    assert {role for role in Role if APPOINTS[role]} == {
        Role.ENTITY_ADMINISTRATOR,
        Role.CHAMBER_ADMINISTRATOR,
    }


@pytest.mark.parametrize("role", list(Role))
def test_nobody_appoints_an_administrator_of_the_entity(role: Role) -> None:
    wanted = {Role.ENTITY_ADMINISTRATOR, Role.READER}
    assert Role.ENTITY_ADMINISTRATOR in beyond_appointment([role], wanted)
    assert beyond_appointment([role], []) == frozenset()
