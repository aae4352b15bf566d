"""The audit becomes a chain: each line's hash holds the hash of the line before it.

A deferred trigger links the lines of a transaction when it commits, one transaction after the
other in each chamber. It runs as the owner: the runtime role may read the chain and do nothing
else to it, neither leave a line out nor write one that the chain does not have. Lines written
before are linked here, in the order of their identifiers. Lines also tell from where.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COLUMNS = """
    ALTER TABLE {log}
        ADD COLUMN client TEXT,
        ADD COLUMN agent TEXT,
        ADD COLUMN "before" JSON,
        ADD COLUMN "after" JSON
"""

CHAIN = """
    CREATE TABLE {chain} (
        {key} TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        audit_id UUID NOT NULL,
        previous BYTEA NOT NULL,
        hash BYTEA NOT NULL,
        CONSTRAINT pk_{chain} PRIMARY KEY ({key}, sequence),
        CONSTRAINT uq_{chain}_line UNIQUE ({key}, audit_id)
    )
"""

HEADS = """
    CREATE TABLE {heads} (
        {key} TEXT NOT NULL,
        sequence BIGINT NOT NULL,
        hash BYTEA NOT NULL,
        CONSTRAINT pk_{heads} PRIMARY KEY ({key})
    ) WITH (fillfactor = 50)
"""

# What is hashed after the previous hash: each part as its length in bytes and itself, or "-".
FUNCTION = """
    CREATE FUNCTION {function}() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        head {heads}%ROWTYPE;
        part text;
        content text := '';
        linked bytea;
    BEGIN
        SELECT * INTO head FROM {heads} WHERE {key} = NEW.{key} FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO {heads} ({key}, sequence, hash)
            VALUES (NEW.{key}, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
            SELECT * INTO head FROM {heads} WHERE {key} = NEW.{key} FOR UPDATE;
        END IF;
        FOREACH part IN ARRAY ARRAY[
            NEW.{key}, (head.sequence + 1)::text, NEW.audit_id::text,
            to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            NEW.actor, NEW.action, NEW.subject, NEW.request_id, NEW.client, NEW.agent,
            NEW.detail::text, NEW."before"::text, NEW."after"::text
        ] LOOP
            content := content
                || coalesce(octet_length(convert_to(part, 'UTF8')) || ':' || part, '-') || ',';
        END LOOP;
        linked := sha256(head.hash || convert_to(content, 'UTF8'));
        INSERT INTO {chain} ({key}, sequence, audit_id, previous, hash)
        VALUES (NEW.{key}, head.sequence + 1, NEW.audit_id, head.hash, linked);
        UPDATE {heads} SET sequence = head.sequence + 1, hash = linked WHERE {key} = NEW.{key};
        RETURN NULL;
    END
    $$
"""

TRIGGER = """
    CREATE CONSTRAINT TRIGGER chain AFTER INSERT ON {log}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {function}()
"""

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

# Lines that are there already go through the trigger like new ones: a copy of the table is
# emptied into it, in order.
RELINK = (
    "CREATE TEMPORARY TABLE earlier ON COMMIT DROP AS SELECT * FROM {log}",
    "DELETE FROM {log}",
    "INSERT INTO {log} SELECT * FROM earlier ORDER BY audit_id",
    "SET CONSTRAINTS chain IMMEDIATE",
    "SET CONSTRAINTS chain DEFERRED",
    "DROP TABLE earlier",
)

LOGS = (
    {
        "log": "audit_log",
        "chain": "audit_chain",
        "heads": "audit_heads",
        "key": "chamber_id",
        "function": "ciclo_chain_audit",
    },
    {
        "log": "entity_audit_log",
        "chain": "entity_audit_chain",
        "heads": "entity_audit_heads",
        "key": "entity_id",
        "function": "ciclo_chain_entity_audit",
    },
)

ISOLATED = ("audit_chain", "audit_heads")


def upgrade() -> None:
    for names in LOGS:
        for statement in (COLUMNS, CHAIN, HEADS, FUNCTION):
            op.execute(statement.format(**names))
        op.execute("REVOKE ALL ON FUNCTION {function}() FROM PUBLIC".format(**names))
        op.execute(TRIGGER.format(**names))
        op.execute("GRANT SELECT ON {chain}, {heads} TO ciclo_runtime".format(**names))
    # The owner sees every chamber's lines while they are linked, and no longer.
    op.execute("ALTER TABLE audit_log NO FORCE ROW LEVEL SECURITY")
    for names in LOGS:
        for statement in RELINK:
            op.execute(statement.format(**names))
    op.execute("ALTER TABLE audit_log FORCE ROW LEVEL SECURITY")
    for table in ISOLATED:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))


def downgrade() -> None:
    for names in LOGS:
        op.execute("DROP TRIGGER chain ON {log}".format(**names))
        op.execute("DROP FUNCTION {function}()".format(**names))
        op.execute("DROP TABLE {chain}".format(**names))
        op.execute("DROP TABLE {heads}".format(**names))
        op.execute(
            'ALTER TABLE {log} DROP COLUMN client, DROP COLUMN agent, DROP COLUMN "before", '
            'DROP COLUMN "after"'.format(**names)
        )
