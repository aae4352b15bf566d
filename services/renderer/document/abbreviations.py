"""What the abbreviations mean that stand in a document: of each the words, where it is used."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from shared.contracts.snapshot import YearContent

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "AA.GG.": "affari generali",
        "BSC": "Balanced Scorecard, quadro degli obiettivi per prospettive",
        "CCIAA": "Camera di commercio, industria, artigianato e agricoltura",
        "CCNL": "contratto collettivo nazionale di lavoro",
        "CRM": "gestione delle relazioni con gli utenti (Customer Relationship Management)",
        "CUG": "Comitato unico di garanzia",
        "CdG": "controllo di gestione",
        "D.Lgs.": "decreto legislativo",
        "D.M.": "decreto ministeriale",
        "DFP": "Dipartimento della funzione pubblica",
        "FTE": "equivalente a tempo pieno (Full-Time Equivalent)",
        "MPMI": "micro, piccole e medie imprese",
        "OCC": "organismo di composizione delle crisi",
        "OCRI": "organismo di composizione della crisi d'impresa",
        "OIV": "Organismo indipendente di valutazione",
        "P.O.": "posizione organizzativa",
        "PEC": "posta elettronica certificata",
        "PID": "Punto impresa digitale",
        "PIRA": "Piano degli indicatori e dei risultati attesi di bilancio",
        "PMI": "piccole e medie imprese",
        "POLA": "Piano organizzativo del lavoro agile",
        "PTPCT": "Piano triennale di prevenzione della corruzione e della trasparenza",
        "RASL": "Registro nazionale per l'alternanza scuola-lavoro",
        "RI": "Registro delle imprese",
        "SMVP": "Sistema di misurazione e valutazione della performance",
        "gg": "giorni",
    }
)
"""Abbreviation -> meaning. What a chamber has coined itself is not here: its texts say it."""

ALWAYS = frozenset({"D.Lgs.", "OIV"})
"""What our own pages say, whatever the year holds."""

_WORDS = re.compile(
    r"(?<![\w.])(?:" + "|".join(re.escape(n) for n in sorted(MEANINGS, reverse=True)) + r")(?!\w)"
)


def used(content: YearContent) -> tuple[tuple[str, str], ...]:
    """The abbreviations of a year with their meanings, in alphabetical order."""
    found = ALWAYS | {name for text in _texts(content) for name in _WORDS.findall(text)}
    return tuple((name, MEANINGS[name]) for name in sorted(found, key=str.casefold))


def _texts(content: YearContent) -> Iterator[str]:
    for row in content.objectives:
        yield from (row.title, row.description or "", row.narrative or "", row.note or "")
        yield from (*row.units, *row.tags)
    for item in content.indicators:
        yield from (item.title, item.formula_text or "", item.note or "", item.unit or "")
        yield from (item.typology or "", item.source_office or "", *item.tags)
        if item.value_type == "days":
            yield "gg"
    for narrative in content.narratives:
        yield narrative.text
    for table in content.tables:
        yield from (table.title, *table.columns, *(row[0] or "" for row in table.rows))
