"""Who may do what: one table, role by action. Pure data and two look-ups.

A person's roles are given per chamber; the API asks this table, and serves its answer as
``allowed_actions`` so that a front end need not know the rules.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What somebody is in a chamber."""

    ENTITY_ADMINISTRATOR = "entity_administrator"
    CHAMBER_ADMINISTRATOR = "chamber_administrator"
    CONTROLLER = "controller"
    """Controllo di gestione: runs the cycle."""
    CONTRIBUTOR = "contributor"
    """Offices and posizioni organizzative: enter measurements and texts."""
    VALIDATOR = "validator"
    """Dirigenti and Segretario generale: answer for what was entered."""
    OIV = "oiv"
    SIGNER = "signer"
    READER = "reader"
    PUBLIC = "public"
    """Anyone; sees what is published, which has its own doors."""


class Action(StrEnum):
    """What can be done with something of a chamber."""

    ENTITY_CREATE = "entity.create"
    CHAMBER_CREATE = "chamber.create"
    READER_READ = "reader.read"
    READER_MANAGE = "reader.manage"
    CHAMBER_READ = "chamber.read"
    CHAMBER_UPDATE = "chamber.update"
    AUDIT_READ = "audit.read"
    RETENTION_APPLY = "retention.apply"
    CATALOGUE_READ = "catalogue.read"
    CATALOGUE_MANAGE = "catalogue.manage"
    CHAMBER_CONFIGURE = "chamber.configure"
    CHAMBER_SUSPEND = "chamber.suspend"
    CHAMBER_RESUME = "chamber.resume"
    CHAMBER_IMPORT = "chamber.import"
    CHAMBER_ERASE = "chamber.erase"
    """Asks for the end of a chamber; carrying it out is no action of the API's."""
    ARCHIVE_READ = "archive.read"
    ARCHIVE_MAKE = "archive.make"
    PLAN_READ = "plan.read"
    PLAN_IMPORT = "plan.import"
    PLAN_CREATE = "plan.create"
    PLAN_EDIT = "plan.edit"
    """Objectives, measures, indicators, policy: what an approval fixes."""
    PLAN_UPDATE = "plan.update"
    """What the year fills in beside: context tables, expenses, published figures."""
    PLAN_EXPORT = "plan.export"
    PLAN_APPROVE = "plan.approve"
    PLAN_AMEND = "plan.amend"
    PLAN_WITHDRAW = "plan.withdraw"
    PLAN_CLOSE = "plan.close"
    PLAN_REOPEN = "plan.reopen"
    MEASUREMENT_READ = "measurement.read"
    MEASUREMENT_RECORD = "measurement.record"
    MEASUREMENT_SUBMIT = "measurement.submit"
    MEASUREMENT_VALIDATE = "measurement.validate"
    MEASUREMENT_REJECT = "measurement.reject"
    MEASUREMENT_REOPEN = "measurement.reopen"
    PERIOD_READ = "period.read"
    PERIOD_CLOSE = "period.close"
    PERIOD_REOPEN = "period.reopen"
    EVALUATION_READ = "evaluation.read"
    EVALUATION_DECIDE = "evaluation.decide"
    EVALUATION_JUDGE = "evaluation.judge"
    DEVIATION_EXPLAIN = "deviation.explain"
    NARRATIVE_READ = "narrative.read"
    NARRATIVE_WRITE = "narrative.write"
    NARRATIVE_ASSIGN = "narrative.assign"
    """Saying which office owes a text, and by when."""
    COMMENT_READ = "comment.read"
    COMMENT_WRITE = "comment.write"
    COMMENT_RESOLVE = "comment.resolve"
    PREVIEW_READ = "preview.read"
    """Seeing a part of a document before there is one."""
    RESULT_READ = "result.read"
    INTEGRATION_READ = "integration.read"
    INTEGRATION_MANAGE = "integration.manage"
    INTEGRATION_RECONCILE = "integration.reconcile"
    QUARANTINE_READ = "quarantine.read"
    QUARANTINE_DECIDE = "quarantine.decide"
    SUBSCRIPTION_READ = "subscription.read"
    SUBSCRIPTION_MANAGE = "subscription.manage"
    REPORT_READ = "report.read"
    REPORT_REQUEST = "report.request"
    REPORT_RENDER = "report.render"
    """A document that could not be made, made again as it was frozen."""
    SHEET_EXPORT = "sheet.export"
    """The document of one individual sheet; which ones is a question of sight, not of roles."""
    REPORT_CANCEL = "report.cancel"
    REPORT_APPROVE = "report.approve"
    REPORT_VALIDATE = "report.validate"
    REPORT_SIGN = "report.sign"
    """For the offices among the person's units."""
    REPORT_PUBLISH = "report.publish"
    REPORT_RENEW = "report.renew"
    """Another time stamp over a document, before the certificate of the last one ends."""
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
    CLIENT_READ = "client.read"
    CLIENT_MANAGE = "client.manage"


