"""Problems with signatures; a part of :mod:`services.api.problem_table`."""

from services.api.problem_kind import Problem

SIGNATURES = {
    "document_not_recognised": Problem(
        404,
        (
            "Nessun documento pubblicato ha questa impronta",
            (
                "Il file non è copia esatta di un documento pubblicato qui, in nessuna delle sue "
                "fasi. Verificare l'impronta, o chiedere alla camera."
            ),
        ),
        (
            "No published document has this digest",
            (
                "The file is no exact copy of a document published here, in any of its stages. "
                "Check the digest, or ask the chamber."
            ),
        ),
    ),
    "stamps_not_renewable": Problem(
        409,
        (
            "Nessuna marca da rinnovare",
            (
                "Solo un documento di livello B-LTA ha una marca temporale che lo copre tutto: "
                "questo non ne ha."
            ),
        ),
        (
            "No stamp to renew",
            "Only a document of level B-LTA has a time stamp over all of it: this one has none.",
        ),
    ),
    "report_not_signed": Problem(
        409,
        (
            "Documento non ancora firmato",
            "Mancano firme: le elenca `signatures`, nell'ordine. Si pubblica quando ci sono tutte.",
        ),
        (
            "Document not signed yet",
            (
                "Signatures are missing: `signatures` lists them, in order. It is published "
                "when all "
                "are there."
            ),
        ),
    ),
    "report_kind_not_signed": Problem(
        409,
        (
            "Il documento non attende firme",
            (
                "Porta il sigillo della camera, e nessuno lo firma: chi firma quali documenti è "
                "nella configurazione (`signing`), e vale per i documenti chiesti dopo."
            ),
        ),
        (
            "The document waits for no signature",
            (
                "It bears the seal of the chamber, and nobody signs it: who signs which documents "
                "is in the configuration (`signing`), for documents requested afterwards."
            ),
        ),
    ),
    "report_already_signed": Problem(
        409,
        ("Documento già firmato", "Ogni firma attesa c'è già: il documento si può pubblicare."),
        ("Document signed already", "Every signature is there: the document can be published."),
    ),
    "office_not_expected": Problem(
        409,
        (
            "Firma non attesa",
            (
                "Il documento non attende la firma di questo ufficio: `signatures` elenca "
                "quelle che "
                "attende."
            ),
        ),
        (
            "Signature not expected",
            "The document does not wait for this office: `signatures` lists those it waits for.",
        ),
    ),
    "signature_already_made": Problem(
        409,
        ("Firma già apposta", "Questo ufficio ha già firmato il documento."),
        ("Signature already made", "This office has signed the document already."),
    ),
    "signature_not_next": Problem(
        409,
        (
            "Non è ancora il turno",
            "Altri firmano prima: attendere le firme che precedono (le elenca `signatures`).",
        ),
        (
            "Not this office's turn",
            "Others sign before: wait for the signatures that come first (see `signatures`).",
        ),
    ),
    "signature_under_way": Problem(
        409,
        (
            "Firma in corso",
            "Una firma di questo documento è in corso ({job}): attenderne la fine o annullarla.",
        ),
        (
            "Signature under way",
            "A signature of this document is under way ({job}): wait for its end or cancel it.",
        ),
    ),
    "signer_signed_already": Problem(
        409,
        (
            "La stessa persona ha già firmato",
            "Le firme sono di persone diverse: firmi chi ricopre l'altro ufficio.",
        ),
        (
            "The same person has signed already",
            "Signatures are of different persons: whoever holds the other office has to sign.",
        ),
    ),
    "office_not_yours": Problem(
        403,
        (
            "Ufficio di altri",
            (
                "Chi firma per un ufficio lo ha fra le proprie unità: rivolgersi "
                "all'amministratore "
                "della camera."
            ),
        ),
        (
            "Somebody else's office",
            "Whoever signs for an office has it among their units: ask the administrator.",
        ),
    ),
    "signed_copy_refused": Problem(
        422,
        (
            "Copia firmata rifiutata",
            (
                "Correggere quanto elencato: la copia dev'essere il file scaricato da qui, con "
                "in più "
                "la sola firma attesa."
            ),
        ),
        (
            "Signed copy refused",
            (
                "Correct what is listed: the copy has to be the file downloaded here, with the "
                "expected signature and nothing else added."
            ),
        ),
    ),
}
