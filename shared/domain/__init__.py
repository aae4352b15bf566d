"""The performance model and its rules, pure: no clock, no I/O, no framework.

Values are frozen dataclasses, functions return new values, arithmetic is exact
(:class:`fractions.Fraction`); rounding happens only where a figure is shown.
"""
