"""Problems of validation and of periods; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

COLLECTION = {
    "move_not_allowed": Problem(
        409,
        (
            "Passo non ammesso",
            (
                "Nello stato in cui è la rilevazione questo passo non si può fare: vedere "
                "allowed_actions."
            ),
        ),
        (
            "Move not allowed",
            "The measurement is in a state in which it cannot make this move: see allowed_actions.",
        ),
    ),
    "value_withdrawn": Problem(
        409,
        (
            "Valore ritirato",
            "Il sistema che ha inviato il valore lo ha ritirato: attenderne o immetterne un altro.",
        ),
        (
            "Value withdrawn",
            "The system that sent the value has withdrawn it: wait for another or enter one.",
        ),
    ),
    "own_entry": Problem(
        403,
        (
            "Valore immesso da chi valida",
            (
                "Le regole della camera non consentono di validare ciò che si è immesso: lo validi "
                "un altro."
            ),
        ),
        (
            "Value entered by who validates",
            "The rules of the chamber let nobody validate what they entered: somebody else has to.",
        ),
    ),
    "transitions_refused": Problem(
        409,
        (
            "Non tutte le rilevazioni possono fare il passo",
            "Nessuna è stata spostata. Togliere o correggere quelle elencate e ripetere.",
        ),
        (
            "Not every measurement can make the move",
            "None was moved. Take out or correct those listed and try again.",
        ),
    ),
    "period_closed": Problem(
        409,
        (
            "Periodo chiuso",
            "I dati del periodo sono fermi: riaprire il periodo, con il motivo, e ripetere.",
        ),
        (
            "Period closed",
            "The data of the period are held: reopen the period, with a reason, and try again.",
        ),
    ),
    "period_not_found": Problem(
        404,
        (
            "Periodo non previsto",
            "La camera non raccoglie dati del periodo {period}: vedere l'elenco dei periodi.",
        ),
        (
            "No such period",
            "The chamber collects no data of period {period}: see the list of periods.",
        ),
    ),
    "period_not_over": Problem(
        409,
        (
            "Periodo non ancora finito",
            "Il periodo finisce il {last}: si può chiudere dal giorno dopo.",
        ),
        (
            "Period not over yet",
            "The period ends on {last}: it can be closed from the next day on.",
        ),
    ),
    "period_already_closed": Problem(
        409,
        ("Periodo già chiuso", "Il periodo {period} è già chiuso."),
        ("Period already closed", "Period {period} is already closed."),
    ),
    "period_not_closed": Problem(
        409,
        ("Periodo aperto", "Il periodo {period} non è chiuso: non c'è nulla da riaprire."),
        ("Period open", "Period {period} is not closed: there is nothing to reopen."),
    ),
    "year_closed": Problem(
        409,
        (
            "Anno chiuso",
            "L'anno intero è chiuso: riaprire prima l'anno (periodo Y), con il motivo.",
        ),
        ("Year closed", "The whole year is closed: reopen the year (period Y) first."),
    ),
    "period_incomplete": Problem(
        409,
        (
            "Mancano dati",
            (
                "Il periodo non è stato chiuso. I dati elencati mancano o non sono validati: "
                "completarli, o chiudere con un'eccezione motivata per ciascuno."
            ),
        ),
        (
            "Data are lacking",
            (
                "The period was not closed. The data listed are missing or not validated: complete "
                "them, or close with an exception and its reason for each."
            ),
        ),
    ),
}
