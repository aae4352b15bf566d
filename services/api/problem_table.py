"""Every kind of problem: its status, and its words in Italian and English.

Add the codes of a feature here, in its section. ``detail`` may hold placeholders
(``{year}``) for the ``parts`` of a :class:`~services.api.errors.Refusal`. The page
``/problems/{code}`` is made from the same entry.
"""

from services.api.problem_archives import ARCHIVES
from services.api.problem_collection import COLLECTION
from services.api.problem_editing import EDITING
from services.api.problem_entity import ENTITY
from services.api.problem_evaluation import EVALUATION
from services.api.problem_identity import IDENTITY
from services.api.problem_integrations import INTEGRATIONS
from services.api.problem_kind import Problem
from services.api.problem_lifecycle import LIFECYCLE
from services.api.problem_publication import PUBLICATION
from services.api.problem_signatures import SIGNATURES
from services.api.problem_tenants import TENANTS
from services.api.problem_texts import TEXTS

_RETRY = {"Retry-After": "5"}

_GENERAL = {
    "bad_request": Problem(
        400,
        ("Richiesta non valida", "La richiesta non rispetta il protocollo HTTP."),
        ("Bad request", "The request does not follow the HTTP protocol."),
    ),
    "unauthenticated": Problem(
        401,
        ("Autenticazione necessaria", "Serve un token di accesso valido (Authorization: Bearer)."),
        ("Authentication required", "A valid access token is needed (Authorization: Bearer)."),
        {"WWW-Authenticate": "Bearer"},
    ),
    "forbidden": Problem(
        403,
        ("Operazione non consentita", "Il suo ruolo in questa camera non consente l'operazione."),
        ("Not allowed", "Your role in this chamber does not allow this."),
    ),
    "not_found": Problem(
        404,
        ("Risorsa inesistente", "A questo indirizzo non c'è nulla che lei possa vedere."),
        ("Not found", "There is nothing at this address that you can see."),
    ),
    "method_not_allowed": Problem(
        405,
        ("Metodo non ammesso", "La risorsa non accetta questo metodo: vedere Allow."),
        ("Method not allowed", "The resource does not accept this method: see Allow."),
    ),
    "body_too_large": Problem(
        413,
        ("Contenuto troppo grande", "Il contenuto supera {limit} byte."),
        ("Content too large", "The content is larger than {limit} bytes."),
    ),
    "unsupported_media_type": Problem(
        415,
        ("Tipo di contenuto non ammesso", "Il contenuto deve essere {expected}."),
        ("Unsupported media type", "The content must be {expected}."),
    ),
    "validation_failed": Problem(
        422,
        (
            "La richiesta contiene errori",
            "Correggere gli errori elencati, ciascuno con il suo punto, e inviare di nuovo.",
        ),
        (
            "The request contains errors",
            "Correct the errors listed, each with its place, and send it again.",
        ),
    ),
    "precondition_required": Problem(
        428,
        (
            "Manca If-Match",
            "Altri possono modificare la stessa risorsa: inviare If-Match con l'ETag letto.",
        ),
        (
            "If-Match is missing",
            "Others may change the same resource: send If-Match with the ETag you read.",
        ),
    ),
    "stale_version": Problem(
        412,
        (
            "La risorsa è cambiata",
            "Qualcuno l'ha modificata dopo la sua lettura: rileggerla e ripetere la modifica.",
        ),
        (
            "The resource has changed",
            "Somebody changed it after you read it: read it again and repeat your change.",
        ),
    ),
    "idempotency_key_reused": Problem(
        422,
        (
            "Idempotency-Key già usata",
            "La stessa chiave è arrivata con un altro contenuto: usare una chiave nuova.",
        ),
        (
            "Idempotency-Key already used",
            "The same key came with other content: use a new key.",
        ),
    ),
    "idempotency_key_in_use": Problem(
        409,
        (
            "Richiesta già in corso",
            "Una richiesta con la stessa Idempotency-Key è in lavorazione: riprovare tra poco.",
        ),
        (
            "Request already under way",
            "A request with the same Idempotency-Key is being served: try again shortly.",
        ),
        {"Retry-After": "1"},
    ),
    "invalid_cursor": Problem(
        422,
        ("Cursore non valido", "Il cursore non viene da questo elenco con questo ordinamento."),
        ("Invalid cursor", "The cursor is not from this list with this order."),
    ),
    "too_many_requests": Problem(
        429,
        ("Troppe richieste", "Riprovare dopo i secondi indicati in Retry-After."),
        ("Too many requests", "Try again after the seconds given in Retry-After."),
    ),
    "internal_error": Problem(
        500,
        (
            "Errore interno",
            "L'errore è stato registrato; segnalarlo indicando il numero della richiesta.",
        ),
        (
            "Internal error",
            "The error has been recorded; report it with the id of the request.",
        ),
    ),
    "database_unavailable": Problem(
        503,
        ("Servizio non disponibile", "La base dati non risponde: riprovare tra qualche secondo."),
        ("Service unavailable", "The database does not answer: try again in a few seconds."),
        _RETRY,
    ),
    "not_ready": Problem(
        503,
        ("Servizio non pronto", "Il servizio non può ancora rispondere: {reason}."),
        ("Service not ready", "The service cannot answer yet: {reason}."),
        _RETRY,
    ),
}

