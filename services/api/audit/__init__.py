"""The audit of a chamber and of an entity: reading it, and proving that nothing was altered."""
