"""Why a statement cannot be recorded, in words."""

from shared.contracts.issues import Issue


def fault(code: str, pointer: str, /, **parts: object) -> Issue:
    """One fault of a statement, in words."""
    italian, english = _TEXTS[code]
    return Issue(pointer=pointer, code=code, it=italian.format(**parts), en=english.format(**parts))


_TEXTS = {
    "one_subject": (
        "serve uno e uno solo fra: measure, indicator, objective",
        "exactly one is needed of: measure, indicator, objective",
    ),
    "objective_has_no_value": (
        "un obiettivo non ha un valore: indicare «result»",
        "an objective has no value: give 'result'",
    ),
    "measure_has_no_result": (
        "una misura non ha un grado di realizzazione",
        "a measure has no degree of realisation",
    ),
    "value_required": (
        "manca il valore (o lo stato: missing, suspended, struck)",
        "the value is missing (or the status: missing, suspended, struck)",
    ),
    "version_required": (
        "una correzione porta la versione della fonte: source_version",
        "a correction carries the version of the source: source_version",
    ),
    "withdrawn_has_no_value": (
        "un dato ritirato non ha un valore",
        "a datum that is withdrawn has no value",
    ),
    "unknown_measure": (
        "misura sconosciuta nel piano {year}: {code}",
        "unknown measure in the plan of {year}: {code}",
    ),
    "unknown_indicator": (
        "indicatore sconosciuto nel piano {year}: {code}",
        "unknown indicator in the plan of {year}: {code}",
    ),
    "unknown_objective": (
        "obiettivo sconosciuto nel piano {year}: {code}",
        "unknown objective in the plan of {year}: {code}",
    ),
    "ambiguous_measure": (
        "nel piano {year} più misure hanno l'identificativo esterno {code}",
        "several measures of the plan of {year} have the external identifier {code}",
    ),
    "measure_not_read": (
        "nessuna formula legge la misura {code} per l'anno {year}",
        "no formula reads measure {code} for the year {year}",
    ),
    "ambiguous_unit": (
        "il codice corrisponde a più righe della mappatura: indicare l'unità ({units})",
        "the code has several rows in the mapping: say the unit ({units})",
    ),
    "wrong_unit": (
        "unità «{unit}»: si attende {expected}",
        "unit {unit!r}: expected {expected}",
    ),
    "no_plan": ("nessun piano usa dati del {year}", "no plan uses data of {year}"),
    "wrong_value": (
        "«{value}» non è un valore di tipo {type}",
        "{value!r} is not a value of type {type}",
    ),
    "out_of_range": (
        "«{value}» è fuori dai limiti: al più 15 cifre intere e 12 decimali",
        "{value!r} is out of range: at most 15 digits before the dot and 12 after",
    ),
}
