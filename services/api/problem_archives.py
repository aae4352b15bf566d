"""Problems of archives and erasures; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

ARCHIVES = {
    "archive_not_ready": Problem(
        409,
        (
            "L'archivio non c'è",
            (
                "L'esportazione è nello stato «{state}»: attendere che sia conclusa, o chiederne "
                "una nuova se è fallita o scaduta."
            ),
        ),
        (
            "The archive is not there",
            (
                "The export is in state {state!r}: wait until it is done, or ask for a new one "
                "when it has failed or expired."
            ),
        ),
    ),
    "archive_lost": Problem(
        409,
        ("L'archivio è andato perso", "Il file non è più dove fu messo: inviarlo di nuovo."),
        ("The archive was lost", "The file is not where it was put any more: send it again."),
    ),
    "archive_too_large": Problem(
        413,
        (
            "Archivio troppo grande",
            (
                "L'archivio può essere al massimo di {limit} byte (CICLO_ARCHIVE_MAX_BYTES); uno "
                "più grande si importa sulla macchina: ciclo tenant import."
            ),
        ),
        (
            "Archive too large",
            (
                "An archive has {limit} bytes at most (CICLO_ARCHIVE_MAX_BYTES); import a larger "
                "one on the machine: ciclo tenant import."
            ),
        ),
    ),
    "erasure_requested": Problem(
        409,
        (
            "Cancellazione già chiesta",
            "La cancellazione di {chamber} è già chiesta e attende chi la esegua.",
        ),
        (
            "Erasure requested already",
            "The erasure of {chamber} was requested already and waits to be carried out.",
        ),
    ),
    "erasure_decided": Problem(
        409,
        (
            "Richiesta già chiusa",
            "La richiesta è nello stato «{state}»: non c'è nulla da ritirare.",
        ),
        ("Request closed", "The request is in state {state!r}: there is nothing to withdraw."),
    ),
    "erasure_not_requested": Problem(
        409,
        (
            "Nessuna richiesta aperta",
            "Non c'è una richiesta aperta con questo identificativo per {chamber}.",
        ),
        (
            "No open request",
            "There is no open request with this identifier for {chamber}.",
        ),
    ),
}
