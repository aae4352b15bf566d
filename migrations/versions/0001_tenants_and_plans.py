"""Entities, chambers, plans and what a plan consists of."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE entities (
        entity_id TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_entities PRIMARY KEY (entity_id),
        CONSTRAINT ck_entities_code CHECK (entity_id ~ '^[A-Z][A-Z0-9]{1,7}$')
    )
    """,
    """
    CREATE TABLE chambers (
        chamber_id TEXT NOT NULL,
        entity_id TEXT NOT NULL,
        name TEXT NOT NULL,
        status TEXT DEFAULT 'active' NOT NULL,
        colour TEXT,
        logo_svg TEXT,
        settings JSON DEFAULT '{}' NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_chambers PRIMARY KEY (chamber_id),
        CONSTRAINT ck_chambers_code CHECK (chamber_id ~ '^[A-Z][A-Z0-9]{1,7}$'),
        CONSTRAINT ck_chambers_status CHECK (status IN ('active', 'suspended')),
        CONSTRAINT fk_chambers_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id)
    )
    """,
    """
    CREATE INDEX ix_chambers_entity_id ON chambers (entity_id)
    """,
    """
    CREATE TABLE plans (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        year SMALLINT NOT NULL,
        kind TEXT NOT NULL,
        acts JSON NOT NULL,
        policy JSON NOT NULL,
        published JSON,
        revision BIGINT DEFAULT '1' NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_plans PRIMARY KEY (chamber_id, plan_id),
        CONSTRAINT fk_plans_chamber_id_chambers FOREIGN KEY(chamber_id) REFERENCES chambers (chamber_id),
        CONSTRAINT uq_plans_chamber_id_year UNIQUE (chamber_id, year),
        CONSTRAINT ck_plans_kind CHECK (kind IN ('piano', 'relazione')),
        CONSTRAINT ck_plans_year CHECK (year BETWEEN 1990 AND 2200)
    )
    """,
    """
    CREATE TABLE objectives (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        code TEXT NOT NULL,
        position INTEGER NOT NULL,
        kind TEXT NOT NULL,
        parent TEXT,
        title TEXT NOT NULL,
        description TEXT,
        weight TEXT,
        aggregate TEXT,
        programme TEXT,
        units JSON,
        resources JSON,
        tags JSON,
        members JSON,
        note TEXT,
        CONSTRAINT pk_objectives PRIMARY KEY (chamber_id, plan_id, code),
        CONSTRAINT fk_objectives_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT fk_objectives_parent FOREIGN KEY(chamber_id, plan_id, parent) REFERENCES objectives (chamber_id, plan_id, code) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE TABLE measures (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        code TEXT NOT NULL,
        position INTEGER NOT NULL,
        title TEXT NOT NULL,
        unit TEXT,
        value_type TEXT,
        aggregation TEXT,
        external_ids JSON,
        CONSTRAINT pk_measures PRIMARY KEY (chamber_id, plan_id, code),
        CONSTRAINT fk_measures_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE indicators (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        code TEXT NOT NULL,
        position INTEGER NOT NULL,
        objective TEXT NOT NULL,
        title TEXT NOT NULL,
        typology TEXT,
        formula TEXT,
        formula_text TEXT,
        unit TEXT,
        decimals SMALLINT,
        value_type TEXT,
        direction TEXT,
        weight TEXT,
        baseline JSON,
        targets JSON,
        monitoring_only BOOLEAN,
        derived_from JSON,
        tags JSON,
        source_office TEXT,
        source_class TEXT,
        note TEXT,
        CONSTRAINT pk_indicators PRIMARY KEY (chamber_id, plan_id, code),
        CONSTRAINT fk_indicators_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT fk_indicators_objective FOREIGN KEY(chamber_id, plan_id, objective) REFERENCES objectives (chamber_id, plan_id, code) DEFERRABLE INITIALLY DEFERRED
    )
    """,
    """
    CREATE INDEX ix_indicators_objective ON indicators (chamber_id, plan_id, objective)
    """,
    """
    CREATE TABLE evaluations (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        evaluation_id UUID NOT NULL,
        position INTEGER NOT NULL,
        scope TEXT NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        effect TEXT NOT NULL,
        reason TEXT NOT NULL,
        cause TEXT,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        CONSTRAINT pk_evaluations PRIMARY KEY (chamber_id, plan_id, evaluation_id),
        CONSTRAINT fk_evaluations_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_evaluations_subject_kind CHECK (subject_kind IN ('indicator', 'objective')),
        CONSTRAINT uq_evaluations_subject UNIQUE (chamber_id, plan_id, scope, subject_kind, subject_code)
    )
    """,
    """
    CREATE TABLE narratives (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        subject_kind TEXT NOT NULL,
        subject_code TEXT NOT NULL,
        position INTEGER NOT NULL,
        text TEXT NOT NULL,
        version INTEGER DEFAULT '1' NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        updated_by TEXT NOT NULL,
        CONSTRAINT pk_narratives PRIMARY KEY (chamber_id, plan_id, subject_kind, subject_code),
        CONSTRAINT fk_narratives_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE,
        CONSTRAINT ck_narratives_subject_kind CHECK (subject_kind IN ('objective', 'section'))
    )
    """,
    """
    CREATE TABLE context_tables (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        code TEXT NOT NULL,
        position INTEGER NOT NULL,
        title TEXT NOT NULL,
        section TEXT,
        columns JSON NOT NULL,
        rows JSON NOT NULL,
        CONSTRAINT pk_context_tables PRIMARY KEY (chamber_id, plan_id, code),
        CONSTRAINT fk_context_tables_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE imports (
        chamber_id TEXT NOT NULL,
        import_id UUID NOT NULL,
        plan_id UUID NOT NULL,
        year SMALLINT NOT NULL,
        sha256 BYTEA NOT NULL,
        revision BIGINT NOT NULL,
        report JSON NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        created_by TEXT NOT NULL,
        CONSTRAINT pk_imports PRIMARY KEY (chamber_id, import_id),
        CONSTRAINT fk_imports_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE results (
        chamber_id TEXT NOT NULL,
        plan_id UUID NOT NULL,
        revision BIGINT NOT NULL,
        etag TEXT NOT NULL,
        body BYTEA NOT NULL,
        computed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_results PRIMARY KEY (chamber_id, plan_id),
        CONSTRAINT fk_results_chamber_id_plans FOREIGN KEY(chamber_id, plan_id) REFERENCES plans (chamber_id, plan_id) ON DELETE CASCADE
    )
    """,
)

TABLES = (
    "entities",
    "chambers",
    "plans",
    "objectives",
    "measures",
    "indicators",
    "evaluations",
    "narratives",
    "context_tables",
    "imports",
    "results",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
