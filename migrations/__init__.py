"""Alembic migrations, run as the owner role. Versions import nothing of this project."""
