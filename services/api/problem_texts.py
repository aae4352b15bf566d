"""Problems of writing texts together; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

TEXTS = {
    "draft_not_found": Problem(
        404,
        (
            "Nessuna bozza",
            "Lei non ha una bozza di questo testo ({code}): si inizia con PUT, senza If-Match.",
        ),
        (
            "No draft",
            "You have no draft of this text ({code}): begin it with PUT, without If-Match.",
        ),
    ),
    "draft_conflict": Problem(
        409,
        (
            "Il testo è cambiato mentre lo si scriveva",
            (
                "La versione {version} è stata pubblicata da {by}. La bozza resta: mettere insieme "
                "i testi che sono in conflict, salvarla con base_version {version} e inviarla."
            ),
        ),
        (
            "The text has changed while it was being written",
            (
                "Version {version} was published by {by}. The draft stays: put together the texts "
                "given in conflict, save it with base_version {version} and submit it."
            ),
        ),
    ),
    "thread_not_found": Problem(
        404,
        ("Discussione inesistente", "Il piano non ha questa discussione."),
        ("No such thread", "The plan has no such thread."),
    ),
    "thread_resolved": Problem(
        409,
        (
            "La discussione è chiusa",
            "È già stata risolta: riaprirla, dicendo perché, o aprirne un'altra.",
        ),
        (
            "The thread is closed",
            "It has been resolved: open it again, saying why, or open another.",
        ),
    ),
    "thread_open": Problem(
        409,
        ("La discussione è aperta", "Non c'è nulla da riaprire: rispondere, o risolverla."),
        ("The thread is open", "There is nothing to open again: answer it, or resolve it."),
    ),
    "thread_of_others": Problem(
        403,
        (
            "La discussione è di altri",
            (
                "La risolve chi l'ha aperta; quelle degli uffici anche chi gestisce il ciclo, "
                "quelle dell'OIV l'OIV soltanto. Rispondere per chiederlo."
            ),
        ),
        (
            "The thread is others'",
            (
                "Who opened it resolves it; those of offices also whoever runs the cycle, those "
                "of the OIV the OIV alone. Answer it to ask for that."
            ),
        ),
    ),
    "thread_full": Problem(
        409,
        (
            "La discussione è troppo lunga",
            "Ha già {most} righe: risolverla e aprirne un'altra con ciò che resta.",
        ),
        (
            "The thread is too long",
            "It has {most} lines already: resolve it and open another with what is left.",
        ),
    ),
    "preview_not_found": Problem(
        404,
        (
            "Nessuna anteprima",
            "Un'anteprima la vede chi l'ha chiesta, per dieci minuti: chiederla di nuovo.",
        ),
        (
            "No preview",
            "A preview is seen by who asked for it, for ten minutes: ask for it again.",
        ),
    ),
    "preview_not_ready": Problem(
        409,
        (
            "L'anteprima non è pronta",
            "Chiederne lo stato con wait: dice quando è pronta, o perché non si può comporre.",
        ),
        (
            "The preview is not ready",
            "Ask for its state with wait: it says when it is ready, or why it cannot be made.",
        ),
    ),
    "assignment_not_found": Problem(
        404,
        (
            "Nessuno deve questo testo",
            "Il testo {code} non è affidato ad alcun ufficio: si affida con PUT, senza If-Match.",
        ),
        (
            "Nobody owes this text",
            "The text {code} is not assigned to any office: assign it with PUT, without If-Match.",
        ),
    ),
}
