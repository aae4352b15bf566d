"""What docker-compose.yml promises: who sees what, and that no variable is misspelt."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.runtime.settings import ApiSettings, ProcessSettings, RendererSettings

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    composed = yaml.safe_load((_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = composed["services"]
    return found


def test_the_system_is_made_of_separate_services(services: dict[str, dict[str, Any]]) -> None:
    assert {"postgres", "redis", "api", "renderer"} <= services.keys()


def test_the_renderer_cannot_reach_the_database(services: dict[str, dict[str, Any]]) -> None:
    assert not set(services["renderer"]["networks"]) & set(services["postgres"]["networks"])
    environment = services["renderer"]["environment"]
    assert not [name for name in environment if name.startswith("DATABASE")]
    assert not {"CICLO_SECRET_KEYS", "CICLO_BLOB_URL"} & environment.keys()
    assert not any("DATABASE" in str(value) for value in environment.values())


def test_only_the_renderer_sees_the_seals(services: dict[str, dict[str, Any]]) -> None:
    holders = [
        name
        for name, service in services.items()
        if any("CICLO_SIGNING_SOURCE" in str(volume) for volume in service.get("volumes", []))
    ]
    assert holders == ["renderer"]


def test_the_api_never_gets_the_owner_or_the_administrator(
    services: dict[str, dict[str, Any]],
) -> None:
    values = " ".join(str(value) for value in services["api"]["environment"].values())
    assert "ciclo_runtime" in values
    assert "ciclo_owner" not in values
    assert "POSTGRES_ADMIN_PASSWORD" not in values


def _variables(kind: type[ProcessSettings]) -> set[str]:
    return {
        str(field.validation_alias) if field.validation_alias else f"CICLO_{key.upper()}"
        for key, field in kind.model_fields.items()
    }


@pytest.mark.parametrize(("name", "kind"), [("api", ApiSettings), ("renderer", RendererSettings)])
def test_every_variable_is_a_setting(
    services: dict[str, dict[str, Any]], name: str, kind: type[ProcessSettings]
) -> None:
    assert services[name]["environment"].keys() <= _variables(kind)


def test_every_setting_is_documented() -> None:
    text = "".join(
        (_ROOT / "docs" / name).read_text(encoding="utf-8")
        for name in ("administration.md", "reports.md")
    )
    settings = _variables(ApiSettings) | _variables(RendererSettings)
    assert {name for name in settings if f"`{name}`" not in text} == set()


def test_links_between_documents_lead_somewhere() -> None:
    documents = [_ROOT / "README.md", *(_ROOT / "docs").rglob("*.md")]
    broken = [
        f"{document.relative_to(_ROOT)}: {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("name", ["api", "renderer"])
def test_services_run_hardened_in_production(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    service = services[name]
    assert service["environment"]["CICLO_MODE"] == "production"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_api_is_published_and_only_on_loopback(
    services: dict[str, dict[str, Any]],
) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert list(ports) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in ports["api"])


def test_the_example_names_every_variable_and_no_other() -> None:
    asked = set(
        re.findall(r"\$\{([A-Z_]+)", (_ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    )
    example = (_ROOT / "deploy" / "example.env").read_text(encoding="utf-8")
    named = {line.partition("=")[0] for line in example.splitlines() if re.match(r"[A-Z]", line)}
    assert named == asked


def test_images_end_as_an_ordinary_user() -> None:
    text = (_ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    stages = re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]
    finals = {
        match.group(1): stage for stage in stages if (match := re.match(r"base AS (\w+)", stage))
    }
    assert finals.keys() == {"api", "renderer"}
    for stage in finals.values():
        assert "\nUSER ciclo\n" in stage
        assert "rm -rf" in stage  # the other service's code
