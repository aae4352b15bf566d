"""The Italian words of the document for the codes of the snapshot."""

from shared.contracts.snapshot_history import StepView

KINDS = {
    "perspective": "Prospettiva",
    "strategic_area": "Area strategica",
    "area": "Area organizzativa",
    "area_objective": "Obiettivo di area",
    "unit": "Unità organizzativa",
    "priority": "Priorità",
    "strategic_objective": "Obiettivo strategico",
    "entity_objective": "Obiettivo di ente",
    "operational_objective": "Obiettivo operativo",
    "action": "Azione",
    "individual": "Scheda individuale",
    "individual_objective": "Obiettivo individuale",
}

LIGHTS = {"green": "Verde", "yellow": "Giallo", "red": "Rosso"}

REASONS = {
    "monitoring": "solo monitoraggio",
    "monitoring_only": "solo monitoraggio",
    "suspended": "sospeso",
    "struck": "stralciato",
    "missing": "dato non disponibile",
    "neutralised": "sterilizzato dall'OIV",
    "nothing_counts": "nessuna voce valutabile",
    "no_weight": "senza peso",
    "no_target": "senza target",
    "division_by_zero": "non calcolabile (divisione per zero)",
    "missing_measure": "misura mancante",
    "not_a_number": "valore non numerico",
    "planned": "non ancora rilevato",
    "no_plan": "nessun piano nell'anno",
    "not_adopted": "non è nel piano",
    "value_without_measures": "comunicato senza le sue misure",
    "other_aggregation": "il piano somma i periodi in altro modo",
    "ambiguous_measure": "più misure con lo stesso nome",
    "unknown_measure": "il piano non ha la misura",
    "mixed_periods": "periodi di tipo diverso",
    "type_mismatch": "tipo di valore diverso",
    "different_dates": "consistenze a date diverse",
    "rate_without_weight": "media senza una misura che faccia da peso",
    "not_additive": "non è una quantità: le camere si leggono una accanto all'altra",
    "negative_weight": "peso negativo",
    "zero_weight": "pesi nulli",
    "no_chamber": "nessuna camera ha tutte le misure",
    "assessed": "grado di realizzazione attribuito, senza misure",
}

CHECKS = {
    "objectives_reported": "Obiettivi con un risultato, o con un testo che ne dice il perché",
    "indicators_measured": "Indicatori attesi che hanno un valore o un risultato",
    "data_validated": "Misure elementari usate che un responsabile ha validato",
    "deviations_explained": "Scostamenti sotto la soglia con una causa registrata",
    "neutralisations_motivated": "Voci sterilizzate con la motivazione",
    "amendments_motivated": "Variazioni del piano con la motivazione",
    "overall_judgement_final": "Giudizio complessivo dell'OIV definitivo, dato su questo risultato",
}

JOININGS = {
    "sum": "somma delle camere",
    "sum_at_date": "somma alla stessa data",
    "weighted_mean": "media pesata",
    "none": "non si consolida",
}

STATUSES = {
    "measured": "rilevato",
    "missing": "non disponibile",
    "suspended": "sospeso",
    "struck": "stralciato",
    "monitoring": "solo monitoraggio",
    "assessed": "valutato",
}

CAUSES = {
    "exogenous": "esogena",
    "endogenous": "endogena",
    "indicator_error": "errore nell'indicatore",
}

EFFECTS = {"exclude": "escluso dal calcolo (sterilizzato)"}

MISSING_POLICIES = {
    "exclude": "i dati non disponibili non entrano nella media e i pesi residui "
    "sono riproporzionati",
    "zero": "i dati non disponibili valgono zero",
}

TOLERANCE_LEVELS = {"objective": "ogni obiettivo", "indicator": "ogni indicatore"}

SECTIONS = {
    "policy": "Sistema di valutazione",
    "objectives": "Obiettivi",
    "measures": "Misure",
    "indicators": "Indicatori",
}

CHANGES = {"added": "aggiunto", "removed": "tolto", "changed": "modificato"}

FIELDS = {
    "aggregate": "modo di aggregare",
    "aggregation": "modo di sommare i periodi",
    "baseline": "valore di partenza",
    "decimals": "cifre decimali",
    "ends": "fine",
    "derived_from": "risultato da cui deriva",
    "description": "descrizione",
    "direction": "verso",
    "formula": "formula",
    "formula_text": "formula in parole",
    "kind": "livello",
    "members": "obiettivi compresi",
    "monitoring_only": "solo monitoraggio",
    "note": "nota",
    "objective": "obiettivo",
    "parent": "obiettivo superiore",
    "programme": "programma",
    "resources": "risorse",
    "responsible": "responsabile",
    "source_class": "tipo di fonte",
    "source_office": "ufficio fonte",
    "starts": "inizio",
    "tags": "collegamenti",
    "title": "titolo",
    "typology": "tipologia",
    "unit": "unità di misura",
    "units": "servizi coinvolti",
    "value_type": "tipo di valore",
    "weight": "peso",
}

