"""Archives asked for and brought through the API, and requests to erase a chamber.

A request erases nothing: it is a row that the runtime role may write, and whoever carries it out
does so as the owner, by the function that only the owner may call. A request cannot be changed but
for being withdrawn.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

JOB = """
        state TEXT DEFAULT 'queued' NOT NULL,
        stage TEXT DEFAULT 'queued' NOT NULL,
        progress SMALLINT DEFAULT '0' NOT NULL,
        failure JSON,
        requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        requested_by TEXT NOT NULL,
        heartbeat_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        sha256 TEXT,
        size BIGINT,
"""

TABLES = (
    f"""
    CREATE TABLE chamber_exports (
        chamber_id TEXT NOT NULL,
        export_id UUID NOT NULL,
        {JOB}
        with_sheets BOOLEAN,
        expires_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_chamber_exports PRIMARY KEY (chamber_id, export_id),
        CONSTRAINT fk_chamber_exports_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id),
        CONSTRAINT ck_chamber_exports_state CHECK (state IN ('queued', 'running', 'done', 'failed', 'expired'))
    )
    """,
    f"""
    CREATE TABLE chamber_imports (
        entity_id TEXT NOT NULL,
        import_id UUID NOT NULL,
        chamber_code TEXT NOT NULL,
        {JOB}
        CONSTRAINT pk_chamber_imports PRIMARY KEY (entity_id, import_id),
        CONSTRAINT ck_chamber_imports_state CHECK (state IN ('queued', 'running', 'done', 'failed'))
    )
    """,
    """
    CREATE TABLE erasure_requests (
        entity_id TEXT NOT NULL,
        erasure_id UUID NOT NULL,
        chamber_code TEXT NOT NULL,
        archive_sha256 TEXT NOT NULL,
        reason TEXT NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        requested_by TEXT NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdrawn_by TEXT,
        CONSTRAINT pk_erasure_requests PRIMARY KEY (entity_id, erasure_id),
        CONSTRAINT fk_erasure_requests_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id)
    )
    """,
)

POLICY = """
    CREATE POLICY chamber ON chamber_exports
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""

GRANTS = (
    "GRANT SELECT, INSERT, UPDATE ON chamber_exports TO ciclo_runtime",
    "GRANT SELECT, INSERT, UPDATE ON chamber_imports TO ciclo_runtime",
    "GRANT SELECT, INSERT, UPDATE (withdrawn_at, withdrawn_by) ON erasure_requests TO ciclo_runtime",
    # By default the eraser may delete from tables made later; these outlive their chamber.
    "REVOKE ALL ON chamber_imports, erasure_requests FROM ciclo_eraser",
)


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    op.execute("ALTER TABLE chamber_exports ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE chamber_exports FORCE ROW LEVEL SECURITY")
    op.execute(POLICY)
    for statement in GRANTS:
        op.execute(statement)


def downgrade() -> None:
    for table in ("erasure_requests", "chamber_imports", "chamber_exports"):
        op.execute(f"DROP TABLE {table}")
