"""Measurements: entered by people, brought by files, sent by other systems.

``service`` and ``repository`` record what a form or a file says about one plan. What systems
send goes through ``arrivals``: ``resolution`` finds the plans it is about, and any number of
statements costs PostgreSQL the same few round trips (``arrivals_repository``).
"""
