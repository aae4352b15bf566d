"""Bodies of results in memory, each good for exactly one revision of its plan."""

from collections import OrderedDict

from services.api.results.repository import StoredResults

# A plan of 200 indicators makes 80 kB: room for several hundred of them.
MOST_BYTES = 32 * 1024**2


class ResultsCache:
    """The results last asked for. The caller says which revision it wants: none is stale."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._bodies: OrderedDict[tuple[str, int], StoredResults] = OrderedDict()

    def find(self, chamber: str, year: int, revision: int) -> StoredResults | None:
        """The results of that revision, if they are here."""
        found = self._bodies.get((chamber, year))
        if found is None or found.revision != revision:
            return None
        self._bodies.move_to_end((chamber, year))
        return found

    def keep(self, chamber: str, year: int, made: StoredResults) -> None:
        """Takes results in, in place of others of the same plan; the oldest make room."""
        replaced = self._bodies.pop((chamber, year), None)
        self._bytes += len(made.body) - (len(replaced.body) if replaced else 0)
        self._bodies[chamber, year] = made
        while self._bytes > self._most_bytes:
            _, dropped = self._bodies.popitem(last=False)
            self._bytes -= len(dropped.body)
