"""Problems of what is published; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

PUBLICATION = {
    "report_plan_not_approved": Problem(
        409,
        (
            "Piano non approvato",
            (
                "Il documento è di una versione del piano che nessun atto ha approvato: "
                "approvarla e richiedere il Piano di nuovo."
            ),
        ),
        (
            "Plan not approved",
            (
                "The document is of a version of the plan that no act has approved: approve it and "
                "request the Piano again."
            ),
        ),
    ),
    "report_kind_not_public": Problem(
        409,
        (
            "Documento che non si pubblica",
            (
                "Documenti di questo tipo restano interni (report di monitoraggio, schede "
                "individuali): si pubblicano Piano, Relazione, validazione dell'OIV e relazione "
                "dell'ente."
            ),
        ),
        (
            "Not a public kind of document",
            (
                "Documents of this kind stay internal (monitoring reports, individual sheets): "
                "the Piano, the Relazione, the OIV's validation and the report of the entity are "
                "published."
            ),
        ),
    ),
    "chamber_or_entity": Problem(
        422,
        (
            "Indicare una camera o un ente",
            "Serve il parametro `chamber` oppure il parametro `entity`, non entrambi.",
        ),
        (
            "Name a chamber or an entity",
            "Either the parameter `chamber` or the parameter `entity` is needed, not both.",
        ),
    ),
    "publisher_unknown": Problem(
        404,
        (
            "Camera o ente inesistente",
            (
                "Qui non c'è una camera, né un ente, con questo codice: chi pubblica è elencato in "
                "/amministrazione-trasparente."
            ),
        ),
        (
            "No such chamber or entity",
            (
                "There is no chamber and no entity with this code here: those that publish are "
                "listed at /amministrazione-trasparente."
            ),
        ),
    ),
    "web_page_missing": Problem(
        404,
        (
            "Nessuna versione HTML",
            (
                "Il documento è stato composto prima che esistesse la versione HTML: resta il PDF; "
                "una nuova versione del documento le avrà entrambe."
            ),
        ),
        (
            "No HTML version",
            (
                "The document was made before there was an HTML version: its PDF remains; a new "
                "version of the document will have both."
            ),
        ),
    ),
}
