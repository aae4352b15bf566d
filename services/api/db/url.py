"""How SQLAlchemy is told where PostgreSQL is; apart from Alembic, which the API never loads."""

from sqlalchemy.engine import make_url


def asyncpg_url(database_url: str) -> str:
    """``postgresql://...`` as SQLAlchemy wants it, with asyncpg as driver."""
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    return url.render_as_string(hide_password=False)
