"""Signatures of persons: jobs that sign, each stage of a document, the state between."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

_STATES = (
    "'requested', 'rendered', 'approved', 'validated', 'published', 'refused', 'failed', "
    "'cancelled'"
)

UP = (
    "ALTER TABLE reports ADD COLUMN signatories JSON",
    "ALTER TABLE reports DROP CONSTRAINT ck_reports_state",
    f"""
    ALTER TABLE reports ADD CONSTRAINT ck_reports_state CHECK (state IN ({_STATES}, 'signed'))
    """,
    "ALTER TABLE report_moves DROP CONSTRAINT ck_report_moves_move",
    """
    ALTER TABLE report_moves ADD CONSTRAINT ck_report_moves_move CHECK (
        move IN ('approve', 'validate', 'refuse', 'sign', 'publish'))
    """,
    """
    ALTER TABLE render_jobs
        ADD COLUMN kind TEXT DEFAULT 'render' NOT NULL,
        ADD COLUMN office TEXT,
        ADD COLUMN secret BYTEA,
        ADD COLUMN requested_by TEXT,
        ADD CONSTRAINT ck_render_jobs_kind CHECK (
            kind = 'render' AND office IS NULL AND secret IS NULL
            OR kind = 'sign' AND office IS NOT NULL AND requested_by IS NOT NULL),
        ADD CONSTRAINT ck_render_jobs_secret CHECK (
            secret IS NULL OR state IN ('queued', 'leased'))
    """,
    """
    CREATE UNIQUE INDEX uq_render_jobs_signing ON render_jobs (chamber_id, report_id)
    WHERE kind = 'sign' AND state IN ('queued', 'leased')
    """,
    """
    CREATE TABLE report_signatures (
        chamber_id TEXT NOT NULL,
        report_id UUID NOT NULL,
        signature_id UUID NOT NULL,
        position SMALLINT NOT NULL,
        office TEXT NOT NULL,
        field TEXT NOT NULL,
        signer TEXT NOT NULL,
        certificate_sha256 TEXT NOT NULL,
        level TEXT NOT NULL,
        claimed_at TIMESTAMP WITH TIME ZONE,
        stamped_at TIMESTAMP WITH TIME ZONE,
        development BOOLEAN NOT NULL,
        origin TEXT NOT NULL,
        pdf_sha256 TEXT NOT NULL,
        pdf_size BIGINT NOT NULL,
        blob_key TEXT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        made_by TEXT NOT NULL,
        CONSTRAINT pk_report_signatures PRIMARY KEY (chamber_id, report_id, signature_id),
        CONSTRAINT uq_report_signatures_office UNIQUE (chamber_id, report_id, office),
        CONSTRAINT uq_report_signatures_position UNIQUE (chamber_id, report_id, position),
        CONSTRAINT fk_report_signatures_report FOREIGN KEY(chamber_id, report_id) REFERENCES reports (chamber_id, report_id),
        CONSTRAINT ck_report_signatures_origin CHECK (origin IN ('seal', 'service', 'upload'))
    )
    """,
    "CREATE INDEX ix_report_signatures_pdf_sha256 ON report_signatures (chamber_id, pdf_sha256)",
    "ALTER TABLE report_signatures ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE report_signatures FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY chamber ON report_signatures
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "GRANT SELECT, INSERT ON report_signatures TO ciclo_runtime",
    # The owner is subject to the policies like everyone, unless they are not forced.
    "ALTER TABLE reports NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE report_signatures NO FORCE ROW LEVEL SECURITY",
    # Documents made before wait for nobody but the seal they have.
    """
    INSERT INTO report_signatures
        (chamber_id, report_id, signature_id, position, office, field, signer,
         certificate_sha256, level, claimed_at, development, origin, pdf_sha256, pdf_size,
         blob_key, made_at, made_by)
    SELECT chamber_id, report_id, gen_random_uuid(), 0, 'sigillo', 'Sigillo_' || chamber_id,
        coalesce(signature ->> 'signer', ''), '', coalesce(signature ->> 'level', 'B-B'),
        (signature ->> 'signed_at')::timestamptz,
        coalesce((signature ->> 'development')::boolean, false), 'seal', pdf_sha256, pdf_size,
        blob_key, rendered_at, 'renderer'
    FROM reports WHERE pdf_sha256 IS NOT NULL
    """,
    "UPDATE reports SET state = 'signed' WHERE state = 'validated'",
    "ALTER TABLE report_signatures FORCE ROW LEVEL SECURITY",
    "ALTER TABLE reports FORCE ROW LEVEL SECURITY",
)

DOWN = (
    "ALTER TABLE reports NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE report_moves NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE render_jobs NO FORCE ROW LEVEL SECURITY",
    "UPDATE reports SET state = 'validated' WHERE state = 'signed'",
    "DELETE FROM report_moves WHERE move = 'sign'",
    "DELETE FROM render_jobs WHERE kind = 'sign'",
    "ALTER TABLE render_jobs FORCE ROW LEVEL SECURITY",
    "ALTER TABLE report_moves FORCE ROW LEVEL SECURITY",
    "ALTER TABLE reports FORCE ROW LEVEL SECURITY",
    "DROP TABLE report_signatures",
    "DROP INDEX uq_render_jobs_signing",
    """
    ALTER TABLE render_jobs
        DROP CONSTRAINT ck_render_jobs_secret,
        DROP CONSTRAINT ck_render_jobs_kind,
        DROP COLUMN requested_by,
        DROP COLUMN secret,
        DROP COLUMN office,
        DROP COLUMN kind
    """,
    "ALTER TABLE report_moves DROP CONSTRAINT ck_report_moves_move",
    """
    ALTER TABLE report_moves ADD CONSTRAINT ck_report_moves_move CHECK (
        move IN ('approve', 'validate', 'refuse', 'publish'))
    """,
    "ALTER TABLE reports DROP CONSTRAINT ck_reports_state",
    f"ALTER TABLE reports ADD CONSTRAINT ck_reports_state CHECK (state IN ({_STATES}))",
    "ALTER TABLE reports DROP COLUMN signatories",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
