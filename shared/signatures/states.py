"""The states that a file went through: every revision of a PDF is a prefix of the next.

Nothing is parsed, so that they are found in any file, a damaged one too: whoever knows the digest
of a document recognises it at the beginning of what was made of it since.
"""

import hashlib
import re

from shared.contracts.verification import FileState

_END = re.compile(rb"startxref\s{1,4}\d{1,20}\s{1,4}%%EOF(\r\n|\n|\r)?")

MOST_STATES = 400
"""Each signature makes up to three, and a document has a handful of those."""


def states_of(pdf: bytes) -> tuple[FileState, ...]:
    """Every state of ``pdf``, the file itself last.

    What ends a state may be followed by the end of a line, which belongs to it or to what comes
    next: both are given. Of more than ``MOST_STATES`` only the first and the file itself.
    """
    ends: set[int] = set()
    for found in _END.finditer(pdf):
        ends |= {found.end(), found.start(1) if found.start(1) >= 0 else found.end()}
        if len(ends) >= MOST_STATES:
            break
    ends.add(len(pdf))
    digest, done, states = hashlib.sha256(), 0, []
    for end in sorted(ends):
        digest.update(memoryview(pdf)[done:end])
        states.append(FileState(size=end, sha256=digest.hexdigest()))
        done = end
    return tuple(states)


def state_before(states: tuple[FileState, ...], size: int) -> FileState | None:
    """The state that was there before the revision which ends at ``size``."""
    before = [state for state in states if state.size < size]
    if before and before[-1].size >= size - 2:  # the same state, without the end of its last line
        before = [state for state in before if state.size < size - 2]
    return before[-1] if before else None
