"""Problems of persons and machines; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

IDENTITY = {
    "identity_unavailable": Problem(
        503,
        (
            "Gestore di identità non raggiungibile",
            "Le chiavi con cui verificare il token non si possono leggere: riprovare tra poco.",
        ),
        (
            "Identity provider out of reach",
            "The keys to verify the token with cannot be read: try again shortly.",
        ),
        {"Retry-After": "10"},
    ),
    "member_exists": Problem(
        409,
        (
            "Persona già presente",
            "La persona è già tra i membri della camera: modificare la sua scheda.",
        ),
        (
            "Person already there",
            "The person is among the chamber's members already: change that entry.",
        ),
    ),
    "own_membership": Problem(
        403,
        (
            "La propria scheda non si modifica",
            "Ruoli e unità di chi chiama li cambia un altro amministratore.",
        ),
        (
            "Nobody changes their own entry",
            "Another administrator has to change the caller's own roles and units.",
        ),
    ),
    "role_beyond_yours": Problem(
        403,
        (
            "Ruolo non conferibile",
            (
                "Chi chiama non può conferire né togliere: {roles}. Gli amministratori dell'ente "
                "vengono solo dal gestore di identità."
            ),
        ),
        (
            "Role not yours to give",
            (
                "The caller may neither give nor take: {roles}. Administrators of the entity come "
                "from the identity provider only."
            ),
        ),
    ),
    "scope_beyond_yours": Problem(
        403,
        (
            "Azione non conferibile",
            (
                "Una chiave non può avere azioni che chi la crea non ha, né quelle riservate alle "
                "persone: {scopes}."
            ),
        ),
        (
            "Action not yours to give",
            (
                "A key cannot have actions that who makes it lacks, nor those reserved to persons: "
                "{scopes}."
            ),
        ),
    ),
    "client_revoked": Problem(
        409,
        (
            "Sistema revocato",
            "Le chiavi di questo sistema sono state revocate per sempre: crearne uno nuovo.",
        ),
        (
            "Client revoked",
            "The keys of this client were revoked for good: create a new one.",
        ),
    ),
    "outside_units": Problem(
        403,
        (
            "Fuori dalle proprie unità",
            (
                "Chi chiama immette o valida solo i dati delle unità che gli sono affidate; gli "
                "altri sono elencati. Se l'unità manca, chiederla all'amministratore della camera."
            ),
        ),
        (
            "Outside own units",
            (
                "The caller enters or validates data of their own units only; the others are "
                "listed. If a unit is missing, ask the chamber's administrator for it."
            ),
        ),
    ),
    "sheet_not_visible": Problem(
        403,
        (
            "Scheda individuale riservata",
            (
                "Le schede individuali sono viste dalla persona valutata, da chi la valuta, "
                "dall'OIV e da chi firma per la camera."
            ),
        ),
        (
            "Individual sheet is confidential",
            (
                "Individual sheets are seen by the person evaluated, those who evaluate them, the "
                "OIV and whoever signs for the chamber."
            ),
        ),
    ),
}
