"""What the OIV judges, beside what is computed, and the history of the whole evaluation."""
