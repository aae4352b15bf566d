"""What a system calls things and in which unit it counts, version by version."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE integration_mappings (
        chamber_id TEXT NOT NULL,
        integration_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        note TEXT,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_by TEXT NOT NULL,
        CONSTRAINT pk_integration_mappings PRIMARY KEY (chamber_id, integration_id, version),
        CONSTRAINT fk_integration_mappings_integration FOREIGN KEY(chamber_id, integration_id) REFERENCES integrations (chamber_id, integration_id)
    )
    """,
    """
    CREATE TABLE integration_mapping_entries (
        chamber_id TEXT NOT NULL,
        integration_id TEXT NOT NULL,
        version INTEGER NOT NULL,
        external TEXT NOT NULL,
        position INTEGER NOT NULL,
        subject_kind TEXT NOT NULL,
        code TEXT NOT NULL,
        unit TEXT,
        conversion TEXT NOT NULL,
        CONSTRAINT pk_integration_mapping_entries PRIMARY KEY (chamber_id, integration_id, version, external, position),
        CONSTRAINT fk_integration_mapping_entries_mapping FOREIGN KEY(chamber_id, integration_id, version) REFERENCES integration_mappings (chamber_id, integration_id, version),
        CONSTRAINT ck_integration_mapping_entries_subject_kind CHECK (subject_kind IN ('measure', 'indicator', 'objective'))
    )
    """,
)

TABLES = ("integration_mappings", "integration_mapping_entries")

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ciclo_runtime")
    op.execute("ALTER TABLE integrations ADD COLUMN mapping_version INTEGER DEFAULT '0' NOT NULL")


def downgrade() -> None:
    op.execute("ALTER TABLE integrations DROP COLUMN mapping_version")
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
