"""Parts of documents before there is one: asked for, made, read by who asked, gone."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE previews (
        chamber_id TEXT NOT NULL,
        preview_id UUID NOT NULL,
        plan_id UUID NOT NULL,
        key TEXT NOT NULL,
        anchor TEXT NOT NULL,
        drafts JSON NOT NULL,
        asked_by TEXT NOT NULL,
        state TEXT DEFAULT 'queued' NOT NULL,
        lease_token_hash BYTEA,
        snapshot BYTEA NOT NULL,
        html TEXT,
        pdf BYTEA,
        pages INTEGER,
        warnings JSON,
        failure JSON,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_previews PRIMARY KEY (chamber_id, preview_id),
        CONSTRAINT fk_previews_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_previews_state CHECK (state IN ('queued', 'leased', 'done', 'failed'))
    )
    """,
    "CREATE INDEX ix_previews_expires_at ON previews (chamber_id, expires_at)",
    "ALTER TABLE previews ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE previews FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY chamber ON previews
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "GRANT SELECT, INSERT, UPDATE, DELETE ON previews TO ciclo_runtime",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE previews")
