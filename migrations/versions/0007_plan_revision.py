"""The revision of a plan in one exchange with the server.

It is asked with every request for results. The function runs as its caller, sets the
context of the transaction it is in, and reads under the same policies as everything else.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION ciclo_plan_revision(chamber text, plan_year integer)
        RETURNS bigint
        LANGUAGE plpgsql VOLATILE SECURITY INVOKER
        SET search_path = pg_catalog, public, pg_temp
        AS $$
        BEGIN
            PERFORM set_config('ciclo.chambers', chamber, true);
            RETURN (
                SELECT p.revision FROM plans AS p
                WHERE p.chamber_id = chamber AND p.year = plan_year
            );
        END
        $$
    """)
    op.execute("REVOKE ALL ON FUNCTION ciclo_plan_revision(text, integer) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION ciclo_plan_revision(text, integer) TO ciclo_runtime")


def downgrade() -> None:
    op.execute("DROP FUNCTION ciclo_plan_revision(text, integer)")
