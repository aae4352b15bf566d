"""Problems of catalogues and of the views of an entity; a part of ``problem_table``."""

from services.api.problem_kind import Problem

ENTITY = {
    "entity_unknown": Problem(
        404,
        ("Ente inesistente", "Non c'è un ente con questo codice in cui lei abbia un ruolo."),
        ("No such entity", "There is no entity of this code in which you have a role."),
    ),
    "grant_refused": Problem(
        422,
        (
            "L'autorizzazione non può essere data",
            "Correggere gli errori elencati: camere dell'ente, una scadenza che deve venire.",
        ),
        (
            "The grant cannot be given",
            "Correct the errors listed: chambers of the entity, a last day to come.",
        ),
    ),
    "merger_refused": Problem(
        422,
        (
            "L'accorpamento non può essere fatto",
            "Nulla è stato registrato. Correggere tutti gli errori elencati nella corrispondenza.",
        ),
        (
            "The merger cannot be carried out",
            "Nothing was recorded. Correct all the errors listed in the mapping.",
        ),
    ),
    "entity_without_chamber": Problem(
        409,
        (
            "L'ente non ha una camera propria",
            "Il piano dell'ente sta nella camera con il suo codice: creare la camera {entity}.",
        ),
        (
            "The entity has no chamber of its own",
            "The entity's plan stands in the chamber of its code: create the chamber {entity}.",
        ),
    ),
    "reading_not_granted": Problem(
        403,
        (
            "Lettura di più camere non autorizzata",
            (
                "Per vedere insieme le camere serve un'autorizzazione in vigore: la dà chi "
                "amministra l'ente (readers)."
            ),
        ),
        (
            "Reading several chambers is not granted",
            (
                "To see chambers together a grant in force is needed: whoever administers the "
                "entity gives it (readers)."
            ),
        ),
    ),
    "chamber_not_granted": Problem(
        404,
        (
            "Camera non compresa",
            "La camera {chamber} non è fra quelle che lei è autorizzato a leggere insieme.",
        ),
        (
            "Chamber not included",
            "The chamber {chamber} is not among those that you are granted to read together.",
        ),
    ),
    "figures_changing": Problem(
        409,
        (
            "Le cifre stanno cambiando",
            "Mentre si leggevano le camere sono cambiati i loro dati: ripetere la richiesta.",
        ),
        (
            "Figures are changing",
            "The chambers' data changed while they were being read: repeat the request.",
        ),
    ),
    "catalogue_refused": Problem(
        422,
        (
            "Il catalogo non può essere salvato",
            "Nulla è stato salvato. Correggere tutti gli errori elencati e inviare di nuovo.",
        ),
        (
            "The catalogue cannot be saved",
            "Nothing was saved. Correct all the errors listed and send it again.",
        ),
    ),
    "catalogue_entry_not_found": Problem(
        404,
        ("Voce inesistente", "Il catalogo non ha la voce {entry}."),
        ("No such entry", "The catalogue has no entry {entry}."),
    ),
    "catalogue_entry_exists": Problem(
        409,
        (
            "Voce già esistente",
            "Il catalogo ha già la voce {entry}: leggerla e modificarla (PUT con If-Match).",
        ),
        (
            "Entry exists",
            "The catalogue has the entry {entry} already: read it and change it (PUT, If-Match).",
        ),
    ),
    "catalogue_entry_shared": Problem(
        409,
        (
            "Voce del catalogo condiviso",
            (
                "La voce {entry} è dell'ente: la modifica chi ne amministra il catalogo. Una "
                "camera aggiunge voci proprie con source `own`."
            ),
        ),
        (
            "Entry of the shared catalogue",
            (
                "The entry {entry} is the entity's: whoever administers its catalogue changes it. "
                "A chamber adds entries of its own with source `own`."
            ),
        ),
    ),
    "catalogue_entry_in_use": Problem(
        409,
        (
            "Voce in uso",
            (
                "Altre voci leggono {entry}: cambiarle o toglierle prima. Per chiuderne la "
                "validità indicare invece `valid_to`."
            ),
        ),
        (
            "Entry in use",
            (
                "Other entries read {entry}: change or withdraw them first. To end its validity "
                "set `valid_to` instead."
            ),
        ),
    ),
    "entry_not_computable": Problem(
        409,
        (
            "La voce non si può calcolare",
            "La formula di {entry} legge misure che il catalogo non ha più: correggerla prima.",
        ),
        (
            "The entry cannot be computed",
            "The formula of {entry} reads measures the catalogue no longer has: correct it first.",
        ),
    ),
}
