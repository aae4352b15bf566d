"""Reading the configuration of a chamber: all faults at once, each with its place.

The form is checked by the models of :mod:`shared.contracts.chamber`, what they cannot say by
the checks below; these run on whatever has the right shape, so that a person gets the faults
of both kinds together.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

from shared.contracts.chamber import ChamberConfiguration
from shared.contracts.document_layout import layout_faults
from shared.contracts.document_places import ARRANGED
from shared.contracts.issues import Issue, issues_from, pointer
from shared.contracts.merge_patch import merge_patch
from shared.contracts.plan_sections import OWN_PREFIX
from shared.contracts.signing import SEAL, TIME_STAMP
from shared.contracts.vector_image import clean_svg
from shared.domain.chambers import CONTRAST, readable_on_white, tax_code_holds

Document = Mapping[str, Any]


class ConfigurationRefusedError(Exception):
    """The configuration cannot be taken as it is; ``issues`` lists every fault."""

    code = "configuration_refused"

    def __init__(self, issues: tuple[Issue, ...]) -> None:
        super().__init__(f"{len(issues)} faults")
        self.issues = issues


def read_configuration(document: Document) -> ChamberConfiguration:
    """The configuration that a document describes, its logo cleaned.

    Raises:
        ConfigurationRefusedError: with all faults of form and of content at once.
    """
    given = dict(document)
    faults: list[Issue] = []
    logo = given.get("logo_svg")
    if isinstance(logo, str):
        given["logo_svg"], faults = clean_svg(logo, "/logo_svg")
    read: ChamberConfiguration | None = None
    try:
        read = ChamberConfiguration.model_validate_json(json.dumps(given))
    except ValidationError as error:
        faults += issues_from(error)
    reported = {fault.pointer for fault in faults}
    for check in _CHECKS:
        faults += [fault for fault in check(given) if fault.pointer not in reported]
    if faults or read is None:
        raise ConfigurationRefusedError(tuple(faults))
    return read


def patched(current: Document, patch: Document) -> dict[str, Any]:
    """A configuration after a merge patch (RFC 7396): ``null`` removes, lists are replaced.

    Of the integrations those stay that the patch does not name: they hold what arrived.
    """
    result = merge_patch(current, patch)
    given = patch.get("integrations")
    if isinstance(given, list):
        result["integrations"] = _united(current.get("integrations", ()), given)
    return result


def _united(stored: Iterable[Document], given: Iterable[Any]) -> list[Any]:
    """What is given, and what is stored under other codes, by code."""
    listed = list(given)
    named = {one.get("code") for one in listed if isinstance(one, Mapping)}
    rest = [one for one in stored if one["code"] not in named]
    return sorted(
        [*listed, *rest],
        key=lambda one: str(one.get("code")) if isinstance(one, Mapping) else "",
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where two documents differ; ``None`` where there is nothing."""

    pointer: str
    before: Any
    after: Any


