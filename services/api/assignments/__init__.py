"""Which office owes which text by when, and who still owes what."""