DOCUMENTS = {
    "piano": "Piano della performance",
    "relazione": "Relazione sulla performance",
    "monitoraggio": "Relazione di monitoraggio",
    "smvp": "Sistema di misurazione e valutazione della performance",
    "validazione": "Validazione dell'OIV",
}

TAGS = {
    "PIRA": "Piano degli indicatori e dei risultati attesi di bilancio",
    "PTPCT": "Piano triennale di prevenzione della corruzione e della trasparenza",
    "POLA": "Piano organizzativo del lavoro agile",
}

SOURCES = {
    "external": "esterna",
    "certified": "certificata",
    "internal": "registrazione interna",
    "self_declared": "autodichiarata (sconsigliata dalle linee guida)",
}

PERIODS = {
    "Q1": "1° quadrimestre",
    "Q2": "2° quadrimestre",
    "Q3": "3° quadrimestre",
    "S1": "1° semestre",
    "S2": "2° semestre",
    "T1": "1° trimestre",
    "T2": "2° trimestre",
    "T3": "3° trimestre",
    "T4": "4° trimestre",
}

LACKS = {
    "missing": "non rilevato",
    "recorded": "da trasmettere",
    "submitted": "da validare",
    "rejected": "respinto",
    "reopened": "riaperto",
}

ROLES = {
    "validator": "dirigente responsabile",
    "controller": "controllo di gestione",
    "contributor": "ufficio",
    "chamber_administrator": "amministratore della camera",
    "entity_administrator": "amministratore dell'ente",
    "integration": "sistema di misura",
}


def check(code: str) -> str:
    """What was looked at before a decision."""
    return CHECKS.get(code, code.replace("_", " "))


def joining(code: str) -> str:
    """How values of several chambers make one."""
    return JOININGS.get(code, code)


STEPS = {
    "plan_approved": "Approvazione del piano",
    "plan_amended": "Variazione del piano",
    "period_collected": "Rilevazione e validazione dei dati",
    "report_approved": "Approvazione della Relazione",
    "report_validated": "Validazione della Relazione",
}

STEP_OWNERS = {
    "plan_approved": "Organo di indirizzo",
    "plan_amended": "Organo di indirizzo",
    "period_collected": "Uffici, dirigenti e controllo di gestione",
    "report_approved": "Organo di indirizzo",
    "report_validated": "OIV",
}


def step(found: StepView, year: int) -> str:
    """A step of the cycle: ``Rilevazione e validazione dei dati, 1° quadrimestre 2020``."""
    name = STEPS.get(found.step, found.step.replace("_", " "))
    if found.period is not None:
        return f"{name}, {period(year, None if found.period == 'Y' else found.period)}"
    return name if found.version is None else f"{name}: versione {found.version}"


def step_owner(code: str) -> str:
    """Who takes a step, where no act says so."""
    return STEP_OWNERS.get(code, "non indicato")


def role(code: str | None) -> str:
    """In which role somebody acted; persons are never named."""
    return "non indicato" if code is None else ROLES.get(code, code.replace("_", " "))


def kind(code: str) -> str:
    """``strategic_objective`` -> ``Obiettivo strategico``."""
    return KINDS.get(code, code.replace("_", " ").capitalize())


def light(code: str | None) -> str:
    """``green`` -> ``Verde``; a label of the chamber's own is kept as it is."""
    return "" if code is None else LIGHTS.get(code, code)


def reason(code: str | None) -> str:
    """Why there is no figure, in words."""
    return "senza risultato" if code is None else REASONS.get(code, code.replace("_", " "))


def status(code: str) -> str:
    """How a value was obtained, in words."""
    return STATUSES.get(code, code)


def cause(code: str | None) -> str:
    """Cause of a deviation, in words."""
    return "non indicata" if code is None else CAUSES.get(code, code)


def section(code: str) -> str:
    """A part of a plan that an amendment changes."""
    return SECTIONS.get(code, code)


def change(code: str) -> str:
    """What became of a row of the plan."""
    return CHANGES.get(code, code)


def field(code: str | None) -> str:
    """A field of a row; its name as it is where people have no word for it."""
    return "" if code is None else FIELDS.get(code, code.replace("_", " ").replace("/", " "))


def lack(code: str) -> str:
    """Why a datum that is due does not count yet."""
    return LACKS.get(code, code)


def effect(code: str) -> str:
    """What a decision of the OIV does to a row."""
    return EFFECTS.get(code, code)


def document(code: str) -> str:
    """Name of an approved document."""
    return DOCUMENTS.get(code, code[:1].upper() + code[1:])


def source(code: str) -> str:
    """Where the data of an indicator come from; a word of the chamber's own is kept."""
    return SOURCES.get(code, code)


def tag(code: str) -> str:
    """The document another plan's mark stands for."""
    return TAGS.get(code, code)


def period(year: int, code: str | None) -> str:
    """``2020`` or ``1° quadrimestre 2020``."""
    if code is None:
        return str(year)
    if code.startswith("M") and code[1:].isdigit():
        return f"{code[1:]}/{year}"
    return f"{PERIODS.get(code, code)} {year}"
