"""Memberships of persons and keys of machines, and the two look-ups that find their chamber.

A person's chambers and a key's chamber must be known before the chamber of a request can be;
both functions answer codes only, as those of 0005 do.
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE members (
        chamber_id TEXT NOT NULL,
        member_id UUID NOT NULL,
        person TEXT NOT NULL,
        roles JSON NOT NULL,
        units JSON NOT NULL,
        sheets JSON NOT NULL,
        evaluates JSON NOT NULL,
        valid_from DATE,
        valid_until DATE,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_members PRIMARY KEY (chamber_id, member_id),
        CONSTRAINT fk_members_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id),
        CONSTRAINT uq_members_chamber_id_person UNIQUE (chamber_id, person)
    )
    """,
    "CREATE INDEX ix_members_person ON members (person)",
    """
    CREATE TABLE machine_clients (
        chamber_id TEXT NOT NULL,
        client_id UUID NOT NULL,
        title TEXT NOT NULL,
        scopes JSON NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_machine_clients PRIMARY KEY (chamber_id, client_id),
        CONSTRAINT fk_machine_clients_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE TABLE machine_keys (
        chamber_id TEXT NOT NULL,
        client_id UUID NOT NULL,
        key_id UUID NOT NULL,
        digest BYTEA NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        last_used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_machine_keys PRIMARY KEY (chamber_id, client_id, key_id),
        CONSTRAINT fk_machine_keys_chamber_id_machine_clients FOREIGN KEY(chamber_id, client_id) REFERENCES machine_clients (chamber_id, client_id)
    )
    """,
    "CREATE INDEX ix_machine_keys_key_id ON machine_keys (key_id)",
)

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

GRANTS = {
    "members": "SELECT, INSERT, UPDATE, DELETE",
    "machine_clients": "SELECT, INSERT, UPDATE",
    "machine_keys": "SELECT, INSERT, UPDATE, DELETE",
}

DISPATCHER = (
    "GRANT SELECT (chamber_id, person) ON members TO ciclo_dispatcher",
    "GRANT SELECT (chamber_id, key_id) ON machine_keys TO ciclo_dispatcher",
    "CREATE POLICY dispatcher_persons ON members FOR SELECT TO ciclo_dispatcher USING (true)",
    "CREATE POLICY dispatcher_keys ON machine_keys FOR SELECT TO ciclo_dispatcher USING (true)",
)

FUNCTIONS = {
    "ciclo_member_chambers(text)": """
    CREATE FUNCTION ciclo_member_chambers(subject text)
    RETURNS TABLE (chamber_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT m.chamber_id FROM members m WHERE m.person = subject ORDER BY m.chamber_id
    $$
    """,
    "ciclo_key_chamber(uuid)": """
    CREATE FUNCTION ciclo_key_chamber(key uuid)
    RETURNS TABLE (chamber_id text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
        SELECT k.chamber_id FROM machine_keys k WHERE k.key_id = key ORDER BY k.chamber_id
    $$
    """,
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    for table, privileges in GRANTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT {privileges} ON {table} TO ciclo_runtime")
    for statement in DISPATCHER:
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
    for table in ("machine_keys", "machine_clients", "members"):
        op.execute(f"DROP TABLE {table}")
