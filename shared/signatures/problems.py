"""The words for what can be wrong with a signed document, by stable code."""

from shared.contracts.verification import SignatureProblem
from shared.signatures.revisions import ForbiddenChange

_WORDS: dict[str, tuple[str, str]] = {
    "not_a_pdf": ("Il file non è un PDF.", "The file is not a PDF."),
    "too_large": (
        "Il file supera la dimensione massima verificabile.",
        "The file is larger than can be verified.",
    ),
    "unreadable": (
        "Il PDF è danneggiato o non rispetta il formato.",
        "The PDF is damaged or malformed.",
    ),
    "unsigned": ("Il PDF non è firmato.", "The PDF carries no signature."),
    "modified": (
        "Il documento è stato modificato dopo la firma.",
        "The document was changed after it was signed.",
    ),
    "not_covered": (
        "La firma non copre l'intero documento: vi è stato aggiunto qualcosa.",
        "The signature does not cover the whole document: something was added.",
    ),
    "too_many_signatures": (
        "Il PDF porta più firme di quante se ne verifichino.",
        "The PDF carries more signatures than are verified.",
    ),
    "stamp_wrong": (
        "La marca temporale non è valida o non viene da un'autorità riconosciuta.",
        "The time stamp is not valid, or not from a trusted authority.",
    ),
    "signature_wrong": (
        "La firma non corrisponde al documento o al certificato.",
        "The signature matches neither the document nor the certificate.",
    ),
    "signature_malformed": (
        "La firma contiene dati alterati o non previsti.",
        "The signature contains altered or unexpected data.",
    ),
    "untrusted": (
        "Il certificato del firmatario non risale a un'autorità riconosciuta.",
        "The signer's certificate does not chain to a trusted authority.",
    ),
    "certificate_expired": (
        "Il certificato del firmatario è scaduto o non ancora valido.",
        "The signer's certificate has expired or is not valid yet.",
    ),
    "certificate_revoked": (
        "Il certificato del firmatario era revocato.",
        "The signer's certificate was revoked.",
    ),
    "certificate_unsuitable": (
        "Il certificato del firmatario non è destinato alla firma di documenti.",
        "The signer's certificate is not meant for signing documents.",
    ),
    "other_chamber": (
        "Il sigillo è di un'altra camera.",
        "The seal belongs to another chamber.",
    ),
}


_CHANGED: dict[str, tuple[str, str]] = {
    "page": ("cambia la pagina {page}", "page {page} differs"),
    "pages": ("cambiano le pagine", "the pages differ"),
    "fields": ("cambiano campi o annotazioni", "fields or annotations differ"),
    "metadata": ("cambiano i metadati", "the metadata differ"),
    "attachments": ("cambiano gli allegati", "the attachments differ"),
    "tags": (
        "cambia la struttura letta dalle tecnologie assistive",
        "the structure that assistive technology reads differs",
    ),
    "other": (
        "cambiano parti che nessuna pagina mostra da sé",
        "parts differ that no page shows by itself",
    ),
}


def problem(
    code: str, field: str | None = None, change: ForbiddenChange | None = None
) -> SignatureProblem:
    """The problem with its sentence in both languages, and what was changed where that is known."""
    italian, english = _WORDS[code]
    if change is not None:
        where = _CHANGED[change.part]
        page = str(change.page)
        italian = f"{italian[:-1]} ({where[0].format(page=page)})."
        english = f"{english[:-1]} ({where[1].format(page=page)})."
    return SignatureProblem(code=code, it=italian, en=english, field=field)
