"""Statements that other systems send about data of a chamber's plans.

``resolution`` finds the plans a statement is about, ``service`` lets a whole set arrive, and
``repository`` costs PostgreSQL the same few round trips for any number of them.
"""
