"""Retention: what has been kept for long enough is removed, and each removal stays on record.

``ciclo_retire`` runs as ``ciclo_eraser``, under the same policies as everyone, for the one chamber
that the transaction names. It knows a few kinds of rows and refuses a day that is too near,
whoever asks: messages stay a week at least (their identifiers keep repetitions out), whatever
proves or documents something a year.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLE = """
    CREATE TABLE retention_runs (
        chamber_id TEXT NOT NULL,
        run_id UUID NOT NULL,
        removed JSON NOT NULL,
        ran_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        ran_by TEXT NOT NULL,
        CONSTRAINT pk_retention_runs PRIMARY KEY (chamber_id, run_id),
        CONSTRAINT fk_retention_runs_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
"""

POLICY = """
    CREATE POLICY chamber ON retention_runs
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

SIGNATURE = "ciclo_retire(text, text, timestamptz)"

RETIRE = """
    CREATE FUNCTION ciclo_retire(chamber text, kind text, moment timestamptz)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        gone bigint;
        total bigint := 0;
        least interval := CASE
            WHEN kind IN ('messages', 'events', 'memberships') THEN interval '7 days'
            ELSE interval '1 year' END;
        through bigint;
        plan uuid;
        codes text[];
        rows text[];
        measured uuid[];
    BEGIN
        IF current_setting('ciclo.chambers', true) IS DISTINCT FROM chamber
            OR moment > now() - least + interval '1 hour' THEN
            RAISE EXCEPTION 'retention_refused';
        END IF;
        IF kind = 'messages' THEN
            DELETE FROM quarantine AS q
            WHERE q.chamber_id = chamber AND q.state <> 'waiting' AND q.decided_at < moment;
            GET DIAGNOSTICS gone = ROW_COUNT;
            total := gone;
            DELETE FROM webhook_messages AS m
            WHERE m.chamber_id = chamber AND m.outcome <> 'received' AND m.received_at < moment
                AND NOT EXISTS (
                    SELECT FROM quarantine AS q
                    WHERE q.chamber_id = chamber AND q.integration_id = m.integration_id
                        AND q.message_id = m.message_id);
        ELSIF kind = 'events' THEN
            DELETE FROM deliveries AS d
            WHERE d.chamber_id = chamber AND d.state <> 'pending' AND d.settled_at < moment;
            GET DIAGNOSTICS gone = ROW_COUNT;
            total := gone;
            DELETE FROM outbox AS o WHERE o.chamber_id = chamber AND o.dispatched_at < moment;
        ELSIF kind = 'memberships' THEN
            DELETE FROM members AS m
            WHERE m.chamber_id = chamber AND m.valid_until < moment::date;
            GET DIAGNOSTICS gone = ROW_COUNT;
            total := gone;
            DELETE FROM machine_keys AS k WHERE k.chamber_id = chamber AND k.expires_at < moment;
            GET DIAGNOSTICS gone = ROW_COUNT;
            total := total + gone;
            DELETE FROM machine_clients AS c
            WHERE c.chamber_id = chamber AND c.revoked_at < moment
                AND NOT EXISTS (
                    SELECT FROM machine_keys AS k
                    WHERE k.chamber_id = chamber AND k.client_id = c.client_id);
        ELSIF kind = 'evidence' THEN
            DELETE FROM measurement_evidence AS e
            USING plans AS p
            WHERE e.chamber_id = chamber AND p.chamber_id = chamber AND p.plan_id = e.plan_id
                AND make_date(p.year + 1, 1, 1) <= moment::date;
        ELSIF kind = 'audit' THEN
            -- The lines before the first one that stays: what is gone is one piece.
            SELECT min(c.sequence) - 1 INTO through
            FROM audit_chain AS c
            JOIN audit_log AS l ON l.chamber_id = c.chamber_id AND l.audit_id = c.audit_id
            WHERE c.chamber_id = chamber AND l.at >= moment;
            DELETE FROM audit_log AS l
            USING audit_chain AS c
            WHERE l.chamber_id = chamber AND c.chamber_id = chamber
                AND c.audit_id = l.audit_id AND c.sequence <= through;
        ELSIF kind = 'sheets' THEN
            FOR plan IN
                SELECT p.plan_id FROM plans AS p
                WHERE p.chamber_id = chamber AND make_date(p.year + 1, 1, 1) <= moment::date
            LOOP
                WITH RECURSIVE sheet AS (
                    SELECT o.code FROM objectives AS o
                    WHERE o.chamber_id = chamber AND o.plan_id = plan AND o.kind = 'individual'
                    UNION
                    SELECT o.code FROM objectives AS o JOIN sheet AS s ON o.parent = s.code
                    WHERE o.chamber_id = chamber AND o.plan_id = plan
                )
                SELECT array_agg(s.code) INTO codes FROM sheet AS s;
                CONTINUE WHEN codes IS NULL;
                SELECT coalesce(array_agg(i.code), '{}') INTO rows FROM indicators AS i
                WHERE i.chamber_id = chamber AND i.plan_id = plan AND i.objective = ANY (codes);
                SELECT coalesce(array_agg(m.measurement_id), '{}') INTO measured
                FROM measurements AS m
                WHERE m.chamber_id = chamber AND m.plan_id = plan
                    AND ((m.subject_kind = 'objective' AND m.subject_code = ANY (codes))
                        OR (m.subject_kind = 'indicator' AND m.subject_code = ANY (rows)));
                DELETE FROM measurement_evidence AS e
                WHERE e.chamber_id = chamber AND e.plan_id = plan
                    AND e.measurement_id = ANY (measured);
                DELETE FROM measurement_state_changes AS c
                WHERE c.chamber_id = chamber AND c.plan_id = plan
                    AND c.measurement_id = ANY (measured);
                DELETE FROM measurement_versions AS v
                WHERE v.chamber_id = chamber AND v.plan_id = plan
                    AND v.measurement_id = ANY (measured);
                DELETE FROM measurements AS m
                WHERE m.chamber_id = chamber AND m.plan_id = plan
                    AND m.measurement_id = ANY (measured);
                DELETE FROM evaluations AS e
                WHERE e.chamber_id = chamber AND e.plan_id = plan
                    AND (e.scope = ANY (codes)
                        OR (e.subject_kind = 'objective' AND e.subject_code = ANY (codes))
                        OR (e.subject_kind = 'indicator' AND e.subject_code = ANY (rows)));
                DELETE FROM evaluation_statements AS s
                WHERE s.chamber_id = chamber AND s.plan_id = plan
                    AND (s.scope = ANY (codes)
                        OR (s.subject_kind = 'objective' AND s.subject_code = ANY (codes))
                        OR (s.subject_kind = 'indicator' AND s.subject_code = ANY (rows)));
                DELETE FROM narratives AS n
                WHERE n.chamber_id = chamber AND n.plan_id = plan
                    AND n.subject_kind = 'objective' AND n.subject_code = ANY (codes);
                DELETE FROM indicators AS i
                WHERE i.chamber_id = chamber AND i.plan_id = plan AND i.code = ANY (rows);
                DELETE FROM results AS r WHERE r.chamber_id = chamber AND r.plan_id = plan;
                DELETE FROM objectives AS o
                WHERE o.chamber_id = chamber AND o.plan_id = plan AND o.code = ANY (codes);
                GET DIAGNOSTICS gone = ROW_COUNT;
                total := total + gone;
            END LOOP;
            RETURN total;
        ELSE
            RAISE EXCEPTION 'retention_refused';
        END IF;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN total + gone;
    END
    $$
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("ALTER TABLE retention_runs ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE retention_runs FORCE ROW LEVEL SECURITY")
    op.execute(POLICY)
    op.execute("GRANT SELECT, INSERT ON retention_runs TO ciclo_runtime")
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_eraser")
    op.execute(RETIRE)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO ciclo_runtime")
    op.execute(f"ALTER FUNCTION {SIGNATURE} OWNER TO ciclo_eraser")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_eraser")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("DROP TABLE retention_runs")
