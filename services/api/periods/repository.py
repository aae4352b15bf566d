"""SQL of periods: all of it is shared with those who respect them, in ``states``."""

from services.api.states.repository import (
    append_closure,
    closure_history,
    first_entered,
    settings,
    states,
    write_settings,
)

__all__ = [
    "append_closure",
    "closure_history",
    "first_entered",
    "settings",
    "states",
    "write_settings",
]
