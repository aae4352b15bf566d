"""Files that prove measurements: taken once, kept with their hash, never changed."""
