"""Problems of entities and chambers; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

TENANTS = {
    "chamber_not_found": Problem(
        404,
        ("Camera inesistente", "Non c'è una camera con questo codice tra le sue."),
        ("No such chamber", "There is no chamber with this code among yours."),
    ),
    "chamber_suspended": Problem(
        409,
        ("Camera sospesa", "La camera è in sola lettura finché non viene riattivata."),
        ("Chamber suspended", "The chamber can only be read until it is resumed."),
    ),
    "chamber_exists": Problem(
        409,
        ("Camera già esistente", "Il codice {chamber} è già in uso."),
        ("Chamber exists", "The code {chamber} is already in use."),
    ),
    "entity_exists": Problem(
        409,
        ("Ente già esistente", "Il codice {entity} è già in uso."),
        ("Entity exists", "The code {entity} is already in use."),
    ),
    "entity_not_found": Problem(
        404,
        ("Ente inesistente", "L'ente {entity} non esiste: crearlo prima delle sue camere."),
        ("No such entity", "The entity {entity} does not exist: create it before its chambers."),
    ),
    "chamber_not_suspended": Problem(
        409,
        ("Camera non sospesa", "La camera è attiva: non c'è nulla da riattivare."),
        ("Chamber not suspended", "The chamber is active: there is nothing to resume."),
    ),
    "chamber_not_begun": Problem(
        409,
        (
            "La camera non c'era ancora",
            "La camera esiste dal {day}: per il {year} il piano è di chi l'ha preceduta.",
        ),
        (
            "The chamber did not exist yet",
            "The chamber exists from {day} on: the plan of {year} is that of its predecessors.",
        ),
    ),
    "chamber_ended": Problem(
        409,
        (
            "La camera non c'è più",
            (
                "Dal {day} le succede {successor}: il suo ultimo piano è del {last}. I suoi anni "
                "si leggono e si chiudono; il piano del {year} va fatto nella camera che le "
                "succede."
            ),
        ),
        (
            "The chamber has ended",
            (
                "From {day} on {successor} acts instead: its last plan is that of {last}. Its "
                "years can be read and closed; make the plan of {year} in its successor."
            ),
        ),
    ),
    "policy_not_set": Problem(
        404,
        (
            "Nessun SMVP per l'anno",
            (
                "La camera non ha un SMVP che valga nel {year}: aggiungerne uno alla "
                "configurazione (policies)."
            ),
        ),
        (
            "No policy for the year",
            "The chamber has no policy valid in {year}: add one to its configuration (policies).",
        ),
    ),
    "chamber_busy": Problem(
        409,
        (
            "Operazione già in corso",
            "La camera {chamber} è già oggetto di un'importazione o di una cancellazione.",
        ),
        ("Already under way", "Chamber {chamber} is being imported or erased already."),
    ),
    "blob_missing": Problem(
        409,
        (
            "Documenti mancanti",
            (
                "Nell'archivio dei documenti ne mancano {count}: {keys}. Ripristinarli dal "
                "backup, poi esportare di nuovo."
            ),
        ),
        (
            "Documents are missing",
            (
                "{count} documents are not in the blob store: {keys}. Restore them from the "
                "back-up, then export again."
            ),
        ),
    ),
    "archive_refused": Problem(
        422,
        (
            "L'archivio non si può importare",
            "Nulla è stato importato: l'archivio non è integro nei punti elencati.",
        ),
        (
            "The archive cannot be imported",
            "Nothing was imported: the archive is not whole in the places listed.",
        ),
    ),
    "archive_of_other_version": Problem(
        409,
        (
            "Archivio di un'altra versione",
            (
                "L'archivio è della versione {archive}, l'installazione della {installation}: "
                "portare le due installazioni alla stessa versione ed esportare di nuovo."
            ),
        ),
        (
            "Archive of another version",
            (
                "The archive is of version {archive}, the installation of {installation}: bring "
                "both installations to the same version and export again."
            ),
        ),
    ),
    "erasure_not_confirmed": Problem(
        422,
        ("Cancellazione non confermata", "Scrivere il codice della camera: {chamber}."),
        ("Erasure not confirmed", "Type the code of the chamber: {chamber}."),
    ),
    "erasure_of_active_chamber": Problem(
        409,
        (
            "La camera è attiva",
            "Prima sospenderla (ciclo tenant suspend), poi esportarla: niente vada perso.",
        ),
        (
            "The chamber is active",
            "Suspend it first (ciclo tenant suspend), then export it, so that nothing is lost.",
        ),
    ),
    "erasure_without_export": Problem(
        409,
        (
            "Manca un'esportazione recente",
            (
                "Serve un archivio fatto da meno di un giorno e dopo la sospensione: "
                "ciclo tenant export {chamber}."
            ),
        ),
        (
            "No recent export",
            (
                "An archive is needed, made less than a day ago and since the suspension: "
                "ciclo tenant export {chamber}."
            ),
        ),
    ),
    "erasure_after_change": Problem(
        409,
        (
            "La camera è cambiata dopo l'esportazione",
            "Le righe non sono quelle dell'archivio: esportare di nuovo, poi cancellare.",
        ),
        (
            "The chamber changed after the export",
            "The rows are not those of the archive: export again, then erase.",
        ),
    ),
}
