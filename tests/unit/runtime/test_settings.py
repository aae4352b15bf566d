import os

import pytest
from pydantic import ValidationError

from shared.runtime.secrets import new_key
from shared.runtime.settings import LOCAL_ISSUER, ApiSettings, RendererSettings

_TOKEN = "t" * 32

_PRODUCTION = {
    "CICLO_MODE": "production",
    "DATABASE_URL": "postgresql://ciclo_runtime:x@db/ciclo",
    "REDIS_URL": "redis://redis:6379/0",
    "CICLO_RENDERER_TOKEN": _TOKEN,
    "CICLO_SECRET_KEYS": new_key(),
    "CICLO_OIDC_ISSUER": "https://identity.example.it",
    "CICLO_OIDC_JWKS_URL": "https://identity.example.it/jwks.json",
    "CICLO_PUBLIC_URL": "https://ciclo.example.it/",
    "CICLO_BLOB_URL": "s3://ciclo",
    "CICLO_TRUST_ANCHORS": "/etc/ciclo/trust",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("CICLO_") or name in {"DATABASE_URL", "REDIS_URL"}:
            monkeypatch.delenv(name)
    return monkeypatch


def _set(environment: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        environment.setenv(name, value)


def test_complete_production_settings_are_accepted(environment: pytest.MonkeyPatch) -> None:
    _set(environment, _PRODUCTION)
    settings = ApiSettings()
    assert settings.production
    assert settings.public_url == "https://ciclo.example.it"
    assert settings.database_url.get_secret_value() == _PRODUCTION["DATABASE_URL"]


def test_production_is_what_a_process_gets_unless_told_otherwise(
    environment: pytest.MonkeyPatch,
) -> None:
    _set(environment, {name: v for name, v in _PRODUCTION.items() if name != "CICLO_MODE"})
    assert ApiSettings().production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CICLO_RENDERER_TOKEN", ""),
        ("CICLO_RENDERER_TOKEN", "short"),
        ("DATABASE_URL", "postgresql://ciclo_runtime:change-me@db/ciclo"),
        ("REDIS_URL", "redis://:change-me@redis:6379/0"),
        ("CICLO_SECRET_KEYS", ""),
        ("CICLO_OIDC_ISSUER", ""),
        ("CICLO_OIDC_ISSUER", LOCAL_ISSUER),
        ("CICLO_OIDC_JWKS_URL", ""),
        ("CICLO_OIDC_JWKS_URL", "http://identity.example.it/jwks.json"),
        ("CICLO_PUBLIC_URL", "http://ciclo.example.it"),
        ("CICLO_BLOB_URL", "memory:///"),
        ("CICLO_TRUST_ANCHORS", None),
    ],
)
def test_production_refuses_what_only_development_may_lack(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    _set(environment, _PRODUCTION)
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ValidationError):
        ApiSettings()
    environment.setenv("CICLO_MODE", "development")
    assert not ApiSettings().production


def test_a_refusal_does_not_print_the_secret(environment: pytest.MonkeyPatch) -> None:
    _set(environment, _PRODUCTION | {"CICLO_SECRET_KEYS": "not-a-key-but-secret"})
    with pytest.raises(ValidationError) as refusal:
        ApiSettings()
    assert "not-a-key-but-secret" not in str(refusal.value)


def test_secret_keys_are_split_at_commas_and_the_first_encrypts(
    environment: pytest.MonkeyPatch,
) -> None:
    first, second = new_key(), new_key()
    _set(environment, _PRODUCTION | {"CICLO_SECRET_KEYS": f"{first}, {second}"})
    assert ApiSettings().secret_key_list == [first, second]


def test_production_refuses_the_development_signer(environment: pytest.MonkeyPatch) -> None:
    values = {
        "REDIS_URL": "redis://redis:6379/0",
        "CICLO_URL": "http://api:8420/",
        "CICLO_RENDERER_TOKEN": _TOKEN,
        "CICLO_SIGNING_DIR": "/run/signing",
        "CICLO_SIGNER": "development",
    }
    _set(environment, values)
    with pytest.raises(ValidationError, match="CICLO_SIGNER"):
        RendererSettings()
    environment.setenv("CICLO_SIGNER", "pkcs12")
    assert RendererSettings().api_url == "http://api:8420"
