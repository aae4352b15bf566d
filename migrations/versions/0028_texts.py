"""How texts come about: their versions, drafts, comments, and the offices that owe them.

The versions of texts begin with what stands. What was written about an individual sheet goes with
the sheet: ``ciclo_retire`` removes it, too.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE narrative_versions (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        number INTEGER NOT NULL,
        text TEXT,
        written_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        written_by TEXT NOT NULL,
        CONSTRAINT pk_narrative_versions PRIMARY KEY (chamber_id, plan_id, subject_kind, subject_code, number),
        CONSTRAINT fk_narrative_versions_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_narrative_versions_subject_kind CHECK (subject_kind IN ('objective', 'section'))
    )
    """,
    """
    CREATE TABLE narrative_drafts (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        written_by TEXT NOT NULL,
        draft_id UUID NOT NULL,
        revision INTEGER DEFAULT '1' NOT NULL,
        text TEXT NOT NULL,
        base_version INTEGER NOT NULL,
        begun_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        saved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_narrative_drafts PRIMARY KEY (chamber_id, plan_id, subject_kind, subject_code, written_by),
        CONSTRAINT fk_narrative_drafts_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_narrative_drafts_subject_kind CHECK (subject_kind IN ('objective', 'section'))
    )
    """,
    """
    CREATE TABLE comment_threads (
        chamber_id TEXT NOT NULL,
        thread_id UUID NOT NULL,
        plan_id UUID NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        text_version INTEGER NOT NULL,
        quote TEXT,
        state TEXT DEFAULT 'open' NOT NULL,
        capacity TEXT NOT NULL,
        lines INTEGER DEFAULT '1' NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        opened_by TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_comment_threads PRIMARY KEY (chamber_id, thread_id),
        CONSTRAINT fk_comment_threads_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_comment_threads_subject_kind CHECK (subject_kind IN ('objective', 'section')),
        CONSTRAINT ck_comment_threads_state CHECK (state IN ('open', 'resolved')),
        CONSTRAINT ck_comment_threads_capacity CHECK (capacity IN ('oiv', 'controller', 'office'))
    )
    """,
    """
    CREATE INDEX ix_comment_threads_subject
    ON comment_threads (chamber_id, plan_id, subject_kind, subject_code)
    """,
    """
    CREATE TABLE comments (
        chamber_id TEXT NOT NULL,
        thread_id UUID NOT NULL,
        number INTEGER NOT NULL,
        move TEXT NOT NULL,
        text TEXT,
        capacity TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        written_by TEXT NOT NULL,
        CONSTRAINT pk_comments PRIMARY KEY (chamber_id, thread_id, number),
        CONSTRAINT fk_comments_thread FOREIGN KEY(chamber_id, thread_id) REFERENCES comment_threads (chamber_id, thread_id) ON DELETE CASCADE,
        CONSTRAINT ck_comments_move CHECK (move IN ('open', 'answer', 'resolve', 'reopen')),
        CONSTRAINT ck_comments_capacity CHECK (capacity IN ('oiv', 'controller', 'office'))
    )
    """,
    """
    CREATE TABLE text_assignments (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        offices JSON NOT NULL,
        due_on DATE,
        note TEXT,
        assigned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        assigned_by TEXT NOT NULL,
        CONSTRAINT pk_text_assignments PRIMARY KEY (chamber_id, plan_id, subject_kind, subject_code),
        CONSTRAINT fk_text_assignments_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_text_assignments_subject_kind CHECK (subject_kind IN ('objective', 'section'))
    )
    """,
    # The owner is subject to the policies like everyone: it sees every chamber's rows only
    # while they are not forced, inside this transaction.
    "ALTER TABLE narratives NO FORCE ROW LEVEL SECURITY",
    """
    INSERT INTO narrative_versions (
        chamber_id, plan_id, subject_kind, subject_code, number, text, written_at, written_by)
    SELECT chamber_id, plan_id, subject_kind, subject_code, version, text, updated_at, updated_by
    FROM narratives
    """,
    "ALTER TABLE narratives FORCE ROW LEVEL SECURITY",
)

GRANTS = {
    "narrative_versions": "SELECT, INSERT",
    "narrative_drafts": "SELECT, INSERT, UPDATE, DELETE",
    "comment_threads": "SELECT, INSERT, UPDATE",
    "comments": "SELECT, INSERT",
    "text_assignments": "SELECT, INSERT, UPDATE, DELETE",
}

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

RETIRE_BEGIN = """
    CREATE OR REPLACE FUNCTION ciclo_retire(chamber text, kind text, moment timestamptz)
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
"""

RETIRE_TEXTS = """
                DELETE FROM narrative_versions AS v
                WHERE v.chamber_id = chamber AND v.plan_id = plan
                    AND v.subject_kind = 'objective' AND v.subject_code = ANY (codes);
                DELETE FROM narrative_drafts AS d
                WHERE d.chamber_id = chamber AND d.plan_id = plan
                    AND d.subject_kind = 'objective' AND d.subject_code = ANY (codes);
                DELETE FROM comments AS c
                USING comment_threads AS t
                WHERE c.chamber_id = chamber AND t.chamber_id = chamber
                    AND t.thread_id = c.thread_id AND t.plan_id = plan
                    AND t.subject_kind = 'objective' AND t.subject_code = ANY (codes);
                DELETE FROM comment_threads AS t
                WHERE t.chamber_id = chamber AND t.plan_id = plan
                    AND t.subject_kind = 'objective' AND t.subject_code = ANY (codes);
                DELETE FROM text_assignments AS a
                WHERE a.chamber_id = chamber AND a.plan_id = plan
                    AND a.subject_kind = 'objective' AND a.subject_code = ANY (codes);
"""

RETIRE_END = """
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
    for statement in STATEMENTS:
        op.execute(statement)
    for table, granted in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT {granted} ON {table} TO ciclo_runtime")
    _replace(RETIRE_BEGIN + RETIRE_TEXTS + RETIRE_END)


def downgrade() -> None:
    _replace(RETIRE_BEGIN + RETIRE_END)
    for table in ("comments", *(name for name in GRANTS if name != "comments")):
        op.execute(f"DROP TABLE {table}")


def _replace(function: str) -> None:
    """Owner and grants of a function stay when another takes its place."""
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_eraser")
    op.execute("SET LOCAL ROLE ciclo_eraser")
    op.execute(function)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_eraser")
