"""Who vouches for callers: the identity providers that an installation trusts.

One provider is described by the variables ``CICLO_OIDC_*``; several, or one whose claims are
shaped in its own way (Keycloak, a SPID or CIE gateway), by a JSON file that
``CICLO_OIDC_PROVIDERS_FILE`` names.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    field_validator,
    model_validator,
)

EVERY_CHAMBER = "*"
"""As a chamber: every chamber of the token's entity."""

_CHAMBER = r"[A-Z][A-Z0-9]{1,7}"


def _split_path(value: object) -> object:
    return tuple(value.split(".")) if isinstance(value, str) else value


ClaimPath = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    BeforeValidator(_split_path),
    Field(min_length=1, max_length=8),
]
"""Where a claim stands: ``realm_access.roles``; ``*`` is any name on the way. A list of names
where a name has a dot in it."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleClaim(_Closed):
    """A claim that gives roles.

    Its value is either an object of roles by chamber (``{"PI": ["controller"]}``), or texts of
    the given ``form``.
    """

    claim: ClaimPath
    form: str | None = None
    """``/camere/{chamber}/{role}``, ``ciclo-{role}``: how a text names chamber and role."""
    chamber: str | None = None
    """The chamber, or ``*``, that a text without ``{chamber}`` speaks of."""

    @field_validator("chamber")
    @classmethod
    def _is_a_chamber(cls, value: str | None) -> str | None:
        if value not in (None, EVERY_CHAMBER) and not re.fullmatch(_CHAMBER, value or ""):
            raise ValueError("not a chamber code")
        return value

    @model_validator(mode="after")
    def _names_both(self) -> Self:
        if self.form is None:
            return self
        if self.form.count("{role}") != 1 or self.form.count("{chamber}") > 1:
            raise ValueError("a form has {role} once, and {chamber} at most once")
        if ("{chamber}" in self.form) == (self.chamber is not None):
            raise ValueError("the chamber stands either in the form or beside it")
        return self

    @property
    def pattern(self) -> re.Pattern[str] | None:
        """The form as an expression with the groups ``role`` and perhaps ``chamber``."""
        if self.form is None:
            return None
        text = re.escape(self.form)
        text = text.replace(r"\{role\}", r"(?P<role>[^/]+?)")
        return re.compile(text.replace(r"\{chamber\}", rf"(?P<chamber>{_CHAMBER}|\*)"))


_OWN_ROLES = (RoleClaim(claim=("ciclo_roles",)),)


class IdentityProvider(_Closed):
    """An issuer of access tokens, and how far it is trusted."""

    name: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,19})?$")] = ""
    """Stands before the subject wherever a person is named (``spid:f3a1``): two issuers may
    use the same subject for two persons. Empty where there is one issuer only."""
    issuer: Annotated[str, Field(min_length=1)]
    audience: Annotated[str, Field(min_length=1)] = "ciclo"
    jwks_url: str = ""
    """Where the keys are published; read from the discovery document when absent."""
    jwks_file: Path | None = None
    entity: Annotated[str, Field(pattern=rf"^{_CHAMBER}$")] | None = None
    """Entity of its tokens when they do not say."""
    chambers: tuple[Annotated[str, Field(pattern=rf"^{_CHAMBER}$")], ...] | None = None
    """The only chambers it may vouch for; then no role holds for the whole entity."""
    roles: tuple[RoleClaim, ...] = _OWN_ROLES
    role_names: dict[str, str] = Field(default_factory=dict)
    """Its names of roles, where they are not ours: ``{"controllo-di-gestione": "controller"}``."""
    subject_claim: ClaimPath = ("sub",)
    entity_claim: ClaimPath = ("ciclo_entity",)
    units_claim: ClaimPath = ("ciclo_units",)
    sheets_claim: ClaimPath = ("ciclo_sheets",)
    evaluates_claim: ClaimPath = ("ciclo_evaluates",)
    leeway_seconds: Annotated[int, Field(ge=0, le=300)] = 30
    """How far its clock and ours may differ."""
    keys_seconds: Annotated[int, Field(ge=10, le=86_400)] = 600
    """Keys are asked for again after this long: a key it took back ends within it."""
    keys_kept_seconds: Annotated[int, Field(ge=60, le=604_800)] = 86_400
    """While it does not answer, its last keys are good for so long."""

    @property
    def shown(self) -> str:
        """Its name in logs."""
        return self.name or self.issuer

    @model_validator(mode="after")
    def _one_source_of_keys(self) -> Self:
        if self.jwks_url and self.jwks_file is not None:
            raise ValueError("jwks_url or jwks_file, not both")
        return self


RoleSource = Literal["claims", "members", "both"]
"""What gives a person roles in a chamber: the token, the memberships kept here, or both. Roles
for a whole entity always come from the token: nobody else could name its first administrator."""

_PROVIDERS = TypeAdapter(Annotated[tuple[IdentityProvider, ...], Field(min_length=1)])


def read_providers(path: Path) -> tuple[IdentityProvider, ...]:
    """The providers that a file describes.

    Raises:
        ValueError: the file cannot be read, or describes them wrongly; with every fault.
    """
    try:
        providers = _PROVIDERS.validate_json(path.read_bytes(), strict=False)
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from error
    for field in ("name", "issuer"):
        values = [getattr(provider, field) for provider in providers]
        if len(set(values)) < len(values):
            raise ValueError(f"{path}: every provider needs a {field} of its own")
    if len(providers) > 1 and not all(provider.name for provider in providers):
        raise ValueError(f"{path}: several providers need a name each")
    return providers
