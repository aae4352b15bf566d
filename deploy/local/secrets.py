"""The generated secrets of one embedded system, kept in ``secrets.json`` (mode 0600)."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from cryptography.fernet import Fernet

from deploy.local.errors import LocalSystemError
from shared.runtime.language import in_terminal_language


@dataclass(frozen=True)
class LocalSecrets:
    """Passwords and keys of one data directory; made once, never printed, never logged."""

    postgres_superuser: str
    database_owner: str
    database_runtime: str
    redis: str
    renderer_token: str
    """Service token of the renderer on ``/internal/v1``."""
    secret_keys: str
    """Comma-separated Fernet keys; the first one encrypts."""

    @classmethod
    def generate(cls) -> "LocalSecrets":
        """New random secrets; all of them safe inside a URL without escaping."""
        return cls(
            postgres_superuser=secrets.token_urlsafe(24),
            database_owner=secrets.token_urlsafe(24),
            database_runtime=secrets.token_urlsafe(24),
            redis=secrets.token_urlsafe(24),
            renderer_token=secrets.token_urlsafe(32),
            secret_keys=Fernet.generate_key().decode(),
        )


def load_or_create(path: Path) -> LocalSecrets:
    """The secrets kept at ``path``, generated there when the file does not exist.

    Raises:
        LocalSystemError: the file exists and is not what this wrote: guessing new secrets
            would lock the data away, so a person has to look.
    """
    if not path.exists():
        _write(path, LocalSecrets.generate())
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return LocalSecrets(
            **{field.name: str(stored[field.name]) for field in fields(LocalSecrets)}
        )
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise LocalSystemError(
            in_terminal_language(
                f"{path} non è leggibile come archivio dei segreti: ripristinarlo dal backup.",
                f"{path} cannot be read as the store of secrets: restore it from a backup.",
            )
        ) from error


def _write(path: Path, values: LocalSecrets) -> None:
    """Write so that a crash leaves either no file or the whole file, never readable by others."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(asdict(values), stream, indent=2)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
