"""Entities and their chambers."""
