"""How a chamber collects its data: its own choice, kept among the chamber's settings.

It is no part of the policy of a plan: a case file says how values become results, and the
same file must give the same results wherever it is read; who may validate what, and until
when, is the organisation of one office.
"""

from dataclasses import dataclass

from shared.domain.calendar import DEFAULT_DEADLINE_DAYS, Frequency
from shared.domain.completeness import Requirement


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """What a chamber may set.

    ``frequency``: the periods that are closed, besides the year. ``deadline_days``: days from
    the end of a period to its deadline. ``requirement``: what a datum must be before its
    period is closed. ``own_validation``: whether a person may validate what they entered.
    ``local_holidays``: month and day of the town's own (``06-17``).
    """

    frequency: Frequency = Frequency.QUADRIMESTRE
    deadline_days: int = DEFAULT_DEADLINE_DAYS
    requirement: Requirement = Requirement.VALIDATED
    own_validation: bool = False
    local_holidays: tuple[str, ...] = ()
