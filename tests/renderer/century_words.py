"""Texts and context tables of the synthetic year (:mod:`tests.renderer.century`)."""

from typing import Any

YEAR = 2019
YEARS = tuple(str(year) for year in range(YEAR - 6, YEAR + 1))

SUBJECTS = (
    "l'internazionalizzazione delle imprese",
    "la trasformazione digitale",
    "la tutela dei consumatori",
    "l'orientamento al lavoro",
    "la qualità delle produzioni locali",
    "il turismo sostenibile",
    "la semplificazione delle pratiche",
    "la composizione delle crisi d'impresa",
    "la formazione del personale",
    "la trasparenza dell'ente",
)
VERBS = ("Sostenere", "Promuovere", "Rafforzare", "Migliorare")
OFFICES = (
    "Servizio Promozione",
    "Registro delle imprese",
    "Servizio Regolazione del mercato",
    "Ufficio Studi",
    "Provveditorato",
    "Ragioneria",
)

_SENTENCES = (
    "Nel corso dell'anno le attività sono proseguite secondo il calendario approvato con il piano.",
    "La partecipazione delle imprese è cresciuta nel secondo semestre, con incontri a distanza.",
    "Le risorse sono state impegnate per intero; una parte dei pagamenti cade nell'anno seguente.",
    "Il confronto con le associazioni di categoria ha portato a **rivedere** due delle iniziative.",
    "Gli utenti che hanno risposto al questionario danno un giudizio medio di 4,2 su 5.",
    "Le domande arrivate oltre il termine sono state accolte con le economie degli altri bandi.",
    "Restano da completare la formazione degli addetti e la pubblicazione dei risultati sul sito.",
)


def paragraphs(seed: int, count: int) -> str:
    """``count`` paragraphs of prose, never the same twice in a row."""
    return "\n\n".join(
        " ".join(_SENTENCES[(seed + 3 * row + part) % len(_SENTENCES)] for part in range(3))
        for row in range(count)
    )


def impact(seed: int) -> str:
    """The narrative of a strategic objective: prose, a list, now and then a table."""
    table = (
        "\n\n| Iniziativa | Imprese | Contributi |\n|---|---|---|\n"
        f"| Bando ordinario | {120 + seed} | 184.500,00 € |\n"
        f"| Bando straordinario | {35 + seed} | 62.300,00 € |\n"
    )
    return (
        f"{paragraphs(seed, 2)}\n\n### Impatto\n\n"
        f"- imprese assistite: {310 + 7 * seed};\n- ore di consulenza: {90 + seed};\n"
        f"- soddisfazione media: 4,{seed % 10} su 5.{table if seed % 3 == 0 else ''}\n\n"
        f"{paragraphs(seed + 2, 1)}"
    )


def narratives() -> list[dict[str, str]]:
    """Texts for the sections of the report."""
    lengths = {"0": 2, "1": 2, "2": 4, "3": 1, "3.2": 1, "3.3": 2, "3.4": 1, "4": 1, "5": 2}
    lengths |= {"2.1": 1, "qualita": 2}
    return [
        {"section": section, "text": paragraphs(place, count)}
        for place, (section, count) in enumerate(lengths.items())
    ]


