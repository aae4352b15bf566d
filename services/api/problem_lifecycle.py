"""Problems in the life of a plan; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

LIFECYCLE = {
    "plan_not_approved": Problem(
        409,
        (
            "Piano non ancora approvato",
            (
                "Il piano è una bozza: si cambia direttamente. Approvarlo prima di variarlo o di "
                "chiuderlo."
            ),
        ),
        (
            "Plan not approved yet",
            ("The plan is a draft: change it directly. Approve it before amending or closing it."),
        ),
    ),
    "plan_already_approved": Problem(
        409,
        (
            "Piano già approvato",
            (
                "La versione in vigore è già approvata: per cambiarla aprire una variazione "
                "(amendments), poi approvarla."
            ),
        ),
        (
            "Plan already approved",
            (
                "The version in force is approved already: to change it open an amendment, then "
                "approve that."
            ),
        ),
    ),
    "amendment_open": Problem(
        409,
        (
            "Variazione già aperta",
            "Una variazione del piano è in corso: approvarla o ritirarla prima.",
        ),
        (
            "Amendment already open",
            "An amendment of the plan is under way: approve or withdraw it first.",
        ),
    ),
    "no_open_amendment": Problem(
        409,
        ("Nessuna variazione aperta", "Non c'è una variazione in corso da ritirare."),
        ("No open amendment", "There is no amendment under way to withdraw."),
    ),
    "amendment_without_changes": Problem(
        409,
        (
            "La variazione non cambia nulla",
            (
                "Il contenuto è quello della versione {version}: scrivere prima le modifiche, o "
                "ritirare la variazione."
            ),
        ),
        (
            "The amendment changes nothing",
            (
                "The content is that of version {version}: write the changes first, or withdraw "
                "the amendment."
            ),
        ),
    ),
    "approval_refused": Problem(
        422,
        (
            "Il piano non può essere approvato",
            (
                "Correggere tutti gli errori elencati (i puntatori sono nel piano esportato), poi "
                "approvare di nuovo."
            ),
        ),
        (
            "The plan cannot be approved",
            (
                "Correct all the errors listed (pointers are into the plan as exported), then "
                "approve again."
            ),
        ),
    ),
    "plan_content_fixed": Problem(
        409,
        (
            "Il piano è approvato",
            (
                "Nulla è cambiato: quanto inviato modifica il piano approvato nei punti elencati. "
                "Aprire una variazione motivata (amendments) e ripetere, oppure inviare senza "
                "quelle modifiche: rilevazioni, valutazioni, testi e spese sono ammessi."
            ),
        ),
        (
            "The plan is approved",
            (
                "Nothing has changed: what was sent changes the approved plan in the places "
                "listed. Open an amendment with its motivation and try again, or send it without "
                "those changes: measurements, evaluations, texts and expenses are fine."
            ),
        ),
    ),
    "plan_closed": Problem(
        409,
        (
            "Piano chiuso",
            (
                "Il piano è chiuso: non accetta né variazioni né rilevazioni. Se occorre decidere "
                "su dati tardivi, riaprirlo (reopening) con il motivo."
            ),
        ),
        (
            "Plan closed",
            (
                "The plan is closed: it takes neither amendments nor measurements. To decide on "
                "late data, reopen it, giving the reason."
            ),
        ),
    ),
    "plan_not_closed": Problem(
        409,
        ("Piano non chiuso", "Il piano non è chiuso: non c'è nulla da riaprire."),
        ("Plan not closed", "The plan is not closed: there is nothing to reopen."),
    ),
    "version_not_found": Problem(
        404,
        ("Versione inesistente", "Il piano non ha una versione {version}."),
        ("No such version", "The plan has no version {version}."),
    ),
}
