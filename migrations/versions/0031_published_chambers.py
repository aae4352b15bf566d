"""Which chambers have published something: codes only, for the map of the public pages."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_FUNCTION = "ciclo_published_chambers()"


def upgrade() -> None:
    op.execute("GRANT SELECT (chamber_id, state) ON reports TO ciclo_dispatcher")
    op.execute(
        "CREATE POLICY dispatcher_published ON reports FOR SELECT TO ciclo_dispatcher "
        "USING (state = 'published')"
    )
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_dispatcher")
    op.execute(
        f"""
        CREATE FUNCTION {_FUNCTION}
        RETURNS TABLE (chamber_id text)
        LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = pg_catalog, public, pg_temp
        AS $$
            SELECT DISTINCT r.chamber_id FROM reports r WHERE r.state = 'published' ORDER BY 1
        $$
        """
    )
    op.execute(f"REVOKE ALL ON FUNCTION {_FUNCTION} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {_FUNCTION} TO ciclo_runtime")
    op.execute(f"ALTER FUNCTION {_FUNCTION} OWNER TO ciclo_dispatcher")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_dispatcher")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {_FUNCTION}")
    op.execute("DROP POLICY dispatcher_published ON reports")
    op.execute("REVOKE ALL ON reports FROM ciclo_dispatcher")
