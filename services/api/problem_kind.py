"""One kind of problem: its status, and its words in Italian and English."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.contracts.issues import Language


@dataclass(frozen=True, slots=True)
class Problem:
    """Status and texts of one kind of problem."""

    status: int
    it: tuple[str, str]
    en: tuple[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)

    def title(self, language: Language) -> str:
        """Short, the same every time."""
        return self.it[0] if language == "it" else self.en[0]

    def detail(self, language: Language, parts: Mapping[str, object]) -> str:
        """What happened here and what to do."""
        text = self.it[1] if language == "it" else self.en[1]
        return text.format_map(_Parts(parts))


class _Parts(dict[str, object]):
    """Values of placeholders; one that was not given stays visible instead of failing."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
