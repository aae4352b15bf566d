"""Removes what has been kept for long enough, and says what it removed."""
