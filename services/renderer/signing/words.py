"""Why a document was not signed, in words that say what to do, and whether trying again helps.

A wrong PIN is never tried again by itself: devices lock after a few.
"""

from services.renderer.errors import SigningError

_AGAIN = True
_NEVER = False

_WORDS: dict[str, tuple[bool, str, str]] = {
    "identity_missing": (
        _NEVER,
        (
            "L'identità di firma {identity} non è configurata nel renderer: aggiungere "
            "{identity}.p12 o {identity}.toml alla cartella delle identità."
        ),
        (
            "The signing identity {identity} is not configured in the renderer: put "
            "{identity}.p12 or {identity}.toml into the folder of identities."
        ),
    ),
    "identity_unreadable": (
        _NEVER,
        (
            "L'identità di firma {identity} non si apre ({reason}): password errata o file "
            "guasto. Correggere la configurazione del renderer."
        ),
        (
            "The signing identity {identity} cannot be opened ({reason}): wrong password or "
            "damaged file. Correct the renderer's configuration."
        ),
    ),
    "identity_of_another": (
        _NEVER,
        (
            "Il certificato dell'identità {identity} non è quello atteso ({reason}): usare "
            "l'identità giusta o correggere la configurazione della camera."
        ),
        (
            "The certificate of the identity {identity} is not the one expected ({reason}): "
            "use the right identity or correct the chamber's configuration."
        ),
    ),
    "identity_expired": (
        _NEVER,
        (
            "Il certificato dell'identità {identity} vale dal {start} al {end}: rinnovarlo, "
            "poi chiedere di nuovo la firma."
        ),
        (
            "The certificate of the identity {identity} is valid from {start} to {end}: "
            "renew it, then request the signature again."
        ),
    ),
    "identity_revoked": (
        _NEVER,
        (
            "Un certificato da cui dipende la firma di {identity} è revocato: sostituirlo, "
            "poi chiedere di nuovo la firma."
        ),
        (
            "A certificate that the signature of {identity} depends on is revoked: replace "
            "it, then request the signature again."
        ),
    ),
    "identity_untrusted": (
        _NEVER,
        (
            "Il certificato dell'identità {identity} non risale a un'autorità riconosciuta "
            "({reason}): aggiungere l'autorità alla cartella CICLO_TRUST_ANCHORS del "
            "renderer e dell'API."
        ),
        (
            "The certificate of the identity {identity} does not chain to a trusted "
            "authority ({reason}): add the authority to the folder CICLO_TRUST_ANCHORS of "
            "renderer and API."
        ),
    ),
    "identity_of_development": (
        _NEVER,
        "L'identità {identity} è di prova: in produzione non firma.",
        "The identity {identity} is for tests: it does not sign in production.",
    ),
    "pin_required": (
        _NEVER,
        "L'identità {identity} chiede un PIN: indicarlo nella richiesta di firma.",
        "The identity {identity} asks for a PIN: give it in the request of the signature.",
    ),
    "wrong_pin": (
        _NEVER,
        (
            "PIN (o OTP) errato per l'identità {identity}: nessun altro tentativo è stato "
            "fatto, per non bloccare il dispositivo. Chiedere di nuovo la firma con il PIN "
            "giusto."
        ),
        (
            "Wrong PIN (or OTP) for the identity {identity}: no other attempt was made, so "
            "as not to lock the device. Request the signature again with the right PIN."
        ),
    ),
    "pin_locked": (
        _NEVER,
        (
            "Il dispositivo dell'identità {identity} è bloccato: sbloccarlo con il PUK o "
            "rivolgersi al prestatore, poi chiedere di nuovo la firma."
        ),
        (
            "The device of the identity {identity} is locked: unlock it with the PUK or ask "
            "the provider, then request the signature again."
        ),
    ),
    "token_unavailable": (
        _AGAIN,
        (
            "Il dispositivo di firma dell'identità {identity} non risponde ({reason}): "
            "verificare che sia collegato. La firma sarà ritentata."
        ),
        (
            "The signing device of the identity {identity} does not answer ({reason}): check "
            "that it is connected. The signature will be tried again."
        ),
    ),
    "signing_timeout": (
        _AGAIN,
        (
            "La firma di {identity} non è arrivata entro {reason} secondi: il dispositivo o "
            "un servizio è fermo. Sarà ritentata."
        ),
        (
            "The signature of {identity} did not come within {reason} seconds: the device or "
            "a service is stuck. It will be tried again."
        ),
    ),
    "remote_unavailable": (
        _AGAIN,
        (
            "Il servizio di firma remota dell'identità {identity} non risponde ({reason}). "
            "La firma sarà ritentata."
        ),
        (
            "The remote signing service of the identity {identity} does not answer "
            "({reason}). The signature will be tried again."
        ),
    ),
    "remote_refused": (
        _NEVER,
        (
            "Il servizio di firma remota ha rifiutato l'identità {identity} ({reason}): "
            "verificare le credenziali con il prestatore."
        ),
        (
            "The remote signing service refused the identity {identity} ({reason}): check "
            "the credentials with the provider."
        ),
    ),
    "level_unavailable": (
        _NEVER,
        (
            "Il livello {level} chiede {reason}: completare la configurazione del renderer, "
            "o chiedere un altro livello."
        ),
        (
            "The level {level} needs {reason}: complete the renderer's configuration, or ask "
            "for another level."
        ),
    ),
    "level_not_obtained": (
        _NEVER,
        "Chiesto il livello {level}, ottenuto {reason}: il documento non è stato firmato.",
        "The level {level} was asked for, {reason} obtained: the document was not signed.",
    ),
    "tsa_unavailable": (
        _AGAIN,
        ("Il servizio di marcatura temporale non risponde ({reason}). La firma sarà ritentata."),
        (
            "The time stamping service does not answer ({reason}). The signature will be "
            "tried again."
        ),
    ),
    "tsa_refused": (
        _NEVER,
        (
            "Il servizio di marcatura temporale ha rifiutato la richiesta o ha dato una "
            "marca non valida ({reason}): verificarne credenziali e disponibilità di marche."
        ),
        (
            "The time stamping service refused the request or gave a stamp that is not valid "
            "({reason}): check its credentials and the stamps left."
        ),
    ),
    "revocation_unavailable": (
        _AGAIN,
        (
            "Le informazioni di revoca dei certificati non sono raggiungibili ({reason}), e "
            "il livello {level} le richiede. La firma sarà ritentata."
        ),
        (
            "The revocation information of the certificates cannot be reached ({reason}), "
            "and the level {level} needs it. The signature will be tried again."
        ),
    ),
    "document_changed": (
        _NEVER,
        "Il documento ricevuto non è quello da firmare: la sua impronta è un'altra.",
        "The document received is not the one to be signed: its digest is another.",
    ),
    "already_signed": (
        _NEVER,
        "Il campo {field} è già firmato.",
        "The field {field} is signed already.",
    ),
    "nothing_to_renew": (
        _NEVER,
        "Il documento non ha marche temporali da rinnovare: non è di livello B-LTA.",
        "The document has no time stamp to renew: it is not of level B-LTA.",
    ),
    "stamp_not_renewable": (
        _NEVER,
        (
            "L'ultima marca temporale non è più verificabile: il suo certificato è scaduto o "
            "revocato, o la sua autorità non è fra quelle riconosciute."
        ),
        (
            "The last time stamp cannot be verified any more: its certificate has expired or "
            "was revoked, or its authority is not among those trusted."
        ),
    ),
    "signing_failed": (
        _NEVER,
        ("La firma di {identity} non è stata apposta ({reason}): avvisare l'amministratore."),
        "The signature of {identity} was not made ({reason}): tell the administrator.",
    ),
}


def refusal(code: str, **facts: str) -> SigningError:
    """The error of this code; ``facts`` fill the gaps of its sentences, never with a secret."""
    retryable, italian, english = _WORDS[code]
    return SigningError(code, italian.format(**facts), english.format(**facts), retryable=retryable)
