"""Problems of integrations; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

INTEGRATIONS = {
    "no_pull_address": Problem(
        409,
        (
            "Indirizzo della fonte mancante",
            "L'integrazione non ha pull_url: indicarlo prima di chiedere al sistema che cosa ha.",
        ),
        (
            "No address of the source",
            "The integration has no pull_url: set it before asking the system what it holds.",
        ),
    ),
    "no_secrets": Problem(
        409,
        (
            "Profilo senza segreti condivisi",
            (
                "Il profilo {adapter} verifica i messaggi con la chiave pubblica del sistema: "
                "inviarne una a public-keys."
            ),
        ),
        (
            "Profile without shared secrets",
            (
                "The profile {adapter} verifies messages with the system's public key: post one "
                "to public-keys."
            ),
        ),
    ),
}
