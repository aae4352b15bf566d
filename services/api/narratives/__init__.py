"""Texts over HTTP: by the offices they are of, drafted in private, kept in every version."""
