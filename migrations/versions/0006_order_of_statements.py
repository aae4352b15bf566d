"""What decides which statement about a datum stands, and what a sweeper looks for.

The instant, message and place of the statement that stands make the outcome of a set of
messages independent of the order in which they arrive.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


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
    # Almost always empty: a message is applied right after it was stored.
    op.execute("""
        CREATE INDEX ix_webhook_messages_waiting
        ON webhook_messages (chamber_id, received_at) WHERE outcome = 'received'
    """)


def downgrade() -> None:
    op.execute("DROP INDEX ix_webhook_messages_waiting")
    op.execute("DROP INDEX ix_quarantine_state")
    op.execute("ALTER TABLE quarantine DROP COLUMN issues, DROP COLUMN said_at")
    op.execute("""
        ALTER TABLE measurements
            DROP COLUMN source_at, DROP COLUMN source_message, DROP COLUMN source_position
    """)
