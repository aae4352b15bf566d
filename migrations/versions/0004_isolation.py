"""Row-level security on every table of a chamber, and the grants of the runtime role.

A row is visible and writable only while its chamber is named in ``ciclo.chambers``, which
a transaction sets for itself. Unset or empty names nobody, so nothing is visible. FORCE
makes the owner of the tables subject to the same rule.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Rows that may be changed and deleted.
EDITABLE = (
    "objectives",
    "measures",
    "indicators",
    "evaluations",
    "narratives",
    "context_tables",
    "results",
    "integration_secrets",
    "idempotency_keys",
)
# Rows that may be changed, never deleted.
KEPT = ("chambers", "plans", "measurements", "integrations", "reports", "render_jobs", "outbox")
# Rows that stay as they were written.
APPEND_ONLY = ("imports", "measurement_versions", "audit_log")
# Rows of which only some columns may be written later.
COLUMNS = {
    "webhook_messages": "event_type, outcome, detail, applied_at",
    "quarantine": "state, version, decided_at, decided_by, decision_reason",
}

POLICY = """
    CREATE POLICY chamber ON {table}
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
"""


def upgrade() -> None:
    op.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    op.execute("GRANT USAGE ON SCHEMA public TO ciclo_runtime, ciclo_dispatcher")
    for table in (*EDITABLE, *KEPT, *APPEND_ONLY, *COLUMNS):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(POLICY.format(table=table))
        op.execute(f"GRANT SELECT, INSERT ON {table} TO ciclo_runtime")
    for table in EDITABLE:
        op.execute(f"GRANT UPDATE, DELETE ON {table} TO ciclo_runtime")
    for table in KEPT:
        op.execute(f"GRANT UPDATE ON {table} TO ciclo_runtime")
    for table, columns in COLUMNS.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO ciclo_runtime")
    op.execute("GRANT SELECT, INSERT, UPDATE ON entities TO ciclo_runtime")
    op.execute("GRANT SELECT, INSERT ON entity_audit_log TO ciclo_runtime")
    op.execute("GRANT SELECT, INSERT, DELETE ON entity_idempotency_keys TO ciclo_runtime")
    op.execute("GRANT SELECT ON alembic_version TO ciclo_runtime")


def downgrade() -> None:
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ciclo_runtime")
    for table in (*EDITABLE, *KEPT, *APPEND_ONLY, *COLUMNS):
        op.execute(f"DROP POLICY chamber ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("REVOKE USAGE ON SCHEMA public FROM ciclo_runtime, ciclo_dispatcher")
