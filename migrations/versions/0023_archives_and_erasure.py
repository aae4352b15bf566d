"""Archives of chambers, and the one way to remove a chamber.

``ciclo_erase_chamber`` runs as ``ciclo_eraser``, a role that cannot log in and may read and delete
rows of chambers, under the same policies as everyone: it removes what the transaction names.
Only the owner may call it, so neither the API nor anything that speaks through it can. It
refuses unless the code was typed, the chamber is suspended, and an export made since then is
not older than a day; what it removed stays on record.

Tables made later are covered by default privileges, and found by their ``chamber_id``.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ROLE = """
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ciclo_eraser') THEN
            RAISE EXCEPTION 'the role ciclo_eraser is missing'
                USING HINT = 'run "ciclo migrate" with DATABASE_ADMIN_URL once: it makes the role';
        END IF;
    END
    $$
"""

TABLES = (
    """
    CREATE TABLE chamber_archives (
        entity_id TEXT NOT NULL,
        archive_id UUID NOT NULL,
        chamber_code TEXT NOT NULL,
        kind TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        rows_sha256 TEXT NOT NULL,
        size BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        made_by TEXT NOT NULL,
        CONSTRAINT pk_chamber_archives PRIMARY KEY (entity_id, archive_id),
        CONSTRAINT fk_chamber_archives_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id),
        CONSTRAINT ck_chamber_archives_kind CHECK (kind IN ('export', 'import'))
    )
    """,
    """
    CREATE TABLE chamber_erasures (
        entity_id TEXT NOT NULL,
        erasure_id UUID NOT NULL,
        chamber_code TEXT NOT NULL,
        archive_sha256 TEXT NOT NULL,
        removed JSON NOT NULL,
        at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        erased_by TEXT NOT NULL,
        certificate TEXT,
        completed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_chamber_erasures PRIMARY KEY (entity_id, erasure_id),
        CONSTRAINT fk_chamber_erasures_entity_id_entities FOREIGN KEY(entity_id) REFERENCES entities (entity_id)
    )
    """,
)

GRANTS = (
    "GRANT SELECT, INSERT ON chamber_archives TO ciclo_runtime",
    "GRANT SELECT ON chamber_erasures TO ciclo_runtime",
    "GRANT USAGE ON SCHEMA public TO ciclo_eraser",
    "GRANT SELECT ON chamber_archives TO ciclo_eraser",
    "GRANT INSERT ON chamber_erasures TO ciclo_eraser",
    """
    DO $$
    DECLARE t regclass;
    BEGIN
        FOR t IN
            SELECT a.attrelid FROM pg_attribute AS a
            JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r'
                AND c.relnamespace = 'public'::regnamespace
            WHERE a.attname = 'chamber_id' AND NOT a.attisdropped
        LOOP
            EXECUTE format('GRANT SELECT, DELETE ON %s TO ciclo_eraser', t);
        END LOOP;
    END
    $$
    """,
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, DELETE ON TABLES TO ciclo_eraser",
)

SIGNATURE = "ciclo_erase_chamber(text, text, text, uuid, text)"

ERASE = """
    CREATE FUNCTION ciclo_erase_chamber(
        chamber text, typed text, archive text, erasure uuid, author text
    )
    RETURNS json
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp
    AS $$
    DECLARE
        head chambers%ROWTYPE;
        waiting regclass[];
        next_table regclass;
        gone bigint;
        removed jsonb := '{}';
    BEGIN
        IF current_setting('ciclo.chambers', true) IS DISTINCT FROM chamber
            OR typed IS DISTINCT FROM chamber THEN
            RAISE EXCEPTION 'erasure_not_confirmed';
        END IF;
        SELECT * INTO head FROM chambers AS c WHERE c.chamber_id = chamber;
        IF NOT FOUND OR head.status <> 'suspended' THEN
            RAISE EXCEPTION 'erasure_of_active_chamber';
        END IF;
        IF NOT EXISTS (
            SELECT FROM chamber_archives AS a
            WHERE a.entity_id = head.entity_id AND a.chamber_code = chamber
                AND a.kind = 'export' AND a.sha256 = archive
                AND a.at > now() - interval '1 day' AND a.at <= now()
                AND a.at >= head.updated_at
        ) THEN
            RAISE EXCEPTION 'erasure_without_export';
        END IF;
        SELECT array_agg(a.attrelid::regclass) INTO waiting
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'r'
            AND c.relnamespace = 'public'::regnamespace
        WHERE a.attname = 'chamber_id' AND NOT a.attisdropped;
        WHILE cardinality(waiting) > 0 LOOP
            -- One that no other table that is left refers to.
            SELECT w INTO next_table FROM unnest(waiting) AS w
            WHERE NOT EXISTS (
                SELECT FROM pg_constraint AS k
                WHERE k.contype = 'f' AND k.confrelid = w AND k.conrelid <> w
                    AND k.conrelid = ANY (waiting))
            ORDER BY w::text LIMIT 1;
            IF next_table IS NULL THEN
                RAISE EXCEPTION 'tables refer to each other in a circle: %', waiting;
            END IF;
            EXECUTE format('DELETE FROM %s WHERE chamber_id = $1', next_table) USING chamber;
            GET DIAGNOSTICS gone = ROW_COUNT;
            removed := removed || jsonb_build_object(next_table::text, gone);
            waiting := array_remove(waiting, next_table);
        END LOOP;
        INSERT INTO chamber_erasures
            (entity_id, erasure_id, chamber_code, archive_sha256, removed, erased_by)
        VALUES (head.entity_id, erasure, chamber, archive, removed::json, author);
        RETURN removed::json;
    END
    $$
"""


def upgrade() -> None:
    op.execute(ROLE)
    for statement in (*TABLES, *GRANTS):
        op.execute(statement)
    op.execute("GRANT CREATE ON SCHEMA public TO ciclo_eraser")
    op.execute(ERASE)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"ALTER FUNCTION {SIGNATURE} OWNER TO ciclo_eraser")
    op.execute("REVOKE CREATE ON SCHEMA public FROM ciclo_eraser")
    # Who made the function has given it away: its new owner lets them call it.
    op.execute("SET LOCAL ROLE ciclo_eraser")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO ciclo_owner")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.execute("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM ciclo_eraser")
    for table in ("chamber_erasures", "chamber_archives"):
        op.execute(f"DROP TABLE {table}")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ciclo_eraser")
    op.execute("REVOKE USAGE ON SCHEMA public FROM ciclo_eraser")
