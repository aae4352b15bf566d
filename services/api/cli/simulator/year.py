"""A year of one or more chambers, played to the end, and whether both sides then agree."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.api.cli.client import ApiClient
from services.api.cli.failures import CommandFailedError
from services.api.cli.paths import integration_path
from services.api.cli.simulator.agreement import differences, gaps, waiting
from services.api.cli.simulator.delivery import Tally, deliver
from services.api.cli.simulator.truth import Item, Message, Rates, Source, invalid_in
from shared.runtime.language import in_terminal_language

_NAMES = ("duplicates", "reordered", "corrected", "invalid", "forged", "lost", "outages")


@dataclass(frozen=True, slots=True)
class Weather:
    """What goes wrong on the way: rates of the source, and of answers that are never heard."""

    rates: Rates
    outages: float = 0.0


@dataclass(frozen=True, slots=True)
class Year:
    """What the source of one chamber will send."""

    chamber: str
    year: int
    secret: str
    source: Source
    messages: Sequence[Message]
    waiting_before: int


def weather_from(text: str) -> Weather:
    """Rates in percent: ``duplicates=20,reordered=10,corrected=5,invalid=2,forged=1,outages=3``.

    Raises:
        CommandFailedError: it is written in another way.
    """
    given: dict[str, float] = dict.fromkeys(_NAMES, 0.0)
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, percent = part.partition("=")
        try:
            share = float(percent) / 100
        except ValueError:
            share = -1.0
        if name not in given or not 0 <= share < 1:
            known = ", ".join(_NAMES)
            raise CommandFailedError(
                in_terminal_language(
                    f"«{part}»: scrivere NOME=PERCENTUALE, con un nome fra {known}.",
                    f"{part!r}: write NAME=PERCENT, with a name of {known}.",
                )
            )
        given[name] = share
    outages = given.pop("outages")
    return Weather(Rates(**given), outages)


def prepared(
    api: ApiClient, chamber: str, items: Sequence[Item], weather: Weather, *, seed: int, batch: int,
    secret: str,
) -> Year:  # fmt: skip
    """A year ready to be sent: its messages are made."""
    # Said now: what others have said of the same data until now gives way to it.
    start = datetime.now(UTC).replace(microsecond=0)
    source = Source(f"sim-{chamber}-{seed}", items, weather.rates, seed=seed, start=start)
    messages = source.messages(batch)
    year = int(items[0]["year"]) if items else start.year
    return Year(chamber, year, secret, source, messages, waiting(api, chamber))


async def sent(
    url: str, integration: str, years: Sequence[Year], weather: Weather, tell: Callable[[], None]
) -> list[Tally]:
    """Sends every year at the same time."""
    return list(
        await asyncio.gather(
            *(
                deliver(
                    f"{url}{integration_path(one.chamber, integration)}/webhooks",
                    one.secret,
                    one.messages,
                    unheard=weather.outages,
                    tell=tell,
                )
                for one in years
            )
        )
    )


def unlike(api: ApiClient, one: Year) -> list[str]:
    """Every datum of a chamber's year that is not as its source holds it."""
    return differences(api, one.chamber, one.source.held, {one.year})


def verdict(
    api: ApiClient, integration: str, one: Year, tally: Tally
) -> tuple[dict[str, Any], list[str]]:
    """Figures of a chamber's year, and everything on which both sides do not agree."""
    forged = sum(message.forged for message in one.messages)
    invalid = invalid_in(one.messages)
    apart = sum(tally.quarantined.values())
    faults = [f"{one.chamber}: message {message} was lost" for message in tally.lost]
    if tally.refused != forged:
        faults.append(f"{one.chamber}: {tally.refused} of {forged} forged messages refused")
    if apart != invalid:
        faults.append(f"{one.chamber}: {apart} of {invalid} invalid statements in quarantine")
    faults += unlike(api, one)
    facts = {
        "chamber": one.chamber,
        "year": one.year,
        "messages": len(one.messages),
        "data": len(one.source.held),
        "repeated": tally.repeated,
        "retried": tally.retried,
        "invalid": invalid,
        "quarantined": apart,
        "waiting": waiting(api, one.chamber),
        "waiting_before": one.waiting_before,
        "forged": forged,
        "refused": tally.refused,
        "gaps": gaps(api, one.chamber, integration),
        "agrees": not faults,
    }
    return facts, faults
