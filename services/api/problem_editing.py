"""Problems of writing a plan; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

EDITING = {
    "element_not_found": Problem(
        404,
        ("Elemento inesistente", "Il piano non ha un elemento di questo genere: {code}."),
        ("No such element", "The plan has no such element: {code}."),
    ),
    "edit_refused": Problem(
        422,
        (
            "La modifica contiene errori",
            (
                "Nulla è cambiato. Correggere gli errori elencati (i puntatori sono in ciò che si "
                "è inviato; quelli senza puntatore nominano un altro elemento del piano) e "
                "inviare di nuovo."
            ),
        ),
        (
            "The change contains errors",
            (
                "Nothing has changed. Correct the errors listed (pointers are into what was sent; "
                "those without one name another element of the plan) and send it again."
            ),
        ),
    ),
    "element_in_use": Problem(
        409,
        (
            "Altri elementi vi fanno riferimento",
            (
                "Nulla è cambiato. Togliere o spostare prima gli elementi elencati, che senza "
                "questo resterebbero sospesi."
            ),
        ),
        (
            "Other elements refer to it",
            (
                "Nothing has changed. First remove or move the elements listed, which would be "
                "left hanging without this one."
            ),
        ),
    ),
    "plan_exists": Problem(
        409,
        (
            "Piano già presente",
            "C'è già un piano del {year}: modificarlo, o scegliere un altro anno.",
        ),
        (
            "Plan already there",
            "There is a plan of {year} already: change it, or take another year.",
        ),
    ),
}
