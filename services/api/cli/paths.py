"""Addresses of the API's resources."""

from urllib.parse import quote


def chamber_path(chamber: str) -> str:
    """Where a chamber is."""
    return f"/v1/chambers/{quote(chamber, safe='')}"


def configuration_path(chamber: str) -> str:
    """Where what a chamber is set to is."""
    return f"{chamber_path(chamber)}/configuration"


def integration_path(chamber: str, integration: str) -> str:
    """Where an integration of a chamber is."""
    return f"{chamber_path(chamber)}/integrations/{quote(integration, safe='')}"


def plan_path(chamber: str, year: int) -> str:
    """Where a chamber's year is."""
    return f"{chamber_path(chamber)}/plans/{year}"


def element_path(chamber: str, year: int, element: str) -> str:
    """Where an element of a plan is: ``indicators/A1.1``."""
    section, _, code = element.partition("/")
    return f"{plan_path(chamber, year)}/{quote(section, safe='')}/{quote(code, safe='')}"


def result_path(chamber: str, year: int, code: str) -> str:
    """Where the explanation of a figure is."""
    return f"{plan_path(chamber, year)}/results/{quote(code, safe='')}"


def entity_path(entity: str) -> str:
    """Where an entity is."""
    return f"/v1/entities/{quote(entity, safe='')}"


def catalogue_path(entity: str, chamber: str | None, name: str | None = None) -> str:
    """Where the catalogue of a chamber is, or of the entity, or an entry of it."""
    owner = entity_path(entity) if chamber is None else chamber_path(chamber)
    entry = "" if name is None else f"/{quote(name, safe='')}"
    return f"{owner}/catalogue{entry}"