def tables() -> list[dict[str, Any]]:
    """Staff over years, accounts, output, process: the shapes that real reports have."""
    return [
        _over_years("STAFF-CATEGORY", "Personale per categoria", "Categoria", _categories()),
        _over_years("STAFF-AGE", "Personale per classe di età", "Classe", _ages()),
        _over_years("STAFF-SENIORITY", "Personale per anzianità di servizio", "Anni", _seniority()),
        _over_years("STAFF-CONTRACT", "Personale per contratto", "Contratto", _contracts()),
        _over_years("STAFF-DEGREE", "Personale per titolo di studio", "Titolo", _degrees()),
        _over_years("STAFF-GENDER", "Personale per genere", "Genere", _genders(), section="3.4"),
        {
            "code": "STAFF-GENDER-AGE",
            "title": "Personale per classe di età e genere",
            "section": "3.4",
            "columns": ["Classe di età", "Donne", "Uomini", "Totale"],
            "rows": [
                ["30-39", "4", "3", "7"],
                ["40-49", "16", "9", "25"],
                ["50-59", "21", "12", "33"],
                ["60 e oltre", "5", "4", "9"],
                ["Totale", "46", "28", "74"],
            ],
        },
        {
            "code": "BUDGET",
            "title": f"Conto economico {YEAR} (EUR)",
            "section": "2",
            "columns": ["Voce", "Preventivo", "Consuntivo", "Differenza"],
            "rows": [
                ["Diritto annuale", "6120000", "6187432.15", "67432.15"],
                ["Diritti di segreteria", "2410000", "2298411.80", "-111588.20"],
                ["Contributi e trasferimenti", "840000", None, None],
                ["Personale", "-3350000", "-3288120.44", "61879.56"],
                ["Interventi economici", "-2900000", "-2874100.00", "25900.00"],
                ["Risultato economico", "-120000", "31250.77", "151250.77"],
            ],
        },
        {
            "code": "INDICES",
            "title": "Indici di bilancio",
            "section": "2",
            "columns": ["Indice", *YEARS[-3:]],
            "rows": [
                ["Indice di struttura (%)", "112.4", "115.0", "118.3"],
                ["Liquidità immediata (%)", "203.11", "198.74", "221.09"],
                ["Incidenza dei costi strutturali (%)", "61.2", "59.8", "58.9"],
                ["Interventi economici per impresa attiva (EUR)", "41.30", "44.02", "46.77"],
            ],
        },
        {
            "code": "VALUE-ADDED",
            "title": "Valore aggiunto e sua distribuzione (EUR)",
            "section": "2",
            "columns": ["Voce", *YEARS[-3:]],
            "rows": [
                ["Valore aggiunto globale", "5210400", "5388120", "5502310"],
                ["Al personale", "3310200", "3301840", "3288120"],
                ["Al sistema economico locale", "1490300", "1672100", "1801500"],
                ["All'ente", "409900", "414180", "412690"],
            ],
        },
        {
            "code": "OUTPUT",
            "title": "Portafoglio dei servizi erogati",
            "section": "2",
            "columns": ["Servizio", *YEARS[-3:]],
            "rows": [
                [f"Servizio {place:02}: {subject}", str(900 + 37 * place), str(940 + 31 * place),
                 None if place % 7 == 3 else str(990 + 29 * place)]
                for place, subject in enumerate(SUBJECTS * 3, start=1)
            ],
        },
        {
            "code": "BUDGET-USE",
            "title": "Utilizzo del budget per centro di costo (EUR)",
            "section": "2",
            "columns": [
                "Centro di costo", "Previsione iniziale", "Variazioni", "Previsione assestata",
                "Impegnato", "Liquidato", "Pagato", "Economie", "Residui", "Disponibile",
                "Utilizzo %",
            ],
            "rows": [
                [f"{office} {place}", "184000.00", "-12500.00", "171500.00", "160230.55",
                 "151000.10", "149870.00", "8100.00", "1130.10", "3169.45", "93.4"]
                for place in range(1, 4)
                for office in OFFICES
            ],
        },
        {
            "code": "CALENDAR",
            "title": "Fasi del ciclo, responsabili e date",
            "section": "5",
            "columns": ["Fase", "Chi", "Quando"],
            "rows": [
                ["Linee strategiche", "Consiglio camerale", f"30/10/{YEAR - 1}"],
                ["Approvazione del piano", "Giunta camerale", f"31/01/{YEAR}"],
                ["Monitoraggio infrannuale", "Controllo di gestione", f"31/08/{YEAR}"],
                ["Valutazione dei dirigenti", "Segretario generale", f"30/04/{YEAR + 1}"],
                ["Validazione della Relazione", "OIV", f"30/06/{YEAR + 1}"],
            ],
        },
    ]  # fmt: skip


def _over_years(
    code: str, title: str, first: str, rows: dict[str, int], *, section: str = "2"
) -> dict[str, Any]:
    counted = [
        [name, *(str(max(start - step * place // 3, 0)) for step in range(len(YEARS)))]
        for place, (name, start) in enumerate(rows.items())
    ]
    totals = [str(sum(int(row[column]) for row in counted)) for column in range(1, len(YEARS) + 1)]
    return {
        "code": code,
        "title": title,
        "section": section,
        "columns": [first, *YEARS],
        "rows": [*counted, ["Totale", *totals]],
    }


def _categories() -> dict[str, int]:
    return {"Dirigenti": 4, "D": 28, "C": 46, "B": 9, "A": 1}


def _ages() -> dict[str, int]:
    return {"fino a 29": 1, "30-39": 12, "40-49": 31, "50-59": 35, "60 e oltre": 9}


def _seniority() -> dict[str, int]:
    return {"0-5": 6, "6-10": 11, "11-15": 14, "16-20": 20, "21-25": 17, "26-30": 11, "oltre 30": 9}


def _contracts() -> dict[str, int]:
    return {"Tempo pieno": 71, "Tempo parziale": 15, "Tempo determinato": 2}


def _degrees() -> dict[str, int]:
    return {"Scuola dell'obbligo": 9, "Diploma": 43, "Laurea": 36}


def _genders() -> dict[str, int]:
    return {"Donne": 57, "Uomini": 31}