def differences(before: object, after: object, place: str = "") -> Iterator[Difference]:
    """Every place where two documents differ, in the order of their fields."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            yield from differences(before.get(name), after.get(name), place + pointer([name]))
    elif isinstance(before, list) and isinstance(after, list) and _of_objects(before, after):
        for at in range(max(len(before), len(after))):
            old, new = (one[at] if at < len(one) else None for one in (before, after))
            yield from differences(old, new, f"{place}/{at}")
    elif before != after:
        yield Difference(place, before, after)


def _of_objects(*lists: list[Any]) -> bool:
    return all(isinstance(item, Mapping) for items in lists for item in items)


# --- what the models cannot say --------------------------------------------------------------


def _tax_code(given: Document) -> Iterator[Issue]:
    code = given.get("tax_code")
    if isinstance(code, str) and not tax_code_holds(code):
        yield Issue(
            pointer="/tax_code",
            code="wrong_tax_code",
            it="non è il codice fiscale di un ente: la cifra di controllo non torna",
            en="not the tax code of a body: its check digit does not fit",
        )


def _colour(given: Document) -> Iterator[Issue]:
    yield from _readable(given.get("colour"), "/colour")


def _documents(given: Document) -> Iterator[Issue]:
    documents = given.get("documents")
    if not isinstance(documents, Mapping):
        return
    yield from _readable(documents.get("accent_colour"), "/documents/accent_colour")
    for kind, titles in ARRANGED.items():
        layout = documents.get(kind)
        if isinstance(layout, Mapping):
            prefix = OWN_PREFIX if kind == "piano" else ""
            yield from layout_faults(layout, titles, f"/documents/{kind}", prefix)


def _signing(given: Document) -> Iterator[Issue]:
    """Each office signs once; the seal is no office."""
    signing = given.get("signing")
    listed = signing.get("signatures") if isinstance(signing, Mapping) else None
    seen: set[str] = {SEAL, TIME_STAMP}
    for at, row in enumerate(listed if isinstance(listed, list) else ()):
        office = row.get("office") if isinstance(row, Mapping) else None
        if not isinstance(office, str):
            continue
        if office in seen:
            yield Issue(
                pointer=f"/signing/signatures/{at}/office",
                code="office_repeated",
                it="ogni ufficio firma una volta sola, e il sigillo non è un ufficio",
                en="each office signs once, and the seal is no office",
            )
        seen.add(office)


def _readable(colour: object, place: str) -> Iterator[Issue]:
    well_formed = isinstance(colour, str) and len(colour) == len("#rrggbb")
    if well_formed and all(c in "0123456789abcdefABCDEF" for c in str(colour)[1:]):
        if readable_on_white(str(colour)):
            return
        least = f"{CONTRAST}"
        yield Issue(
            pointer=place,
            code="low_contrast",
            it=f"il contrasto con il bianco è minore di {least.replace('.', ',')}: chi vede "
            "poco non leggerebbe i titoli; scegliere un colore più scuro",
            en=f"its contrast with white is below {least}: people with low vision could not "
            "read the titles; choose a darker one",
        )


def _languages(given: Document) -> Iterator[Issue]:
    languages = given.get("languages", ["it"])
    if isinstance(languages, list) and "it" not in languages:
        yield Issue(
            pointer="/languages",
            code="italian_missing",
            it="l'italiano (it) c'è sempre",
            en="Italian (it) is always there",
        )


def _life(given: Document) -> Iterator[Issue]:
    begins, ends = _day(given.get("valid_from")), _day(given.get("valid_to"))
    if begins is not None and ends is not None and ends <= begins:
        yield Issue(
            pointer="/valid_to",
            code="ends_before_it_begins",
            it="la fine viene prima dell'inizio",
            en="the end comes before the beginning",
        )
    successor = given.get("successor")
    if successor is not None and (given.get("valid_to") is None or successor == given.get("code")):
        yield Issue(
            pointer="/successor",
            code="wrong_successor",
            it="chi succede è un'altra camera, dal giorno indicato in valid_to",
            en="a successor is another chamber, from the day given in valid_to on",
        )


def _holidays(given: Document) -> Iterator[Issue]:
    calendar = given.get("calendar")
    days = calendar.get("local_holidays") if isinstance(calendar, Mapping) else None
    for at, text in enumerate(days if isinstance(days, list) else ()):
        # A leap year has every day there is.
        if isinstance(text, str) and _day(f"2000-{text}") is None:
            yield Issue(
                pointer=f"/calendar/local_holidays/{at}",
                code="wrong_value",
                it=f"giorno inesistente: {text} (mese-giorno, come 06-17)",
                en=f"no such day: {text} (month-day, as in 06-17)",
            )


def _policies(given: Document) -> Iterator[Issue]:
    versions = given.get("policies")
    before: int | None = None
    for at, version in enumerate(versions if isinstance(versions, list) else ()):
        if not isinstance(version, Mapping):
            continue
        year = version.get("from_year")
        if isinstance(year, int):
            if before is not None and year <= before:
                yield Issue(
                    pointer=f"/policies/{at}/from_year",
                    code="years_out_of_order",
                    it="le versioni vanno dalla più vecchia, una per anno",
                    en="versions go from the oldest on, one a year",
                )
            before = year
        policy = version.get("policy")
        yield from _thresholds(policy if isinstance(policy, Mapping) else {}, f"/policies/{at}")


def _thresholds(policy: Document, place: str) -> Iterator[Issue]:
    for scale in ("lights", "judgements"):
        steps = policy.get(scale)
        for at, step in enumerate(steps if isinstance(steps, list) else ()):
            if isinstance(step, Mapping) and ("from" in step) == ("above" in step):
                yield Issue(
                    pointer=f"{place}/policy/{scale}/{at}",
                    code="one_of_from_above",
                    it="una soglia ha «from» oppure «above», non entrambi",
                    en="a threshold has either 'from' or 'above'",
                )


def _integrations(given: Document) -> Iterator[Issue]:
    listed = given.get("integrations")
    seen: set[str] = set()
    for at, one in enumerate(listed if isinstance(listed, list) else ()):
        code = one.get("code") if isinstance(one, Mapping) else None
        if isinstance(code, str) and code in seen:
            yield Issue(
                pointer=f"/integrations/{at}/code",
                code="duplicate_code",
                it=f"codice ripetuto: {code}",
                en=f"repeated code: {code}",
            )
        seen.add(str(code))


_CHECKS: tuple[Callable[[Document], Iterator[Issue]], ...] = (
    _tax_code,
    _colour,
    _documents,
    _signing,
    _languages,
    _life,
    _holidays,
    _policies,
    _integrations,
)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