_PLANS = {
    "plan_not_found": Problem(
        404,
        ("Piano inesistente", "La camera non ha un piano per il {year}."),
        ("No such plan", "The chamber has no plan for {year}."),
    ),
    "case_refused": Problem(
        422,
        (
            "Il file non può essere importato",
            "Nulla è stato importato. Correggere gli errori elencati e inviare di nuovo il file.",
        ),
        (
            "The file cannot be imported",
            "Nothing was imported. Correct the errors listed and send the file again.",
        ),
    ),
    "measured_element_removed": Problem(
        409,
        (
            "Elementi già misurati",
            (
                "Nulla è cambiato: quanto elencato è stato immesso durante l'anno e resterebbe "
                "senza il suo oggetto. Lasciare l'elemento nel piano; se non va più misurato, "
                "registrarlo come barrato (struck)."
            ),
        ),
        (
            "Elements measured already",
            (
                "Nothing has changed: what is listed was entered during the year and would lose "
                "its subject. Leave the element in the plan; if it is no longer to be measured, "
                "record it as struck."
            ),
        ),
    ),
    "measurements_refused": Problem(
        422,
        (
            "Le rilevazioni contengono errori",
            "Nessuna è stata registrata. Correggere gli errori elencati e inviare di nuovo.",
        ),
        (
            "The measurements contain errors",
            "None was recorded. Correct the errors listed and send them again.",
        ),
    ),
    "simulation_refused": Problem(
        422,
        (
            "Le modifiche non si possono simulare",
            "Il piano non può contenere ciò che è elencato. Correggere e inviare di nuovo.",
        ),
        (
            "The changes cannot be simulated",
            "The plan cannot hold what is listed. Correct it and send it again.",
        ),
    ),
    "measurements_held": Problem(
        409,
        (
            "Dati validati o di un periodo chiuso",
            "Nulla è stato registrato. Ciascun dato elencato va prima riaperto, con il motivo.",
        ),
        (
            "Validated data, or of a closed period",
            "Nothing was recorded. Each datum listed has to be reopened first, with a reason.",
        ),
    ),
    "evaluation_exists": Problem(
        409,
        ("Valutazione già presente", "Lo stesso elemento è già escluso in questo ambito."),
        ("Evaluation exists", "The same element is already excluded in this scope."),
    ),
    "evaluation_refused": Problem(
        422,
        ("La valutazione contiene errori", "Correggere gli errori elencati e inviare di nuovo."),
        ("The evaluation contains errors", "Correct the errors listed and send it again."),
    ),
    "figure_not_found": Problem(
        404,
        ("Risultato inesistente", "Il piano non ha un elemento {code} in questo ambito."),
        ("No such figure", "The plan has no element {code} in this scope."),
    ),
    "subject_not_found": Problem(
        404,
        ("Elemento inesistente", "Il piano non ha un elemento {code}."),
        ("No such element", "The plan has no element {code}."),
    ),
}

