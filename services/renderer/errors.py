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
    """A document could not be sealed at the level asked for; same fields as ``RenderError``."""

    def __init__(self, code: str, detail: str, *, retryable: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.retryable = retryable
