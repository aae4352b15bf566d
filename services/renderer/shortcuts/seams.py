"""Putting a function of ours in the place of one of WeasyPrint's."""

import sys
from collections.abc import Callable
from typing import Any


def replace(theirs: Callable[..., Any], ours: Callable[..., Any]) -> None:
    """Put ``ours`` where modules of WeasyPrint hold ``theirs`` under its name."""
    name = theirs.__name__
    for known, module in list(sys.modules.items()):
        if known.startswith("weasyprint.") and vars(module).get(name) is theirs:
            setattr(module, name, ours)
