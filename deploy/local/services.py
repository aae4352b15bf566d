"""The commands and environments of the two services, as the embedded system runs them."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from deploy.local.identity import AUDIENCE, LocalIssuer
from deploy.local.layout import DataDirectory
from deploy.local.secrets import LocalSecrets
from shared.runtime.settings import LOCAL_ISSUER

_RENDERER_SEES = frozenset(
    {"HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "PYTHONPATH", "TMPDIR", "TZ"}
)
"""Of our own environment. The renderer gets neither database nor keys of the API: what it
does not know it cannot lose."""

_RENDERER_OPTIONS = ("CICLO_LOG_LEVEL", "CICLO_RENDER_", "CICLO_SIGN", "CICLO_TSA_")
_API_GETS_ANEW = ("DATABASE_", "REDIS_URL", "CICLO_OIDC_")


_ENSURE_AUTHORITY = """\
import sys
from pathlib import Path

from services.renderer.signing.development import ensure_authority

ensure_authority(Path(sys.argv[1]))
"""

_MIGRATE = """\
import os

from services.api.db.migrate import upgrade

upgrade(os.environ["DATABASE_OWNER_URL"])
"""


@dataclass(frozen=True)
class ServiceCommands:
    """How the processes are started; tests put stand-ins here."""

    api: Sequence[str] = field(
        default=(
            sys.executable, "-m", "deploy.local.gated", "services.api.main",
            "uvicorn", "services.api.main:create_app", "--factory",
            "--no-server-header", "--no-access-log", "--timeout-graceful-shutdown", "5",
        )
    )  # fmt: skip
    """``--host`` and ``--port`` are added; a line on standard input lets it serve."""
    renderer: Sequence[str] = (sys.executable, "-m", "services.renderer.worker")
    migration: Sequence[str] = (sys.executable, "-c", _MIGRATE)
    """Gets ``DATABASE_OWNER_URL``. A process of its own: its libraries go when it is done."""
    authority: Sequence[str] = (sys.executable, "-c", _ENSURE_AUTHORITY)
    """The signing folder is added. A process of its own: keys stay out of the supervisor."""


@dataclass(frozen=True)
class Connections:
    """Where the services find what they need."""

    api_url: str
    public_url: str
    """Printed in documents and problems: where a reader will find the API later."""
    database_url: str
    """Of the runtime role."""
    redis_url: str


def api_environment(
    directory: DataDirectory, secrets: LocalSecrets, connections: Connections
) -> dict[str, str]:
    """Environment of the API process: development mode, local issuer, folders below DIR.

    ``CICLO_`` variables that the caller set and that are not about the above are kept.
    """
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(_API_GETS_ANEW)
    }
    return inherited | {
        "CICLO_MODE": "development",
        "CICLO_PUBLIC_URL": connections.public_url,
        "CICLO_RENDERER_TOKEN": secrets.renderer_token,
        "CICLO_SECRET_KEYS": secrets.secret_keys,
        "CICLO_OIDC_ISSUER": LOCAL_ISSUER,
        "CICLO_OIDC_AUDIENCE": AUDIENCE,
        "CICLO_OIDC_JWKS_FILE": str(LocalIssuer(directory.identity).key_set_file),
        "CICLO_BLOB_URL": f"file://{quote(str(directory.blobs))}",
        "CICLO_TRUST_ANCHORS": str(directory.trust),
        "DATABASE_URL": connections.database_url,
        "REDIS_URL": connections.redis_url,
    }


def renderer_environment(
    directory: DataDirectory, secrets: LocalSecrets, connections: Connections
) -> dict[str, str]:
    """Environment of the renderer: queue, API and seals, nothing of the database."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _RENDERER_SEES or name.startswith(_RENDERER_OPTIONS)
    }
    return inherited | {
        "CICLO_MODE": "development",
        "CICLO_URL": connections.api_url,
        "CICLO_RENDERER_TOKEN": secrets.renderer_token,
        "CICLO_SIGNER": "development",
        "CICLO_SIGNING_DIR": str(directory.signing),
        "REDIS_URL": connections.redis_url,
    }
