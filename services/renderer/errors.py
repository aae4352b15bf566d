"""What can go wrong while a document is made, in words that reach the person who asked."""


class RenderError(Exception):
    """A document could not be rendered.

    ``code`` is stable, ``detail`` is an Italian sentence, ``section`` names the part of the
    document where known; ``retryable`` says whether the same job may succeed later.
    """

    def __init__(
        self, code: str, detail: str, *, section: str | None = None, retryable: bool = False
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.section = section
        self.retryable = retryable


class SigningError(Exception):
    """A document could not be signed as asked; same fields as ``RenderError``.

    ``english`` is the sentence in English. ``services.renderer.signing.words`` makes them.
    """

    def __init__(self, code: str, detail: str, english: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.english = english
        self.retryable = retryable
