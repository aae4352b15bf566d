"""What a search for leaks tried, and what it found."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Tried:
    """Attempts by kind, and one sentence for each that succeeded and must not have."""

    counts: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)

    def note(self, kind: str, leak: str | None = None) -> None:
        """Counts one attempt, and what it got at."""
        self.counts[kind] += 1
        if leak is not None:
            self.leaks.append(leak)

    def __str__(self) -> str:
        """One line for people."""
        parts = ", ".join(f"{count} {kind}" for kind, count in sorted(self.counts.items()))
        return f"{self.counts.total()} attempts ({parts}): {len(self.leaks)} leaks"


Tell = Callable[[str], None]
"""Puts a line into the summary of the test run."""
