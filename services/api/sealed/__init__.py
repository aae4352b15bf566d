"""Everything that is sealed in the database, brought under the newest key."""
