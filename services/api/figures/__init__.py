"""Results seen by period, by office, by level, and over the years."""
