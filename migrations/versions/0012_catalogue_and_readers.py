"""Catalogues of indicators, and grants to read several chambers together.

A row of an entity's catalogue is visible while one of the entity's chambers is: the policy
asks the table of chambers, which is under its own.
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE catalogue_entries (
        chamber_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        source TEXT NOT NULL,
        code TEXT NOT NULL,
        version INTEGER NOT NULL,
        content JSON NOT NULL,
        withdrawn BOOLEAN DEFAULT 'false' NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        recorded_by TEXT NOT NULL,
        CONSTRAINT pk_catalogue_entries PRIMARY KEY (chamber_id, kind, source, code, version),
        CONSTRAINT fk_catalogue_entries_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id),
        CONSTRAINT ck_catalogue_entries_kind CHECK (kind IN ('indicator', 'measure')),
        CONSTRAINT ck_catalogue_entries_source CHECK (source = 'own')
    )
    """,
    """
    CREATE TABLE entity_catalogue_entries (
        entity_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        source TEXT NOT NULL,
        code TEXT NOT NULL,
        version INTEGER NOT NULL,
        content JSON NOT NULL,
        withdrawn BOOLEAN DEFAULT 'false' NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        recorded_by TEXT NOT NULL,
        CONSTRAINT pk_entity_catalogue_entries PRIMARY KEY (entity_id, kind, source, code, version),
        CONSTRAINT fk_entity_catalogue_entries_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id),
        CONSTRAINT ck_entity_catalogue_entries_kind CHECK (kind IN ('indicator', 'measure')),
        CONSTRAINT ck_entity_catalogue_entries_source CHECK (source <> 'own')
    )
    """,
    """
    CREATE TABLE chamber_readers (
        chamber_id TEXT NOT NULL,
        grant_id UUID NOT NULL,
        reader TEXT NOT NULL,
        reason TEXT NOT NULL,
        expires_on DATE NOT NULL,
        granted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        granted_by TEXT NOT NULL,
        revoked_at TIMESTAMP WITH TIME ZONE,
        revoked_by TEXT,
        CONSTRAINT pk_chamber_readers PRIMARY KEY (chamber_id, grant_id),
        CONSTRAINT fk_chamber_readers_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id)
    )
    """,
    """
    CREATE INDEX ix_chamber_readers_reader ON chamber_readers (chamber_id, reader)
    """,
)

POLICIES = {
    "catalogue_entries": """
        CREATE POLICY chamber ON catalogue_entries
        USING (chamber_id = ANY (
            string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
        WITH CHECK (chamber_id = ANY (
            string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "chamber_readers": """
        CREATE POLICY chamber ON chamber_readers
        USING (chamber_id = ANY (
            string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
        WITH CHECK (chamber_id = ANY (
            string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "entity_catalogue_entries": """
        CREATE POLICY entity ON entity_catalogue_entries
        USING (entity_id IN (SELECT c.entity_id FROM chambers AS c))
        WITH CHECK (entity_id IN (SELECT c.entity_id FROM chambers AS c))
    """,
}


def upgrade() -> None:
    op.execute("ALTER TABLE indicators ADD COLUMN catalogue TEXT")
    for statement in TABLES:
        op.execute(statement)
    for table, policy in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(policy)
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ciclo_runtime")
    op.execute("GRANT UPDATE (revoked_at, revoked_by) ON chamber_readers TO ciclo_runtime")
    # An answer to a key is stored with ON CONFLICT DO UPDATE, which asks for both rights.
    op.execute("GRANT UPDATE ON entity_idempotency_keys TO ciclo_runtime")


def downgrade() -> None:
    op.execute("REVOKE UPDATE ON entity_idempotency_keys FROM ciclo_runtime")
    for table in POLICIES:
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE indicators DROP COLUMN catalogue")
