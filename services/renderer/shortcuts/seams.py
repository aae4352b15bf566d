"""Putting a function of ours in the place of one of WeasyPrint's, and asking a style once."""

import sys
from collections.abc import Callable
from typing import Any, TypeVar

Found = TypeVar("Found")


def replace(theirs: Callable[..., Any], ours: Callable[..., Any]) -> None:
    """Put ``ours`` where modules of WeasyPrint hold ``theirs`` under its name."""
    name = theirs.__name__
    for known, module in list(sys.modules.items()):
        if known.startswith("weasyprint.") and vars(module).get(name) is theirs:
            setattr(module, name, ours)


def once_for_style(find: Callable[[Any], Found]) -> Callable[[Any], Found]:
    """``find``, which depends on a style alone, asked once and kept with the style."""
    name = f"kept_{find.__name__}"

    def found(style: Any) -> Found:  # noqa: ANN401 - WeasyPrint has no types
        try:
            kept: Found = getattr(style, name)
        except AttributeError:
            kept = find(style)
            setattr(style, name, kept)
        return kept

    return found
