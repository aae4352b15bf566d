"""Periods of a plan's year: what is due, who owes it, closing; and a chamber's own rules."""
