"""The three reads that cannot know the chamber first, and nothing else across chambers.

Each is a function that runs as ``ciclo_dispatcher``, a role that cannot log in, bypasses
nothing and has policies and column grants for exactly these statements. They answer codes
and ids; contents are then read with the chamber set, as everything else.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GRANTS = (
    "GRANT SELECT (chamber_id, entity_id) ON chambers TO ciclo_dispatcher",
    """
    GRANT SELECT (chamber_id, event_id, topic, available_at, attempts, dispatched_at)
    ON outbox TO ciclo_dispatcher
    """,
    "GRANT UPDATE (available_at, attempts) ON outbox TO ciclo_dispatcher",
    """
    GRANT SELECT (chamber_id, job_id, state, available_at, dispatched_at, lease_expires_at)
    ON render_jobs TO ciclo_dispatcher
    """,
    "GRANT UPDATE (dispatched_at) ON render_jobs TO ciclo_dispatcher",
)

POLICIES = (
    "CREATE POLICY dispatcher_codes ON chambers FOR SELECT TO ciclo_dispatcher USING (true)",
    """
    CREATE POLICY dispatcher_waiting ON outbox TO ciclo_dispatcher
    USING (dispatched_at IS NULL) WITH CHECK (dispatched_at IS NULL)
    """,
    """
    CREATE POLICY dispatcher_open ON render_jobs TO ciclo_dispatcher
    USING (state IN ('queued', 'leased')) WITH CHECK (state IN ('queued', 'leased'))
    """,
)

FUNCTIONS = {
    "ciclo_entity_chambers(text)": """
    CREATE FUNCTION ciclo_entity_chambers(entity text)
    RETURNS TABLE (chamber_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT c.chamber_id FROM chambers c WHERE c.entity_id = entity ORDER BY c.chamber_id
    $$
    """,
    "ciclo_claim_outbox(text[], integer, integer)": """
    CREATE FUNCTION ciclo_claim_outbox(topics text[], batch integer, hold_seconds integer)
    RETURNS TABLE (chamber_id text, event_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        UPDATE outbox AS o
        SET available_at = now() + make_interval(secs => hold_seconds),
            attempts = o.attempts + 1
        FROM (
            SELECT w.chamber_id, w.event_id FROM outbox AS w
            WHERE w.dispatched_at IS NULL AND w.topic = ANY (topics)
                AND w.available_at <= now()
            ORDER BY w.available_at
            LIMIT batch
            FOR UPDATE SKIP LOCKED
        ) AS due
        WHERE o.chamber_id = due.chamber_id AND o.event_id = due.event_id
        RETURNING o.chamber_id, o.event_id
    $$
    """,
    "ciclo_claim_lost_jobs(integer, integer)": """
    CREATE FUNCTION ciclo_claim_lost_jobs(batch integer, silent_seconds integer)
    RETURNS TABLE (chamber_id text, job_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        UPDATE render_jobs AS j
        SET dispatched_at = now()
        FROM (
            SELECT w.chamber_id, w.job_id FROM render_jobs AS w
            WHERE (w.state = 'queued' OR (w.state = 'leased' AND w.lease_expires_at < now()))
                AND w.available_at <= now()
                AND (w.dispatched_at IS NULL
                    OR w.dispatched_at < now() - make_interval(secs => silent_seconds))
            ORDER BY w.available_at
            LIMIT batch
            FOR UPDATE SKIP LOCKED
        ) AS lost
        WHERE j.chamber_id = lost.chamber_id AND j.job_id = lost.job_id
        RETURNING j.chamber_id, j.job_id
    $$
    """,
}


def upgrade() -> None:
    for statement in (*GRANTS, *POLICIES):
        op.execute(statement)
    # PostgreSQL asks the new owner of a function for CREATE on its schema; only now.
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_dispatcher")
    for signature, body in FUNCTIONS.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO ciclo_runtime")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO ciclo_dispatcher")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_dispatcher")


def downgrade() -> None:
    for signature in FUNCTIONS:
        op.execute(f"DROP FUNCTION {signature}")
    for policy, table in (
        ("dispatcher_codes", "chambers"),
        ("dispatcher_waiting", "outbox"),
        ("dispatcher_open", "render_jobs"),
    ):
        op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM ciclo_dispatcher")
