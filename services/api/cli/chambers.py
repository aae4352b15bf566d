"""Entity and chambers of a private embedded system, made when they are first needed."""

from services.api.cli.client import ApiClient
from services.api.cli.failures import RefusedError
from services.api.cli.paths import chamber_path

ENTITY = "TNO"
"""The entity that the local issuer's tokens speak for."""

_ENTITY_TITLE = "Camera di commercio della Toscana Nord-Ovest"

_CHAMBER_TITLES = {
    "LU": "Camera di commercio di Lucca",
    "MS": "Camera di commercio di Massa-Carrara",
    "PI": "Camera di commercio di Pisa",
}


def chamber_exists(api: ApiClient, chamber: str) -> bool:
    """Whether the caller sees a chamber with this code."""
    try:
        api.get(chamber_path(chamber))
    except RefusedError as refused:
        if refused.code == "chamber_not_found":
            return False
        raise
    return True


def ensure_chamber(api: ApiClient, chamber: str) -> bool:
    """Make a chamber, and its entity, unless they exist. Tells whether it was made."""
    if chamber_exists(api, chamber):
        return False
    _create(api, "/v1/entities", {"code": ENTITY, "title": _ENTITY_TITLE}, "entity_exists")
    title = _CHAMBER_TITLES.get(chamber, f"Camera di commercio {chamber}")
    new = {"code": chamber, "entity": ENTITY, "title": title}
    return _create(api, "/v1/chambers", new, "chamber_exists")


def _create(api: ApiClient, path: str, new: dict[str, str], exists: str) -> bool:
    try:
        api.create(path, new)
    except RefusedError as refused:
        if refused.code != exists:
            raise
        return False
    return True
