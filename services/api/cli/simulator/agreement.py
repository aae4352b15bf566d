"""Whether both sides hold the same: what the source holds, and what stands in the chamber."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.api.cli.client import ApiClient
from services.api.cli.paths import chamber_path, plan_path
from services.api.cli.simulator.truth import Held, Key

_MOST_TOLD = 20


def differences(
    api: ApiClient, chamber: str, held: Mapping[Key, Held], years: Iterable[int]
) -> list[str]:
    """Every datum that is not as the source holds it, in words; the first twenty of them.

    Values that the source knows nothing of are no difference: others enter data too.
    """
    ours: dict[Key, Mapping[str, Any]] = {}
    for year in years:
        for row in api.read_list(f"{plan_path(chamber, year)}/measurements")["items"]:
            when = row["year"] if row["year"] is not None else year
            key = (row["subject_kind"], row["subject_code"], when, row["period"])
            # A value of an earlier year stands in its own plan, and in later ones that read it.
            if when == year or key not in ours:
                ours[key] = row
    found: list[str] = []
    for key, datum in held.items():
        fault = _difference(datum, ours.get(key))
        if fault is not None:
            found.append(f"{chamber} {key}: {fault}")
            if len(found) >= _MOST_TOLD:
                break
    return found


def _difference(datum: Held, row: Mapping[str, Any] | None) -> str | None:
    if row is None:
        return "missing"
    if datum.withdrawn:
        return None if row["status"] == "withdrawn" else f"{row['value']} is not withdrawn"
    for name in ("value", "result"):
        if row[name] != datum.item.get(name):
            return f"{name} {row[name]} instead of {datum.item.get(name)}"
    wanted = datum.item.get("status") or "measured"
    return None if row["status"] == wanted else f"status {row['status']} instead of {wanted}"


def waiting(api: ApiClient, chamber: str) -> int:
    """How many statements wait in quarantine."""
    return int(api.read(f"{chamber_path(chamber)}/quarantine/counts")["waiting"])


def gaps(api: ApiClient, chamber: str, integration: str) -> int:
    """Of how many data a version never came."""
    return int(api.read(f"{chamber_path(chamber)}/integrations/{integration}")["gaps"])
