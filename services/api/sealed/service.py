"""Seals what is stored under an older key again, under the first of ``CICLO_SECRET_KEYS``.

The API may go on meanwhile: it opens seals of every key it has, old and new, and a row that it
changes while this runs is left to it.
"""

from dataclasses import dataclass, field

from services.api.auth.directory import ChamberDirectory
from services.api.db.session import Author, Database, WriteSession
from services.api.db.trail import audit
from services.api.sealed import repository
from shared.runtime.secrets import SealError, SecretBox

_AUTHOR = Author("ciclo secrets rotate")


@dataclass
class Rotated:
    """What became of the seals of an installation."""

    chambers: int = 0
    resealed: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)
    """Chamber and table of each seal that no key opens."""


async def rotate(database: Database, box: SecretBox) -> Rotated:
    """Goes through every chamber, one transaction for each."""
    done = Rotated()
    for code in await ChamberDirectory(database).all_chambers():
        async with database.write([code], _AUTHOR) as session:
            await _chamber(session, box, done)
        done.chambers += 1
    return done


async def _chamber(session: WriteSession, box: SecretBox, done: Rotated) -> None:
    resealed = 0
    for table in repository.sealed_tables():
        for row in await repository.sealed_rows(session, table):
            if box.is_current(row.sealed.encode()):
                done.current += 1
                continue
            try:
                sealed = box.reseal(row.sealed.encode()).decode()
            except SealError:
                done.unreadable.append(f"{session.chamber}/{table.name}")
                continue
            kept = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
            resealed += await repository.replace_seal(session, table, kept, sealed)
    if resealed:
        await audit(session, "secrets.resealed", session.chamber, {"seals": resealed})
    done.resealed += resealed
