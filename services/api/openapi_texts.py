"""Words of the OpenAPI document that are not about one operation."""

TITLE = "Ciclo"
SUMMARY = "Il ciclo della performance delle camere di commercio"
API_ID = "b6f0c0de-0150-4009-9a2e-c1c10a91e001"

DESCRIPTION = """
Piani della performance, rilevazioni, risultati esatti e Relazioni firmate, camera per camera.

- **Accesso**: `Authorization: Bearer` con un token del gestore di identità; i ruoli valgono per
  camera. Ciò che è di un'altra camera risponde 404.
- **Errori**: sempre `application/problem+json` (RFC 9457), tutti insieme, ciascuno con il suo
  puntatore JSON, in italiano o in inglese secondo `Accept-Language`.
- **Numeri**: i decimali sono stringhe con il punto (`"94.88"`), mai numeri in virgola mobile.
- **Elenchi**: `limit`, `cursor`, `sort`, `fields`; si prosegue con `next`.
- **Modifiche concorrenti**: `ETag` e `If-Match`; creazioni ripetibili con `Idempotency-Key`.
- **Cache**: nessuna, se la risposta non dice altro (`Cache-Control: no-store`).
""".strip()

TAGS = [
    {"name": "servizio", "description": "Stato del servizio."},
    {"name": "enti e camere", "description": "Gli enti e le loro camere."},
    {"name": "ente", "description": "Le camere di un ente, insieme."},
    {"name": "cataloghi", "description": "Indicatori condivisi da più camere, e propri."},
    {"name": "registro", "description": "Chi ha fatto che cosa, in una catena verificabile."},
    {"name": "piani", "description": "I piani e la loro esportazione."},
    {
        "name": "elementi del piano",
        "description": "Obiettivi, misure, indicatori e tabelle, scritti uno a uno.",
    },
    {
        "name": "testi",
        "description": "I testi scritti insieme: bozze, versioni, commenti, chi li deve.",
    },
    {"name": "persone e sistemi", "description": "Chi ha un ruolo o una chiave nella camera."},
    {"name": "versioni", "description": "Approvazione, variazioni e chiusura dei piani."},
    {"name": "importazioni", "description": "Un anno intero come file `ciclo/case@1`."},
    {"name": "rilevazioni", "description": "I valori misurati."},
    {"name": "valutazioni", "description": "Le decisioni dell'OIV."},
    {"name": "risultati", "description": "I risultati, spiegati e riconciliati."},
    {"name": "integrazioni", "description": "I sistemi che inviano rilevazioni."},
    {"name": "eventi", "description": "Chi viene avvisato di ciò che succede, e gli invii."},
    {"name": "relazioni", "description": "I documenti e la loro produzione."},
    {"name": "pubblicazioni", "description": "Ciò che è pubblicato, per chiunque."},
    {"name": "verifiche", "description": "Verifica dei documenti firmati."},
]

STANDARD_REFUSALS = {
    "400": "La richiesta non rispetta il protocollo HTTP.",
    "401": "Manca un token di accesso valido.",
    "403": "Il ruolo non consente l'operazione.",
    "404": "La risorsa non esiste o è di un'altra camera.",
    "422": "Il contenuto o i parametri contengono errori: tutti elencati.",
    "429": "Troppe richieste.",
    "503": "Servizio non disponibile.",
    "default": "Errore imprevisto.",
}

STATUS_TEXTS = {
    "404": "La risorsa non esiste o è di un'altra camera.",
    "409": "L'operazione è in conflitto con lo stato della risorsa.",
    "412": "La risorsa è cambiata dopo la lettura.",
    "413": "Il contenuto è troppo grande.",
    "415": "Il tipo di contenuto non è ammesso.",
    "422": "Il contenuto contiene errori: tutti elencati.",
    "428": "Manca If-Match.",
}
