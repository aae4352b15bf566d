"""Problems of the evaluation of the year; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

EVALUATION = {
    "statement_not_found": Problem(
        404,
        (
            "Non è stato ancora scritto nulla",
            "Qui nulla è stato scritto, o è stato ritirato: si scrive con PUT, senza If-Match.",
        ),
        (
            "Nothing written yet",
            "Nothing was written here, or it was taken back: write it with PUT, without If-Match.",
        ),
    ),
    "statement_refused": Problem(
        422,
        (
            "Il testo della valutazione contiene errori",
            "Nulla è stato scritto. Correggere gli errori elencati e inviare di nuovo.",
        ),
        (
            "The text of the evaluation contains errors",
            "Nothing was written. Correct the errors listed and send it again.",
        ),
    ),
    "judgement_refused": Problem(
        422,
        (
            "Il giudizio complessivo contiene errori",
            (
                "Nulla è stato scritto. Il giudizio è quello proposto dal SMVP, o un altro dei "
                "suoi con la motivazione: correggere gli errori elencati."
            ),
        ),
        (
            "The overall judgement contains errors",
            (
                "Nothing was written. The judgement is the one the policy proposes, or another of "
                "its labels with the motivation: correct the errors listed."
            ),
        ),
    ),
}
