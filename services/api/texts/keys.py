"""What a text is about."""

from dataclasses import dataclass

from services.api.errors import Refusal


@dataclass(frozen=True, slots=True, order=True)
class TextKey:
    """What a text is about: ``objective:A1`` or ``section:3.3``."""

    kind: str
    code: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"

    @classmethod
    def parse(cls, text: str) -> "TextKey":
        """Reads ``kind:code``.

        Raises:
            Refusal: ``subject_not_found``.
        """
        kind, colon, code = text.partition(":")
        if not colon or not code or kind not in ("objective", "section"):
            raise Refusal("subject_not_found", code=text)
        return cls(kind, code)
