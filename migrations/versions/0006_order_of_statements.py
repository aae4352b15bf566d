"""What decides which statement about a datum stands, and what a sweeper looks for.

The instant, message and place of the statement that stands make the outcome of a set of
messages independent of the order in which they arrive.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# While a young table has no statistics, PostgreSQL expects one row from any index that begins
# with the columns asked for, and of equals it takes the youngest. The foreign key of the
# history was then checked through the unique constraint, which begins like the primary key:
# 500 rows cost 500 x 500 visits instead of 500. So the plan moves to the back there, and the
# primary key is made last.
KEYS = (
    "ALTER TABLE measurement_versions DROP CONSTRAINT fk_measurement_versions_measurement",
    "ALTER TABLE measurements DROP CONSTRAINT uq_measurements_subject",
    """
    ALTER TABLE measurements ADD CONSTRAINT uq_measurements_subject
    UNIQUE NULLS NOT DISTINCT (chamber_id, subject_kind, subject_code, plan_id, year, period)
    """,
    "ALTER TABLE measurements DROP CONSTRAINT pk_measurements",
    """
    ALTER TABLE measurements ADD CONSTRAINT pk_measurements
    PRIMARY KEY (chamber_id, plan_id, measurement_id)
    """,
    """
    ALTER TABLE measurement_versions ADD CONSTRAINT fk_measurement_versions_measurement
    FOREIGN KEY (chamber_id, plan_id, measurement_id)
    REFERENCES measurements (chamber_id, plan_id, measurement_id)
    """,
)


def upgrade() -> None:
    op.execute("""
        ALTER TABLE measurements
            ADD COLUMN source_at TIMESTAMP WITH TIME ZONE,
            ADD COLUMN source_message TEXT,
            ADD COLUMN source_position INTEGER
    """)
    op.execute("""
        ALTER TABLE quarantine
            ADD COLUMN issues JSON DEFAULT '[]' NOT NULL,
            ADD COLUMN said_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_quarantine_state ON quarantine (chamber_id, state, created_at)
    """)
    for statement in KEYS:
        op.execute(statement)
    # Almost always empty: a message is applied right after it was stored.
    op.execute("""
        CREATE INDEX ix_webhook_messages_waiting
        ON webhook_messages (chamber_id, received_at) WHERE outcome = 'received'
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE measurements DROP CONSTRAINT uq_measurements_subject")
    op.execute("""
        ALTER TABLE measurements ADD CONSTRAINT uq_measurements_subject
        UNIQUE NULLS NOT DISTINCT
            (chamber_id, plan_id, subject_kind, subject_code, year, period)
    """)
    op.execute("DROP INDEX ix_webhook_messages_waiting")
    op.execute("DROP INDEX ix_quarantine_state")
    op.execute("ALTER TABLE quarantine DROP COLUMN issues, DROP COLUMN said_at")
    op.execute("""
        ALTER TABLE measurements
            DROP COLUMN source_at, DROP COLUMN source_message, DROP COLUMN source_position
    """)
