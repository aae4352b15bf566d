"""The local issuer: makes access tokens for a system that lives on one machine.

It stands in for the identity provider (SPID, CIE or the chamber's own) in development, demo
and tests. Its private key lies in the data directory, so whoever owns that folder is
administrator of that system and of no other. It refuses to work in production mode, and the
API in production refuses its tokens.
"""

import json
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.errors import LocalSystemError
from shared.runtime.language import in_terminal_language
from shared.runtime.settings import LOCAL_ISSUER

if TYPE_CHECKING:
    from joserfc.jwk import OKPKey

AUDIENCE = "ciclo"
ALGORITHM = "EdDSA"
DEFAULT_ENTITY = "TNO"
EVERY_CHAMBER = "*"
"""As a chamber in the claim ``ciclo_roles``: every chamber of the entity."""

ADMINISTRATOR_ROLES: Mapping[str, Sequence[str]] = {
    EVERY_CHAMBER: ("entity_administrator", "controller", "signer")
}
"""Roles of the person who owns the data directory, and so sees individual sheets as well."""

_BOUND_TO_UNITS = frozenset({"contributor", "validator", "signer"})
_EVERY_UNIT = ("*",)

DEFAULT_LIFETIME_SECONDS = 8 * 3600
"""A working day."""


@dataclass(frozen=True)
class LocalIssuer:
    """An issuer whose key pair lives in ``folder``."""

    folder: Path

    @property
    def key_set_file(self) -> Path:
        """Public keys (a JSON Web Key Set), for ``CICLO_OIDC_JWKS_FILE``."""
        return self.folder / "jwks.json"

    @property
    def _private_file(self) -> Path:
        return self.folder / "issuer.jwk"

    def ensure_keys(self) -> None:
        """Make the Ed25519 key pair when there is none.

        Raises:
            LocalSystemError: in production mode.
        """
        _refuse_production()
        if self._private_file.exists() and self.key_set_file.exists():
            return
        from joserfc.jwk import OKPKey

        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": ALGORITHM}, auto_kid=True)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(self._private_file, json.dumps(key.as_dict(private=True)))
        key_set = {"keys": [key.as_dict(private=False)]}
        self.key_set_file.write_text(json.dumps(key_set), encoding="utf-8")

    def mint(
        self,
        roles: Mapping[str, Sequence[str]],
        *,
        subject: str = "amministratore-locale",
        entity: str = DEFAULT_ENTITY,
        lifetime_seconds: int = DEFAULT_LIFETIME_SECONDS,
        units: Sequence[str] = (),
        sheets: Sequence[str] = (),
        evaluates: Sequence[str] = (),
    ) -> str:
        """An access token.

        Args:
            roles: by chamber code, or by ``"*"`` for every chamber of the entity.
            subject: who holds the token, as audit lines name them.
            entity: code of the entity that ``"*"`` refers to.
            lifetime_seconds: after which it is worthless.
            units: own units of a contributor or validator, offices of a signer; without any, all
                of them.
            sheets: individual sheets in which the holder is evaluated.
            evaluates: those that the holder evaluates.

        Raises:
            LocalSystemError: in production mode.
        """
        from joserfc import jwt

        self.ensure_keys()
        now = int(time.time())
        claims = {
            "iss": LOCAL_ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime_seconds,
            "ciclo_entity": entity,
            "ciclo_roles": {chamber: list(names) for chamber, names in roles.items()},
            "ciclo_units": {
                chamber: list(units or _EVERY_UNIT)
                for chamber, names in roles.items()
                if not _BOUND_TO_UNITS.isdisjoint(names)
            },
            "ciclo_sheets": {chamber: list(sheets) for chamber in roles},
            "ciclo_evaluates": {chamber: list(evaluates) for chamber in roles},
        }
        key = self._private_key()
        with warnings.catch_warnings():
            # RFC 9864 renames the algorithm to Ed25519; verifiers know the old name better.
            warnings.simplefilter("ignore")
            header = {"alg": ALGORITHM, "kid": key.kid, "typ": "JWT"}
            return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    def _private_key(self) -> "OKPKey":
        from joserfc.jwk import OKPKey

        return OKPKey.import_key(json.loads(self._private_file.read_text(encoding="utf-8")))


def _refuse_production() -> None:
    if os.environ.get("CICLO_MODE") == "production":
        raise LocalSystemError(
            in_terminal_language(
                "L'identità locale non esiste in produzione (CICLO_MODE=production).",
                "The local identity does not exist in production (CICLO_MODE=production).",
            )
        )


def _write_private(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(path)