_READING = frozenset(
    {
        Action.CHAMBER_READ,
        Action.CATALOGUE_READ,
        Action.PLAN_READ,
        Action.PLAN_EXPORT,
        Action.MEASUREMENT_READ,
        Action.PERIOD_READ,
        Action.EVALUATION_READ,
        Action.NARRATIVE_READ,
        Action.RESULT_READ,
        Action.REPORT_READ,
        Action.SHEET_EXPORT,
    }
)

_DISCUSSING = frozenset(
    {
        Action.COMMENT_READ,
        Action.COMMENT_WRITE,
        Action.COMMENT_RESOLVE,
        Action.PREVIEW_READ,
    }
)
"""Looking at texts while they are written, and talking about them. Which thread somebody resolves
is a rule of its own (:mod:`shared.domain.comments`)."""

_ENTERING = (
    _READING
    | _DISCUSSING
    | {
        Action.MEASUREMENT_RECORD,
        Action.MEASUREMENT_SUBMIT,
        Action.NARRATIVE_WRITE,
        Action.DEVIATION_EXPLAIN,
    }
)

_RUNNING = (
    _READING
    | _DISCUSSING
    | {
        Action.CATALOGUE_MANAGE,
        Action.PLAN_IMPORT,
        Action.PLAN_CREATE,
        Action.PLAN_EDIT,
        Action.PLAN_UPDATE,
        Action.PLAN_APPROVE,
        Action.PLAN_AMEND,
        Action.PLAN_WITHDRAW,
        Action.PLAN_CLOSE,
        Action.PLAN_REOPEN,
        Action.MEASUREMENT_RECORD,
        Action.MEASUREMENT_SUBMIT,
        Action.MEASUREMENT_REJECT,
        Action.MEASUREMENT_REOPEN,
        Action.PERIOD_CLOSE,
        Action.PERIOD_REOPEN,
        Action.NARRATIVE_WRITE,
        Action.NARRATIVE_ASSIGN,
        Action.DEVIATION_EXPLAIN,
        Action.INTEGRATION_READ,
        Action.INTEGRATION_RECONCILE,
        Action.QUARANTINE_READ,
        Action.QUARANTINE_DECIDE,
        Action.REPORT_REQUEST,
        Action.REPORT_RENDER,
        Action.REPORT_CANCEL,
        Action.REPORT_APPROVE,
        Action.REPORT_PUBLISH,
        Action.REPORT_RENEW,
    }
)

_ADMINISTERING = _RUNNING | {
    Action.AUDIT_READ,
    Action.RETENTION_APPLY,
    Action.CHAMBER_UPDATE,
    Action.READER_READ,
    Action.INTEGRATION_MANAGE,
    Action.SUBSCRIPTION_READ,
    Action.SUBSCRIPTION_MANAGE,
    Action.MEMBER_READ,
    Action.MEMBER_MANAGE,
    Action.CLIENT_READ,
    Action.CLIENT_MANAGE,
}