_REPORTS = {
    "report_not_found": Problem(
        404,
        ("Relazione inesistente", "La camera non ha un documento con questo identificativo."),
        ("No such report", "The chamber has no document with this id."),
    ),
    "report_not_ready": Problem(
        409,
        (
            "Documento non ancora pronto",
            "Il documento è in composizione: seguire il lavoro {job} e riprovare.",
        ),
        (
            "Document not ready yet",
            "The document is being rendered: follow the job {job} and try again.",
        ),
        {"Retry-After": "2"},
    ),
    "report_without_document": Problem(
        404,
        (
            "Nessun documento",
            "La composizione è stata annullata o non è riuscita: richiedere il documento di nuovo.",
        ),
        (
            "No document",
            "The rendering was cancelled or did not succeed: request the document again.",
        ),
    ),
    "report_already_rendered": Problem(
        409,
        (
            "Documento già composto",
            (
                "La versione {version} ha già il suo PDF e non si compone un'altra volta: per un "
                "contenuto diverso chiedere una versione nuova."
            ),
        ),
        (
            "Document rendered already",
            (
                "Version {version} has its PDF already and is not rendered another time: for "
                "other content request a new version."
            ),
        ),
    ),
    "job_not_found": Problem(
        404,
        ("Lavoro inesistente", "La camera non ha un lavoro con questo identificativo."),
        ("No such job", "The chamber has no job with this id."),
    ),
    "job_over": Problem(
        409,
        ("Lavoro già concluso", "Il lavoro è nello stato {state} e non può essere annullato."),
        ("Job already over", "The job is in the state {state} and cannot be cancelled."),
    ),
    "not_leasable": Problem(
        409,
        ("Lavoro non disponibile", "Il lavoro è concluso o è in altre mani."),
        ("Job not available", "The job is over or in other hands."),
    ),
    "lease_lost": Problem(
        409,
        ("Lavoro perso", "Il lavoro è stato annullato o affidato ad altri: abbandonarlo."),
        ("Lease lost", "The job was cancelled or given to another worker: drop it."),
    ),
    "document_refused": Problem(
        422,
        ("Documento rifiutato", "Il PDF ricevuto non può essere conservato; il motivo è sotto."),
        ("Document refused", "The PDF received cannot be kept; the reason is below."),
    ),
}

_INTEGRATIONS = {
    "integration_exists": Problem(
        409,
        ("Integrazione già esistente", "Il codice {code} è già in uso in questa camera."),
        ("Integration exists", "The code {code} is already in use in this chamber."),
    ),
    "signature_refused": Problem(
        401,
        (
            "Messaggio non verificabile",
            (
                "Servono webhook-id, webhook-timestamp (entro 5 minuti) e webhook-signature, "
                "calcolata sul contenuto esatto con un segreto valido di questa integrazione."
            ),
        ),
        (
            "The message cannot be verified",
            (
                "It needs webhook-id, webhook-timestamp (within 5 minutes) and webhook-signature, "
                "made over the exact content with a valid secret of this integration."
            ),
        ),
        {"WWW-Authenticate": "Standard-Webhooks"},
    ),
    "integration_paused": Problem(
        409,
        ("Integrazione sospesa", "La camera ha sospeso l'integrazione: inviare più tardi."),
        ("Integration paused", "The chamber has paused the integration: send it later."),
    ),
    "message_id_reused": Problem(
        409,
        (
            "webhook-id già usato",
            "Un messaggio con lo stesso webhook-id e altro contenuto è già stato ricevuto.",
        ),
        (
            "webhook-id already used",
            "A message with the same webhook-id and other content has been received already.",
        ),
    ),
    "event_refused": Problem(
        422,
        (
            "Messaggio illeggibile",
            (
                "Il messaggio è conservato ma non è un evento di questo contratto; gli errori sono "
                "elencati. Inviarlo corretto con un altro webhook-id."
            ),
        ),
        (
            "Unreadable message",
            (
                "The message is kept but is no event of this contract; its errors are listed. "
                "Send it corrected with another webhook-id."
            ),
        ),
    ),
    "quarantine_decided": Problem(
        409,
        ("Già deciso", "La rilevazione non è più in attesa: è nello stato {state}."),
        ("Already decided", "The measurement no longer waits: its state is {state}."),
    ),
    "still_quarantined": Problem(
        409,
        (
            "Non ancora applicabile",
            "La rilevazione resta in quarantena; i motivi sono elencati.",
        ),
        (
            "Not applicable yet",
            "The measurement stays in quarantine; the reasons are listed.",
        ),
    ),
}

PROBLEMS: dict[str, Problem] = {
    **_GENERAL,
    **TENANTS,
    **TEXTS,
    **ARCHIVES,
    **IDENTITY,
    **_PLANS,
    **COLLECTION,
    **EDITING,
    **ENTITY,
    **LIFECYCLE,
    **SIGNATURES,
    **EVALUATION,
    **_REPORTS,
    **PUBLICATION,
    **_INTEGRATIONS,
    **INTEGRATIONS,
}
"""Code -> problem, for all features."""
