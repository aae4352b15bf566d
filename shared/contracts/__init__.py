"""Frozen models that cross a process or network border, each with a version."""
