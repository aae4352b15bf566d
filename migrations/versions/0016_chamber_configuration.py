"""What a chamber is set to: codes, life and successor. Suspended chambers send nothing.

What waits in the outbox of a suspended chamber, its lost jobs, and its messages to subscribers
wait on: the claiming functions pass it by.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CLAIM_OUTBOX = """
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
                AND w.available_at <= now() {active}
            ORDER BY w.available_at
            LIMIT batch
            FOR UPDATE OF w SKIP LOCKED
        ) AS due
        WHERE o.chamber_id = due.chamber_id AND o.event_id = due.event_id
        RETURNING o.chamber_id, o.event_id
    $$
"""

CLAIM_LOST_JOBS = """
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
                    OR w.dispatched_at < now() - make_interval(secs => silent_seconds)) {active}
            ORDER BY w.available_at
            LIMIT batch
            FOR UPDATE OF w SKIP LOCKED
        ) AS lost
        WHERE j.chamber_id = lost.chamber_id AND j.job_id = lost.job_id
        RETURNING j.chamber_id, j.job_id
    $$
"""

CLAIM_DELIVERIES = """
    CREATE FUNCTION ciclo_claim_deliveries(moment timestamptz, batch integer, hold_seconds integer)
    RETURNS TABLE (chamber_id text, delivery_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        UPDATE deliveries AS d
        SET next_at = moment + make_interval(secs => hold_seconds)
        FROM (
            SELECT w.chamber_id, w.delivery_id
            FROM deliveries AS w
            JOIN subscriptions AS s
                ON s.chamber_id = w.chamber_id AND s.subscription_id = w.subscription_id
                AND s.standing = 'active'
            WHERE w.state = 'pending' AND w.next_at <= moment
                AND NOT EXISTS (
                    SELECT FROM deliveries AS e
                    WHERE e.chamber_id = w.chamber_id AND e.subscription_id = w.subscription_id
                        AND e.subject = w.subject AND e.state = 'pending'
                        AND e.event_id < w.event_id)
                AND NOT EXISTS (
                    SELECT FROM outbox AS o
                    WHERE o.chamber_id = w.chamber_id AND o.subject = w.subject
                        AND o.dispatched_at IS NULL AND o.topic <> 'render.requested'
                        AND o.event_id < w.event_id) {active}
            ORDER BY w.next_at
            LIMIT batch
            FOR UPDATE OF w SKIP LOCKED
        ) AS due
        WHERE d.chamber_id = due.chamber_id AND d.delivery_id = due.delivery_id
        RETURNING d.chamber_id, d.delivery_id
    $$
"""

ACTIVE = """AND EXISTS (
                    SELECT FROM chambers AS c
                    WHERE c.chamber_id = w.chamber_id AND c.status = 'active')"""

FUNCTIONS = {
    "ciclo_claim_outbox(text[], integer, integer)": CLAIM_OUTBOX,
    "ciclo_claim_lost_jobs(integer, integer)": CLAIM_LOST_JOBS,
    "ciclo_claim_deliveries(timestamptz, integer, integer)": CLAIM_DELIVERIES,
}


def upgrade() -> None:
    op.execute("""
        ALTER TABLE chambers
            ADD COLUMN short_name TEXT,
            ADD COLUMN ipa_code TEXT,
            ADD COLUMN tax_code TEXT,
            ADD COLUMN region TEXT,
            ADD COLUMN valid_from DATE,
            ADD COLUMN valid_to DATE,
            ADD COLUMN successor TEXT,
            ADD CONSTRAINT ck_chambers_life CHECK (valid_to > valid_from)
    """)
    op.execute("GRANT SELECT (status) ON chambers TO ciclo_dispatcher")
    replace_functions(ACTIVE)


def downgrade() -> None:
    replace_functions("")
    op.execute("REVOKE SELECT (status) ON chambers FROM ciclo_dispatcher")
    op.execute("""
        ALTER TABLE chambers
            DROP CONSTRAINT ck_chambers_life,
            DROP COLUMN short_name, DROP COLUMN ipa_code, DROP COLUMN tax_code,
            DROP COLUMN region, DROP COLUMN valid_from, DROP COLUMN valid_to,
            DROP COLUMN successor
    """)


def replace_functions(active: str) -> None:
    """Makes the two functions anew; with ``active`` they look at active chambers only."""
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_dispatcher")
    for signature, body in FUNCTIONS.items():
        op.execute(f"DROP FUNCTION {signature}")
        op.execute(body.format(active=active))
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO ciclo_runtime")
        op.execute(f"ALTER FUNCTION {signature} OWNER TO ciclo_dispatcher")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_dispatcher")
