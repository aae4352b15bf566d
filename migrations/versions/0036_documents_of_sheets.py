"""Retention of the documents of individual sheets: they go when the data of their sheets go.

``ciclo_retire_sheet_documents`` runs as ``ciclo_eraser`` like ``ciclo_retire``, under the same
policies, for the one chamber that the transaction names, and refuses a day that is too near.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

SIGNATURE = "ciclo_retire_sheet_documents(text, timestamptz)"

RETIRE = """
    CREATE FUNCTION ciclo_retire_sheet_documents(chamber text, moment timestamptz)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        due uuid[];
    BEGIN
        IF current_setting('ciclo.chambers', true) IS DISTINCT FROM chamber
            OR moment > now() - interval '1 year' + interval '1 hour' THEN
            RAISE EXCEPTION 'retention_refused';
        END IF;
        SELECT coalesce(array_agg(r.report_id), '{}') INTO due
        FROM reports AS r
        WHERE r.chamber_id = chamber AND r.kind = 'scheda'
            AND make_date(r.year + 1, 1, 1) <= moment::date;
        DELETE FROM report_signatures AS s
        WHERE s.chamber_id = chamber AND s.report_id = ANY (due);
        DELETE FROM report_moves AS m WHERE m.chamber_id = chamber AND m.report_id = ANY (due);
        DELETE FROM render_jobs AS j WHERE j.chamber_id = chamber AND j.report_id = ANY (due);
        DELETE FROM reports AS r WHERE r.chamber_id = chamber AND r.report_id = ANY (due);
        RETURN cardinality(due);
    END
    $$
"""


def upgrade() -> None:
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_eraser")
    op.execute(RETIRE)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO ciclo_runtime")
    op.execute(f"ALTER FUNCTION {SIGNATURE} OWNER TO ciclo_eraser")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_eraser")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
