"""JSON Merge Patch (RFC 7396), the form of every change that is sent."""

from collections.abc import Mapping
from typing import Any


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What a patch makes of an object: absent fields stay, null removes, lists are replaced."""
    merged = dict(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            known = merged.get(name)
            merged[name] = merge_patch(known if isinstance(known, Mapping) else {}, value)
        else:
            merged[name] = value
    return merged