_GOVERNING = frozenset(
    {
        Action.ENTITY_CREATE,
        Action.CHAMBER_CREATE,
        Action.CHAMBER_CONFIGURE,
        Action.CHAMBER_SUSPEND,
        Action.CHAMBER_RESUME,
        Action.CHAMBER_IMPORT,
        Action.CHAMBER_ERASE,
        Action.ARCHIVE_READ,
        Action.ARCHIVE_MAKE,
        Action.READER_MANAGE,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.ENTITY_ADMINISTRATOR: _ADMINISTERING | _GOVERNING,
        Role.CHAMBER_ADMINISTRATOR: _ADMINISTERING,
        Role.CONTROLLER: _RUNNING | {Action.EVALUATION_DECIDE},
        Role.CONTRIBUTOR: _ENTERING,
        Role.VALIDATOR: _ENTERING
        | {Action.MEASUREMENT_VALIDATE, Action.MEASUREMENT_REJECT, Action.MEASUREMENT_REOPEN},
        Role.OIV: _READING
        | _DISCUSSING
        | {
            Action.AUDIT_READ,
            Action.EVALUATION_DECIDE,
            Action.EVALUATION_JUDGE,
            Action.REPORT_VALIDATE,
        },
        Role.SIGNER: _READING
        | {Action.COMMENT_READ, Action.PREVIEW_READ, Action.ARCHIVE_READ, Action.REPORT_SIGN},
        Role.READER: _READING,
        Role.PUBLIC: frozenset(),
    }
)
"""The whole table. The controller records what the OIV neutralises on its behalf, and the acts
of the body that approves; judgements are the OIV's own."""


_APPOINTED = frozenset(Role) - {Role.ENTITY_ADMINISTRATOR, Role.PUBLIC}

APPOINTS: Mapping[Role, frozenset[Role]] = MappingProxyType(
    {role: frozenset() for role in Role}
    | {Role.ENTITY_ADMINISTRATOR: _APPOINTED, Role.CHAMBER_ADMINISTRATOR: _APPOINTED}
)
"""Which roles somebody may give to others in a chamber. Nobody appoints administrators of the
entity here: those come from the identity provider alone."""

MACHINE_ACTIONS = frozenset(Action) - {
    Action.ENTITY_CREATE,
    Action.CHAMBER_CREATE,
    Action.MEMBER_READ,
    Action.MEMBER_MANAGE,
    Action.CLIENT_READ,
    Action.CLIENT_MANAGE,
    Action.MEASUREMENT_VALIDATE,
    Action.COMMENT_WRITE,
    Action.COMMENT_RESOLVE,
    Action.PLAN_APPROVE,
    Action.EVALUATION_DECIDE,
    Action.EVALUATION_JUDGE,
    Action.REPORT_APPROVE,
    Action.REPORT_VALIDATE,
    Action.REPORT_SIGN,
    Action.REPORT_PUBLISH,
    Action.SHEET_EXPORT,
    Action.READER_READ,
    Action.READER_MANAGE,
    Action.CHAMBER_CONFIGURE,
    Action.CHAMBER_SUSPEND,
    Action.CHAMBER_RESUME,
    Action.CHAMBER_IMPORT,
    Action.CHAMBER_ERASE,
    Action.ARCHIVE_READ,
    Action.ARCHIVE_MAKE,
}
"""What a key of a machine may be good for: not for giving access to others, and not for what a
person answers for."""


def beyond_appointment(roles: Iterable[Role], wanted: Iterable[Role]) -> frozenset[Role]:
    """Of the roles wanted for somebody those that one with ``roles`` may not give."""
    return frozenset(wanted).difference(*(APPOINTS[role] for role in roles))


def allowed_actions(roles: Iterable[Role]) -> frozenset[Action]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def allows(roles: Iterable[Role], action: Action) -> bool:
    """Whether somebody with these roles may do this."""
    return any(action in PERMISSIONS[role] for role in roles)
