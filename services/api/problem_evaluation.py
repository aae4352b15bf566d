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
    "report_reason_required": Problem(
        422,
        (
            "Manca il motivo della nuova versione",
            "La versione {version} è già approvata: indicare in reason perché ne serve un'altra.",
        ),
        (
            "The reason for another version is missing",
            "Version {version} has been approved: say in reason why there must be another.",
        ),
    ),
    "report_kind_not_approved": Problem(
        409,
        (
            "Il documento non si approva",
            (
                "Si approvano con un atto la Relazione e quella dell'ente; il Piano è adottato "
                "con l'atto del piano. Questo documento è completo com'è."
            ),
        ),
        (
            "The document is not one to approve",
            (
                "The Relazione and that of the entity are approved by an act; the Piano is "
                "adopted by the act of its plan. This document is complete as it is."
            ),
        ),
    ),
    "report_kind_not_validated": Problem(
        409,
        (
            "Il documento non si valida",
            (
                "L'OIV valida la Relazione della camera, e quella dell'ente quando l'ente ha "
                "nell'anno un piano proprio: gli altri documenti non attendono la sua decisione."
            ),
        ),
        (
            "The document is not one to validate",
            (
                "The OIV validates the Relazione of a chamber, and that of the entity in a year in "
                "which the entity has a plan of its own: no other document waits for its decision."
            ),
        ),
    ),
    "report_not_approved": Problem(
        409,
        (
            "Documento non ancora approvato",
            (
                "Si valida, firma e pubblica ciò che l'organo ha approvato: registrare prima "
                "l'atto (approval)."
            ),
        ),
        (
            "Report not approved yet",
            (
                "What the body has approved is validated, signed, published: record the act first "
                "(approval)."
            ),
        ),
    ),
    "report_already_approved": Problem(
        409,
        (
            "Documento già approvato",
            "La versione {version} è già approvata: `allowed_actions` dice che cosa viene ora.",
        ),
        (
            "Report already approved",
            "Version {version} has been approved: `allowed_actions` says what comes now.",
        ),
    ),
    "report_already_validated": Problem(
        409,
        (
            "Documento già validato",
            "La versione {version} è validata e non cambia: per correggerla richiederne un'altra.",
        ),
        (
            "Report already validated",
            "Version {version} is validated and does not change: request another to correct it.",
        ),
    ),
    "report_refused": Problem(
        409,
        (
            "Documento non validato dall'OIV",
            "L'OIV non ha validato la versione {version}: richiederne un'altra, con il motivo.",
        ),
        (
            "Report not validated by the OIV",
            "The OIV did not validate version {version}: request another, with the reason.",
        ),
    ),
    "report_not_validated": Problem(
        409,
        (
            "Documento non ancora validato",
            (
                "Si firma e si pubblica ciò che l'OIV ha validato: registrare prima la validazione "
                "(validation)."
            ),
        ),
        (
            "Document not validated yet",
            "What the OIV has validated is signed and published: record its validation first.",
        ),
    ),
    "report_already_published": Problem(
        409,
        (
            "Documento già pubblicato",
            "La versione {version} è pubblicata: per cambiarla se ne chiede un'altra, e perché.",
        ),
        (
            "Document published already",
            "Version {version} is published: to change it request another, with the reason.",
        ),
    ),
    "report_superseded": Problem(
        409,
        (
            "È approvata una versione successiva",
            "La versione {version}, più recente, è già approvata: questa non si approva più.",
        ),
        (
            "A later version is approved",
            "Version {version}, which is later, has been approved: this one cannot be any more.",
        ),
    ),
    "report_approval_refused": Problem(
        422,
        (
            "La Relazione non può essere approvata",
            (
                "Sistemare tutto ciò che è elencato (i puntatori sono nella fotografia allegata al "
                "PDF), richiedere una nuova versione e approvare quella."
            ),
        ),
        (
            "The report cannot be approved",
            (
                "Settle everything that is listed (pointers are into the snapshot attached to the "
                "PDF), request a new version and approve that one."
            ),
        ),
    ),
    "report_decision_refused": Problem(
        422,
        (
            "La decisione dell'OIV contiene errori",
            "Nulla è stato registrato: correggere gli errori elencati e inviare di nuovo.",
        ),
        (
            "The decision of the OIV contains errors",
            "Nothing was recorded: correct the errors listed and send it again.",
        ),
    ),
    "evidence_refused": Problem(
        422,
        (
            "Il file non può essere una prova",
            "Nulla è stato conservato: inviare il file con il tipo che ha davvero.",
        ),
        (
            "The file cannot be evidence",
            "Nothing was kept: send the file with the type it really has.",
        ),
    ),
    "evidence_too_large": Problem(
        413,
        (
            "Il file è troppo grande",
            "Una prova può avere al massimo {limit} byte: ridurla o dividerla.",
        ),
        (
            "The file is too large",
            "Evidence may have {limit} bytes at most: reduce it or divide it.",
        ),
    ),
    "evidence_too_many": Problem(
        409,
        (
            "Troppi file",
            "La rilevazione ha già {most} prove: raccogliere ciò che resta in un solo file.",
        ),
        (
            "Too many files",
            "The measurement has {most} files already: collect the rest into a single one.",
        ),
    ),
}
