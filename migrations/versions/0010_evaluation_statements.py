"""What the evaluation says, as a history: deviations, analyses, judgements, neutralisations.

The neutralisations that stand get their first line, so that none is without a history.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE evaluation_statements (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        statement_id UUID NOT NULL,
        topic TEXT NOT NULL,
        scope TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        number INTEGER NOT NULL,
        body JSON,
        reason TEXT,
        written_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        written_by TEXT NOT NULL,
        CONSTRAINT pk_evaluation_statements PRIMARY KEY (chamber_id, plan_id, statement_id),
        CONSTRAINT fk_evaluation_statements_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT uq_evaluation_statements_number UNIQUE (chamber_id, plan_id, topic, scope, subject_kind, subject_code, number),
        CONSTRAINT ck_evaluation_statements_topic CHECK (topic IN ('neutralisation', 'deviation', 'analysis', 'judgement', 'overall')),
        CONSTRAINT ck_evaluation_statements_subject_kind CHECK (subject_kind IN ('indicator', 'objective', 'overall'))
    )
    """,
    # The owner is subject to the policies like everyone: it sees every chamber's rows only
    # while they are not forced, inside this transaction.
    "ALTER TABLE evaluations NO FORCE ROW LEVEL SECURITY",
    """
    INSERT INTO evaluation_statements (
        chamber_id, plan_id, statement_id, topic, scope, subject_kind, subject_code, number,
        body, written_at, written_by)
    SELECT chamber_id, plan_id, evaluation_id, 'neutralisation', scope, subject_kind,
        subject_code, 1,
        json_strip_nulls(json_build_object('effect', effect, 'cause', cause, 'reason', reason)),
        created_at, created_by
    FROM evaluations
    """,
    "ALTER TABLE evaluations FORCE ROW LEVEL SECURITY",
    "ALTER TABLE evaluation_statements ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE evaluation_statements FORCE ROW LEVEL SECURITY",
    """
    CREATE POLICY chamber ON evaluation_statements
    USING (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    WITH CHECK (chamber_id = ANY (
        string_to_array(NULLIF(current_setting('ciclo.chambers', true), ''), ',')))
    """,
    "GRANT SELECT, INSERT ON evaluation_statements TO ciclo_runtime",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE evaluation_statements")
