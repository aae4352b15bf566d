"""The audit as callers see it."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.api.audit.schemas import AuditFault, AuditHead, AuditLine, AuditVerification
from shared.contracts.issues import Language
from shared.domain.audit_chain import FaultKind, Verifier
from shared.domain.audit_facts import seen
from shared.domain.confidentiality import Sight

_MOST_FAULTS = 10_000

_WORDS: Mapping[FaultKind, tuple[str, str]] = {
    FaultKind.ALTERED: (
        "La riga non è più quella che fu scritta.",
        "The line is not what was written.",
    ),
    FaultKind.REMOVED: (
        "La riga è stata tolta dal registro.",
        "The line was removed from the audit.",
    ),
    FaultKind.GAP: (
        "Prima di questa riga ne mancano altre.",
        "Lines before this one are missing.",
    ),
    FaultKind.BROKEN: (
        "La riga non segue quella che la precede: ordine o contenuto sono cambiati.",
        "The line does not follow the one before it: order or content was changed.",
    ),
    FaultKind.UNCHAINED: (
        "La riga è stata scritta senza passare dalla catena.",
        "The line was written past the chain.",
    ),
    FaultKind.TRUNCATED: (
        "La catena non finisce dove dovrebbe: le ultime righe mancano o sono altre.",
        "The chain does not end where it should: its last lines are missing or others.",
    ),
    FaultKind.ANCHOR: (
        "La riga annotata in una verifica precedente non c'è più, o è un'altra.",
        "The line noted by an earlier verification is gone, or another one.",
    ),
}


def line(row: sa.Row[Any], sight: Sight) -> AuditLine:
    """One line of the list, without what it says of individual sheets that the reader sees not."""
    facts = {name: getattr(row, name) for name in _FACTS}
    shown = {name: part and seen(part, sight) for name, part in facts.items()}
    withheld = shown != facts
    return AuditLine(
        audit_id=row.audit_id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=_subject(row.subject, sight, withheld=withheld),
        request_id=row.request_id,
        client=row.client,
        agent=row.agent,
        **{name: _text(part) for name, part in shown.items()},
        withheld=withheld,
        sequence=row.sequence,
        hash=None if row.hash is None else row.hash.hex(),
    )


_FACTS = ("detail", "before", "after")


def _subject(subject: str, sight: Sight, *, withheld: bool) -> str:
    """What a line is about; of a row that is not there for the reader only of which plan."""
    if withheld and not sight.structure:
        return "/".join(subject.split("/")[:2])
    return subject


def _text(facts: object) -> str | None:
    return None if facts is None else json.dumps(facts, ensure_ascii=False)


def verification(found: Verifier, language: Language) -> AuditVerification:
    """The outcome of a verification."""
    return AuditVerification(
        valid=not found.faults,
        head=AuditHead(sequence=found.head.sequence, hash=found.head.hash.hex()),
        faults=[
            AuditFault(
                code=fault.kind.value,
                sequence=fault.sequence,
                audit_id=fault.audit_id,
                detail=_WORDS[fault.kind][language == "en"],
            )
            for fault in found.faults[:_MOST_FAULTS]
        ],
    )
