"""Decisions of the OIV: what is left out of a mean, for which scope, and why."""
