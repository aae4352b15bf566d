"""Which language a person at a terminal reads: Italian unless the locale says otherwise."""

import os
from collections.abc import Mapping
from typing import Literal

Language = Literal["it", "en"]

_VARIABLES = ("CICLO_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_NEUTRAL_LOCALES = frozenset({"", "C", "POSIX"})


def terminal_language(environ: Mapping[str, str] | None = None) -> Language:
    """Language of the terminal: ``CICLO_LANG`` (``--lang``), else by POSIX precedence.

    That is ``LC_ALL``, ``LC_MESSAGES``, ``LANG``.

    The neutral locales (``C``, ``POSIX``, none) say nothing about the person, so they get
    Italian, the language of the offices that use this; any other locale gets English.
    """
    variables = os.environ if environ is None else environ
    value = next((variables[name] for name in _VARIABLES if variables.get(name)), "")
    locale = value.split(".", 1)[0].split("@", 1)[0]
    if locale in _NEUTRAL_LOCALES or locale.lower().startswith("it"):
        return "it"
    return "en"


def in_terminal_language(italian: str, english: str) -> str:
    """The one of two wordings of the same message that the person at the terminal reads."""
    return italian if terminal_language() == "it" else english
