"""Refusal to serve with a database role that isolation does not bind."""

import sqlalchemy as sa

from services.api.db.session import Database

_ROLE = sa.text("""
    SELECT rolname, rolsuper, rolbypassrls,
        EXISTS (
            SELECT FROM pg_class
            WHERE relowner = pg_roles.oid AND relnamespace = 'public'::regnamespace
        ) AS owns
    FROM pg_roles WHERE rolname = current_user
""")


class UnsafeRoleError(RuntimeError):
    """The role of ``DATABASE_URL`` is a superuser, bypasses row-level security or owns tables."""


async def refuse_unsafe_role(database: Database) -> None:
    """Checks the role the pool connects as.

    Raises:
        UnsafeRoleError: policies would not bind it.
    """
    async with database.read() as session:
        role = await session.first(_ROLE)
    if role is None or role.rolsuper or role.rolbypassrls or role.owns:
        raise UnsafeRoleError(
            "DATABASE_URL must name a role that is no superuser, has no BYPASSRLS and owns nothing"
        )
