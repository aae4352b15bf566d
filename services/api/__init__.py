"""The API: the only code that sees the database. It holds no signing key and renders nothing."""
