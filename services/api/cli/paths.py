"""Addresses of the API's resources."""

from urllib.parse import quote


def chamber_path(chamber: str) -> str:
    """Where a chamber is."""
    return f"/v1/chambers/{quote(chamber, safe='')}"


def plan_path(chamber: str, year: int) -> str:
    """Where a chamber's year is."""
    return f"{chamber_path(chamber)}/plans/{year}"


def result_path(chamber: str, year: int, code: str) -> str:
    """Where the explanation of a figure is."""
    return f"{plan_path(chamber, year)}/results/{quote(code, safe='')}"
