"""The rules a new plan begins with, when its chamber names none."""

from shared.contracts.case import CasePolicy

STARTING_POLICY = CasePolicy.model_validate(
    {
        "overall": {"kinds": ["perspective"]},
        "rounding": {"individual": 1, "overall": 1},
        "lights": [
            {"above": "90", "label": "green"},
            {"from": "70", "label": "yellow"},
            {"from": "0", "label": "red"},
        ],
        "explain_below": "70",
    }
)
"""The rules that the published systems of measurement share; a chamber changes what differs.

Judgements are each chamber's own words and scale: none are given.
"""
