"""What must hold between the rows of a case file, checked on the raw JSON.

It runs beside the check of the fields (:mod:`shared.contracts.case`) and on whatever rows
have the right shape, so that a person gets the faults of both kinds at once. Nothing here
raises on bad input.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from shared.contracts.case_dates import date_faults
from shared.contracts.case_graph import dependency_faults
from shared.contracts.case_sheets import overall_faults, sheet_faults
from shared.contracts.case_statements import statement_faults
from shared.contracts.case_system import system_measure_faults
from shared.contracts.issues import Issue, pointer
from shared.domain import formula as formula_language
from shared.domain.formula import Formula, FormulaError
from shared.domain.plan import CHAMBER_SCOPE, Kind, effective_measure_types
from shared.domain.targets import Op, Target, target_problem
from shared.domain.values import Value, ValueType, parse_value

Row = Mapping[str, Any]
Place = tuple[str | int, ...]


class CaseChecks:
    """The faults and warnings between the rows of one document."""

    def __init__(self, document: Row) -> None:
        self.document = document
        self.errors: list[Issue] = []
        self.warnings: list[Issue] = []
        self.objectives = self._codes("objectives")
        self.indicators = self._codes("indicators")
        self.measures = self._codes("measures")
        self.formulas: dict[str, Formula] = {}
        self.scopes = {
            code for code, row in self.objectives.items() if row.get("kind") == Kind.INDIVIDUAL
        } | {CHAMBER_SCOPE}

    def run(self) -> None:
        """Check everything, in the order of the sections."""
        self._acts()
        self._policy()
        self._objectives()
        self._indicators()
        self.measure_types = effective_measure_types(
            ((code, _value_type(row)) for code, row in self.measures.items()),
            (
                (_value_type(row) or ValueType.NUMBER, self.formulas.get(code))
                for code, row in self.indicators.items()
            ),
        )
        self.errors.extend(system_measure_faults(self.document))
        self._measurements()
        self._evaluations()
        self._narratives()
        codes = {"objective": self.objectives, "indicator": self.indicators}
        self.errors.extend(statement_faults(self.document, codes))
        self._tables()
        self._published()

    # --- reading rows of unknown shape ------------------------------------------------------

    def rows(self, section: str) -> Iterator[tuple[int, Row]]:
        """The rows of a section that are JSON objects, with their index."""
        rows = self.document.get(section)
        if isinstance(rows, list):
            yield from ((i, row) for i, row in enumerate(rows) if isinstance(row, dict))

    def _codes(self, section: str) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for index, row in self.rows(section):
            code = row.get("code")
            if not isinstance(code, str):
                continue
            if code in found:
                self._error(
                    (section, index, "code"),
                    "duplicate_code",
                    f"codice ripetuto: {code}",
                    f"repeated code: {code}",
                )
            found.setdefault(code, row)
        return found

    def _error(self, place: Place, code: str, it: str, en: str) -> None:
        self.errors.append(Issue(pointer=pointer(place), code=code, it=it, en=en))

    def _warn(self, place: Place, code: str, it: str, en: str) -> None:
        self.warnings.append(Issue(pointer=pointer(place), code=code, it=it, en=en))

    def _known(self, place: Place, codes: Mapping[str, Row], code: object, what: str) -> None:
        """Fault unless ``code`` is one of ``codes`` (a wrong type is another check's fault)."""
        if isinstance(code, str) and code not in codes:
            italian = {
                "objective": "obiettivo sconosciuto",
                "indicator": "indicatore sconosciuto",
                "measure": "misura sconosciuta",
            }[what]
            self._error(place, f"unknown_{what}", f"{italian}: {code}", f"unknown {what}: {code}")

    def _parsed(self, place: Place, value_type: ValueType, text: object) -> Value | None:
        """The value, or ``None`` after reporting that the text is not one."""
        if not isinstance(text, str):
            return None
        try:
            return parse_value(value_type, text)
        except ValueError:
            self._error(
                place,
                "wrong_value",
                f"«{text}» non è un valore di tipo {value_type.value}",
                f"{text!r} is not a value of type {value_type.value}",
            )
            return None

    # --- the sections -----------------------------------------------------------------------

    def _acts(self) -> None:
        for index, row in self.rows("acts"):
            self._date(("acts", index, "date"), row.get("date"))

    def _date(self, place: Place, text: object) -> None:
        try:
            if isinstance(text, str):
                date.fromisoformat(text)
        except ValueError:
            self._error(place, "wrong_value", f"data inesistente: {text}", f"no such date: {text}")

    def _policy(self) -> None:
        policy = self.document.get("policy")
        if not isinstance(policy, dict):
            return
        for scale in ("lights", "judgements"):
            steps = policy.get(scale)
            for index, step in enumerate(steps if isinstance(steps, list) else ()):
                if isinstance(step, dict) and ("from" in step) == ("above" in step):
                    self._error(
                        ("policy", scale, index),
                        "one_of_from_above",
                        "una soglia ha «from» oppure «above», non entrambi",
                        "a threshold has either 'from' or 'above'",
                    )
        self.errors.extend(overall_faults(policy))

    def _objectives(self) -> None:
        for index, row in self.rows("objectives"):
            self._known(
                ("objectives", index, "parent"), self.objectives, row.get("parent"), "objective"
            )
            members = row.get("members")
            for at, member in enumerate(members if isinstance(members, list) else ()):
                place = ("objectives", index, "members", at)
                self._known(place, self.objectives, member, "objective")
        self._repeated_titles("objectives", lambda row: row.get("kind"))
        self.errors.extend(date_faults(self.rows("objectives")))
        self.errors.extend(sheet_faults(self.document, self.objectives))
        self.errors.extend(dependency_faults(self.document))

    def _indicators(self) -> None:
        for index, row in self.rows("indicators"):
            place: Place = ("indicators", index)
            self._known((*place, "objective"), self.objectives, row.get("objective"), "objective")
            self._formula(place, row)
            self._derivation(place, row)
            value_type = _value_type(row)
            targets = row.get("targets")
            if value_type is not None and isinstance(targets, dict):
                for year, target in targets.items():
                    if isinstance(target, dict):
                        self._target((*place, "targets", year), value_type, target)
        self._repeated_titles("indicators", lambda row: row.get("objective"))

    def _formula(self, place: Place, row: Row) -> None:
        text, code = row.get("formula"), row.get("code")
        if not isinstance(text, str) or not text:
            return
        try:
            formula = formula_language.parse(text)
        except FormulaError as error:
            self._error(
                (*place, "formula"),
                "formula_syntax",
                f"formula non leggibile dal carattere {error.position + 1}: {text[:80]}",
                f"unreadable formula from character {error.position + 1}: {text[:80]}",
            )
            return
        if isinstance(code, str):
            self.formulas.setdefault(code, formula)
        for ref in formula.measures:
            if ref.code not in self.measures:
                self._warn(
                    (*place, "formula"),
                    "unknown_measure",
                    f"la formula usa una misura che non c'è: {ref.code}",
                    f"the formula reads a measure that is not there: {ref.code}",
                )

    def _derivation(self, place: Place, row: Row) -> None:
        derived = row.get("derived_from")
        if isinstance(derived, dict):
            at = (*place, "derived_from")
            self._known((*at, "objective"), self.objectives, derived.get("objective"), "objective")
            self._scope((*at, "scope"), derived.get("scope"))

    def _scope(self, place: Place, scope: object) -> None:
        if not isinstance(scope, str) or scope == self.document.get("chamber"):
            return
        if scope not in self.scopes:
            self._error(
                place,
                "unknown_scope",
                f"ambito sconosciuto: {scope} (è «{CHAMBER_SCOPE}» o una scheda individuale)",
                f"unknown scope: {scope} ({CHAMBER_SCOPE!r} or an individual sheet)",
            )

    def _target(self, place: Place, value_type: ValueType, target: Row) -> None:
        value = self._parsed((*place, "value"), value_type, target.get("value"))
        value2 = self._parsed((*place, "value2"), value_type, target.get("value2"))
        op = target.get("op")
        if (
            value is None
            or not isinstance(op, str)
            or op not in set(Op)
            or (target.get("value2") is not None and value2 is None)
        ):
            return
        problem = target_problem(value_type, Target(Op(op), value, value2))
        if problem is not None:
            italian, english = _TARGET_PROBLEMS[problem]
            # A target in words can be read and shown; only the result must be assessed.
            report = self._warn if problem == "text_has_no_target" else self._error
            report(place, problem, italian, english)

    def _repeated_titles(self, section: str, group: Callable[[Row], object]) -> None:
        first: dict[tuple[object, str], str] = {}
        for index, row in self.rows(section):
            title, code = row.get("title"), row.get("code")
            if not isinstance(title, str) or not isinstance(code, str):
                continue
            key = (str(group(row)), title)
            if key in first:
                self._warn(
                    (section, index, "title"),
                    "repeated_title",
                    f"titolo ripetuto (già in {first[key]}): {title[:80]}",
                    f"repeated title (already in {first[key]}): {title[:80]}",
                )
            first.setdefault(key, code)

    def _measurements(self) -> None:
        seen: set[str] = set()
        for index, row in self.rows("measurements"):
            place: Place = ("measurements", index)
            subject = self._one_of(place, row, ("measure", "indicator", "objective"))
            if subject is None:
                continue
            codes = {"measure": self.measures, "indicator": self.indicators}.get(
                subject, self.objectives
            )
            self._known((*place, subject), codes, row.get(subject), subject)
            self._content(place, row, subject)
            year = row.get("year", None if subject == "measure" else self.document.get("year"))
            key = repr((subject, row.get(subject), year, row.get("period")))
            if key in seen:
                self._error(
                    place,
                    "duplicate_measurement",
                    f"rilevazione ripetuta per {row.get(subject)}",
                    f"repeated measurement of {row.get(subject)}",
                )
            seen.add(key)

    def _content(self, place: Place, row: Row, subject: str) -> None:
        """A measurement says something, and something its subject can carry."""
        if subject == "measure" and row.get("year") is None:
            self._error(
                (*place, "year"),
                "field_required",
                "la misura va riferita a un anno",
                "a measure needs its year",
            )
        code, value = row.get(subject), row.get("value")
        if isinstance(code, str) and value is not None:
            if subject == "objective":
                self._error(
                    (*place, "value"),
                    "objective_has_no_value",
                    "un obiettivo non ha un valore: indicare «result»",
                    "an objective has no value: give 'result'",
                )
            elif subject == "measure":
                self._parsed((*place, "value"), self.measure_types.get(code, ValueType.TEXT), value)
            elif (kind := _value_type(self.indicators.get(code, {}))) is not None:
                self._parsed((*place, "value"), kind, value)
        if subject == "measure" and row.get("result") is not None:
            self._error(
                (*place, "result"),
                "measure_has_no_result",
                "una misura non ha un grado di realizzazione",
                "a measure has no degree of realisation",
            )
        empty = all(row.get(key) is None for key in ("value", "result", "value_text"))
        if empty and row.get("status", "measured") == "measured":
            self._error(
                place,
                "value_required",
                "manca il valore (o lo stato: missing, suspended, struck)",
                "the value is missing (or the status: missing, suspended, struck)",
            )

    def _one_of(self, place: Place, row: Row, keys: Sequence[str]) -> str | None:
        """The only one of ``keys`` that the row has; a fault when it has none or several."""
        present = [key for key in keys if row.get(key) is not None]
        if len(present) == 1:
            return present[0]
        names = ", ".join(keys)
        self._error(
            place,
            "one_subject",
            f"serve uno e uno solo fra: {names}",
            f"exactly one is needed of: {names}",
        )
        return None

    def _evaluations(self) -> None:
        seen: set[tuple[str, ...]] = set()
        for index, row in self.rows("evaluations"):
            place: Place = ("evaluations", index)
            self._scope((*place, "scope"), row.get("scope"))
            subject = self._one_of(place, row, ("indicator", "objective"))
            if subject is None:
                continue
            codes = self.indicators if subject == "indicator" else self.objectives
            self._known((*place, subject), codes, row.get(subject), subject)
            key = (str(row.get("scope")), subject, str(row.get(subject)))
            if key in seen:
                self._error(
                    place,
                    "duplicate_evaluation",
                    f"valutazione ripetuta per {row.get(subject)}",
                    f"repeated evaluation of {row.get(subject)}",
                )
            seen.add(key)

    def _narratives(self) -> None:
        seen: set[tuple[str, str]] = set()
        for index, row in self.rows("narratives"):
            place: Place = ("narratives", index)
            subject = self._one_of(place, row, ("objective", "section"))
            if subject is None:
                continue
            if subject == "objective":
                self._known((*place, subject), self.objectives, row.get(subject), "objective")
            key = (subject, str(row.get(subject)))
            if key in seen:
                self._error(
                    place,
                    "duplicate_narrative",
                    f"testo ripetuto per {key[1]}",
                    f"repeated text for {key[1]}",
                )
            seen.add(key)

    def _tables(self) -> None:
        self._codes("tables")
        for index, row in self.rows("tables"):
            columns, rows = row.get("columns"), row.get("rows")
            if not isinstance(columns, list) or not isinstance(rows, list):
                continue
            for at, cells in enumerate(rows):
                if isinstance(cells, list) and len(cells) != len(columns):
                    self._warn(
                        ("tables", index, "rows", at),
                        "ragged_row",
                        f"la riga ha {len(cells)} celle, le colonne sono {len(columns)}",
                        f"the row has {len(cells)} cells for {len(columns)} columns",
                    )

    def _published(self) -> None:
        published = self.document.get("published")
        if not isinstance(published, dict):
            return
        for section, codes in (("indicators", self.indicators), ("objectives", self.objectives)):
            figures = published.get(section)
            for code in figures if isinstance(figures, dict) else ():
                if code not in codes:
                    self._warn(
                        ("published", section, code),
                        "published_unknown",
                        f"risultato pubblicato di un codice che non c'è: {code}",
                        f"published result of a code that is not there: {code}",
                    )


_TARGET_PROBLEMS = {
    "text_has_no_target": (
        "un target a parole non dà un risultato: va valutato",
        "a target in words gives no result: it must be assessed",
    ),
    "boolean_needs_equal": (
        "un indicatore SI/NO ammette solo «=»",
        "an indicator of yes/no takes only '='",
    ),
    "value2_without_between": (
        "«value2» vale solo con «between»",
        "'value2' goes only with 'between'",
    ),
    "between_needs_two": ("«between» vuole «value2»", "'between' needs 'value2'"),
    "between_reversed": (
        "gli estremi di «between» sono invertiti",
        "the bounds of 'between' are reversed",
    ),
}


def _value_type(row: Row) -> ValueType | None:
    text = row.get("value_type")
    return ValueType(text) if isinstance(text, str) and text in set(ValueType) else None
