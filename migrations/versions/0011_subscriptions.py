"""Subscribers of events, the messages to them, and every attempt.

What is due is claimed across chambers by a function that answers ids only, like the outbox:
the oldest delivery of each subject of an active subscriber, and only when no earlier event of
that subject still waits in the outbox.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE subscriptions (
        chamber_id TEXT NOT NULL,
        subscription_id UUID NOT NULL,
        title TEXT NOT NULL,
        url TEXT NOT NULL,
        events JSON NOT NULL,
        standing TEXT DEFAULT 'active' NOT NULL,
        disabled_reason TEXT,
        failing_since TIMESTAMP WITH TIME ZONE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        CONSTRAINT pk_subscriptions PRIMARY KEY (chamber_id, subscription_id),
        CONSTRAINT fk_subscriptions_chamber_id_chambers FOREIGN KEY(chamber_id)
            REFERENCES chambers (chamber_id),
        CONSTRAINT ck_subscriptions_standing CHECK (standing IN ('active', 'paused', 'disabled'))
    )
    """,
    """
    CREATE TABLE subscription_secrets (
        chamber_id TEXT NOT NULL,
        subscription_id UUID NOT NULL,
        secret_id UUID NOT NULL,
        sealed TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_subscription_secrets PRIMARY KEY (chamber_id, subscription_id, secret_id),
        CONSTRAINT fk_subscription_secrets_subscription FOREIGN KEY(chamber_id, subscription_id)
            REFERENCES subscriptions (chamber_id, subscription_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE deliveries (
        chamber_id TEXT NOT NULL,
        delivery_id UUID NOT NULL,
        subscription_id UUID NOT NULL,
        event_id UUID NOT NULL,
        event TEXT NOT NULL,
        subject TEXT NOT NULL,
        body BYTEA NOT NULL,
        state TEXT DEFAULT 'pending' NOT NULL,
        attempts INTEGER DEFAULT '0' NOT NULL,
        tries INTEGER DEFAULT '0' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        next_at TIMESTAMP WITH TIME ZONE NOT NULL,
        settled_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_deliveries PRIMARY KEY (chamber_id, delivery_id),
        CONSTRAINT uq_deliveries_event UNIQUE (chamber_id, subscription_id, event_id),
        CONSTRAINT fk_deliveries_subscription FOREIGN KEY(chamber_id, subscription_id)
            REFERENCES subscriptions (chamber_id, subscription_id) ON DELETE CASCADE,
        CONSTRAINT ck_deliveries_state CHECK (state IN ('pending', 'delivered', 'failed'))
    )
    """,
    """
    CREATE TABLE delivery_attempts (
        chamber_id TEXT NOT NULL,
        delivery_id UUID NOT NULL,
        attempt INTEGER NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        status SMALLINT,
        failure TEXT,
        milliseconds INTEGER NOT NULL,
        CONSTRAINT pk_delivery_attempts PRIMARY KEY (chamber_id, delivery_id, attempt),
        CONSTRAINT fk_delivery_attempts_delivery FOREIGN KEY(chamber_id, delivery_id)
            REFERENCES deliveries (chamber_id, delivery_id) ON DELETE CASCADE
    )
    """,
)

INDEXES = (
    """
    CREATE INDEX ix_deliveries_waiting
    ON deliveries (chamber_id, subscription_id, subject, event_id) WHERE state = 'pending'
    """,
    "CREATE INDEX ix_deliveries_due ON deliveries (next_at) WHERE state = 'pending'",
    "CREATE INDEX ix_deliveries_list ON deliveries (chamber_id, subscription_id, created_at)",
    """
    CREATE INDEX ix_outbox_subject ON outbox (chamber_id, subject, event_id)
    WHERE dispatched_at IS NULL
    """,
)

NAMES = ("subscriptions", "subscription_secrets", "deliveries", "delivery_attempts")

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions, subscription_secrets TO ciclo_runtime",
    "GRANT SELECT, INSERT, UPDATE ON deliveries TO ciclo_runtime",
    "GRANT SELECT, INSERT ON delivery_attempts TO ciclo_runtime",
    "GRANT SELECT (subject) ON outbox TO ciclo_dispatcher",
    "GRANT SELECT (chamber_id, subscription_id, standing) ON subscriptions TO ciclo_dispatcher",
    """
    GRANT SELECT (chamber_id, delivery_id, subscription_id, event_id, subject, state, next_at)
    ON deliveries TO ciclo_dispatcher
    """,
    "GRANT UPDATE (next_at) ON deliveries TO ciclo_dispatcher",
    """
    CREATE POLICY dispatcher_active ON subscriptions FOR SELECT TO ciclo_dispatcher
    USING (standing = 'active')
    """,
    """
    CREATE POLICY dispatcher_pending ON deliveries TO ciclo_dispatcher
    USING (state = 'pending') WITH CHECK (state = 'pending')
    """,
)

SIGNATURE = "ciclo_claim_deliveries(timestamptz, integer, integer)"

CLAIM = """
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
                        AND o.event_id < w.event_id)
            ORDER BY w.next_at
            LIMIT batch
            FOR UPDATE OF w SKIP LOCKED
        ) AS due
        WHERE d.chamber_id = due.chamber_id AND d.delivery_id = due.delivery_id
        RETURNING d.chamber_id, d.delivery_id
    $$
"""


def upgrade() -> None:
    for statement in (*TABLES, *INDEXES):
        op.execute(statement)
    for table in NAMES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
    for statement in GRANTS:
        op.execute(statement)
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_dispatcher")
    op.execute(CLAIM)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO ciclo_runtime")
    op.execute(f"ALTER FUNCTION {SIGNATURE} OWNER TO ciclo_dispatcher")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_dispatcher")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("DROP INDEX ix_outbox_subject")
    op.execute("REVOKE SELECT (subject) ON outbox FROM ciclo_dispatcher")
    for table in reversed(NAMES):
        op.execute(f"DROP TABLE {table}")
