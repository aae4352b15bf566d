"""Settings of the two services, read from environment variables when a process starts.

Variables begin with ``CICLO_``, except the ones with names known everywhere:
``DATABASE_URL``, ``DATABASE_OWNER_URL``, ``REDIS_URL`` and ``CICLO_URL``. The mode is
``production`` unless said otherwise, and production refuses to start with anything that
only development may do without.
"""

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.runtime.identity_providers import IdentityProvider, RoleSource, read_providers

Mode = Literal["development", "production"]

LOCAL_ISSUER = "https://identity.ciclo.localhost"
"""Issuer of the tokens that ``ciclo up`` makes for one machine; no production accepts it."""

_MINIMUM_TOKEN_LENGTH = 32
_PLACEHOLDER = "change-me"
"""What stands in ``deploy/example.env`` where a password belongs."""


_KNOWN_PASSWORDS = frozenset(
    {"admin", "changeme", "ciclo", "ciclo_runtime", "default", "password", "postgres", "redis"}
    | {"secret", "test"}
)
"""What images, tutorials and haste put where a password belongs."""


def _password(value: SecretStr) -> str:
    """The secret itself, or the password in it when it is an address."""
    text = value.get_secret_value()
    return unquote(urlsplit(text).password or "") if "://" in text else text


class ProcessSettings(BaseSettings):
    """What both services share."""

    model_config = SettingsConfigDict(
        env_prefix="CICLO_",
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )

    mode: Mode = "production"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    redis_url: SecretStr = Field(validation_alias="REDIS_URL")
    """``redis://`` or ``rediss://``; holds nothing that the database does not."""
    renderer_token: SecretStr = SecretStr("")
    """Service token of the renderer, valid on ``/internal/v1`` only; empty refuses all. Several,
    separated by commas, are all accepted; the renderer sends the first."""

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.mode == "production"

    @model_validator(mode="after")
    def _refuse_placeholders(self) -> Self:
        if self.production:
            left = [
                name
                for name, value in self
                if isinstance(value, SecretStr) and _PLACEHOLDER in value.get_secret_value()
            ]
            if left:
                raise ValueError(f"still as in the example: {', '.join(left)}")
        return self

    @property
    def renderer_tokens(self) -> list[str]:
        """The service tokens that are valid now, in the clear; the newest first."""
        given = self.renderer_token.get_secret_value().split(",")
        return [token.strip() for token in given if token.strip()]

    @model_validator(mode="after")
    def _refuse_known_passwords(self) -> Self:
        if self.production:
            known = [
                name
                for name, value in self
                if isinstance(value, SecretStr) and _password(value) in _KNOWN_PASSWORDS
            ]
            if known:
                raise ValueError(f"a password that everybody knows: {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _refuse_weak_renderer_token(self) -> Self:
        tokens = self.renderer_tokens or [""]
        if self.production and min(map(len, tokens)) < _MINIMUM_TOKEN_LENGTH:
            raise ValueError(
                "CICLO_RENDERER_TOKEN: production needs a random token of at least "
                f"{_MINIMUM_TOKEN_LENGTH} characters"
            )
        return self


class ApiSettings(ProcessSettings):
    """Settings of ``services.api``."""

    database_url: SecretStr = Field(validation_alias="DATABASE_URL")
    """``postgresql://`` URL of the runtime role, which owns nothing and bypasses nothing."""
    database_pool_size: int = Field(default=10, ge=1, le=100)
    """Connections that one process keeps open at most."""
    public_url: str = "http://127.0.0.1:8420"
    """How callers reach the API; problem types and ``Location`` headers begin with it."""
    oidc_issuer: str = ""
    oidc_audience: str = "ciclo"
    oidc_jwks_url: str = ""
    """Where the issuer publishes its keys; this or ``oidc_jwks_file``."""
    oidc_jwks_file: Path | None = None
    oidc_discovery: bool = False
    """Whether the address of the keys is read from the issuer's discovery document."""
    oidc_providers_file: Path | None = None
    """Describes several providers, or one in detail; instead of the four variables above."""
    roles_from: RoleSource = "both"
    """What gives roles in a chamber: tokens (``claims``), ``members`` kept here, or ``both``."""
    metrics_token: SecretStr = SecretStr("")
    """Token with which a monitoring system reads ``/internal/metrics``; empty: nobody does."""
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Fernet keys, separated by commas in the environment; the first one encrypts."""
    blob_url: str = "memory:///"
    """``file:///folder`` or ``s3://bucket/prefix``; in memory for development only."""
    trust_anchors: Path | None = None
    """Folder of PEM certificates that the chambers' seals must chain to."""
    rate_limit_per_minute: int = Field(default=30_000, ge=1)
    """Requests that one caller may make in a minute, counted by each process."""
    max_body_bytes: int = Field(default=32 * 1024**2, ge=1024)
    """Largest request body; the largest case file and signed PDF fit well."""
    evidence_max_bytes: int = Field(default=10 * 1024**2, ge=1024)
    """Largest file that proves a measurement."""
    archive_max_bytes: int = Field(default=8 * 1024**3, ge=1024)
    """Largest archive of a chamber that may be brought through the API."""
    spool_dir: Path | None = None
    """Where archives are put together; where the system puts temporary files unless set."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins of front ends that browsers may let read answers, separated by commas."""
    outbound_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    """Networks that requests of ours may reach although they are not public, separated by
    commas: where subscribers or measurement systems stand in the administration's own network."""
    dispatch: bool = True
    """Whether this process sends queued work; one process of an installation has to."""
    lease_seconds: int = Field(default=30, ge=1, le=3600)
    """How long a renderer may be silent before its job is given to another."""
    render_attempts: int = Field(default=5, ge=1, le=100)
    """Attempts at one render job before it has failed for good."""
    retry_seconds: int = Field(default=5, ge=0, le=300)
    """Pause before the second attempt after a failure; it doubles with every further one."""
    resend_seconds: int = Field(default=10, ge=1, le=3600)
    """A job that nobody has taken for so long is sent to the queue again."""
    sweep_seconds: float = Field(default=2.0, ge=0.1, le=600)
    """How often lost jobs and ended leases are looked for."""

    @field_validator("public_url")
    @classmethod
    def _without_final_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("secret_keys", "cors_origins", "outbound_networks", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("secret_keys")
    @classmethod
    def _check_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for position, key in enumerate(value, start=1):
            try:
                Fernet(key.get_secret_value())
            except ValueError:
                raise ValueError(f"key {position} is not 32 bytes in URL-safe base64") from None
        return value

    @cached_property
    def identity_providers(self) -> tuple[IdentityProvider, ...]:
        """Whom to believe about callers; nobody when no provider is configured."""
        if self.oidc_providers_file is not None:
            return read_providers(self.oidc_providers_file)
        if not self.oidc_issuer:
            return ()
        single = IdentityProvider(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            jwks_url="" if self.oidc_jwks_file is not None else self.oidc_jwks_url,
            jwks_file=self.oidc_jwks_file,
        )
        return (single,)

    @property
    def secret_key_list(self) -> list[str]:
        """The keys in the clear, for :class:`shared.runtime.secrets.SecretBox`."""
        return [key.get_secret_value() for key in self.secret_keys]

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        providers = self.identity_providers
        if not self.production:
            return self
        if any(provider.issuer == LOCAL_ISSUER for provider in providers):
            raise ValueError("production does not accept tokens of the local issuer")
        lacking = [message for present, message in self._production_needs() if not present]
        if lacking:
            raise ValueError("; ".join(lacking))
        return self

    def _production_needs(self) -> list[tuple[bool, str]]:
        return [
            (
                len(self.metrics_token.get_secret_value()) not in range(1, _MINIMUM_TOKEN_LENGTH),
                f"CICLO_METRICS_TOKEN: at least {_MINIMUM_TOKEN_LENGTH} random characters, or none",
            ),
            (bool(self.secret_keys), "CICLO_SECRET_KEYS: production needs at least one key"),
            (
                bool(self.identity_providers),
                "CICLO_OIDC_ISSUER: production needs an identity provider of its own",
            ),
            (
                bool(self.oidc_jwks_url)
                or self.oidc_jwks_file is not None
                or self.oidc_discovery
                or self.oidc_providers_file is not None,
                "CICLO_OIDC_JWKS_URL, _JWKS_FILE or _DISCOVERY: the issuer's keys are needed",
            ),
            (
                all(_keys_come_safely(provider) for provider in self.identity_providers),
                "CICLO_OIDC_JWKS_URL: keys are fetched over https only",
            ),
            (
                urlsplit(self.public_url).scheme == "https",
                "CICLO_PUBLIC_URL: production is reached over https",
            ),
            (
                urlsplit(self.blob_url).scheme != "memory",
                "CICLO_BLOB_URL: production needs a store that keeps what it is given",
            ),
            (
                self.trust_anchors is not None,
                "CICLO_TRUST_ANCHORS: without them no seal can be checked",
            ),
        ]


def _keys_come_safely(provider: IdentityProvider) -> bool:
    if provider.jwks_file is not None:
        return True
    return urlsplit(provider.jwks_url or provider.issuer).scheme == "https"


class RendererSettings(ProcessSettings):
    """Settings of ``services.renderer``: the queue, the API and the keys; no database."""

    api_url: str = Field(validation_alias="CICLO_URL")
    """Where the renderer reaches the API."""
    signing_dir: Path
    """Folder with the seal of each chamber."""
    signer: Literal["development", "pkcs12"] = "pkcs12"
    """``development`` makes seals without legal value; production refuses it."""
    signing_password: SecretStr = SecretStr("")
    """Opens the PKCS#12 files of the seals; empty when they are not protected."""
    signature_level: Literal["B-B", "B-T", "B-LT", "B-LTA"] = "B-B"
    """PAdES level asked for; what cannot be reached fails the job, never a lower level."""
    trust_anchors: Path | None = None
    """Folder of certificates that signatures, stamps and revocations must chain to;
    ``trust`` in ``signing_dir`` where none is given."""
    tsa_url: str = ""
    """Time stamping authority (RFC 3161); levels from B-T on need one."""
    tsa_user: str = ""
    tsa_password: SecretStr = SecretStr("")
    signing_timeout_seconds: float = Field(default=120, ge=5, le=600)
    """Longest that one signature may take, devices and services included."""
    render_jobs: int = Field(default=1, ge=1, le=16)
    """Documents rendered at the same time by this process."""
    render_timeout_seconds: int = Field(default=600, ge=10, le=7200)
    """Longest rendering of one document; the child process is killed then."""
    render_processes: int = Field(default=0, ge=0, le=64)
    """Chapters of one document laid out at the same time; 0: the cores divided by the jobs."""
    render_memory_bytes: int = Field(default=2 * 1024**3, ge=256 * 1024**2)
    """Memory of all children that lay out the chapters of one document."""
    chapters_dir: Path | None = None
    """Where chapters are kept for the next version of a document; a folder that ends with the
    process where none is set."""

    @field_validator("api_url")
    @classmethod
    def _without_final_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @model_validator(mode="after")
    def _refuse_development_signer(self) -> Self:
        if self.production and self.signer == "development":
            raise ValueError("CICLO_SIGNER: production does not sign with a development seal")
        return self
