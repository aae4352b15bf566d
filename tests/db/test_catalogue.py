"""Every table is isolated, by the code's metadata and by the database's own catalogue.

A table added without row-level security, policy, tenant-leading keys or proper grants fails
here by itself; nothing has to be listed but the global tables, with their reasons.
"""

import asyncio
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from services.api.db.base import APPEND_ONLY, GLOBAL_TABLES, WRITTEN_BY_OWNER, WRITTEN_BY_TRIGGER
from services.api.db.migrate import drift, upgrade
from services.api.db.tables import metadata

TENANT_TABLES = sorted(set(metadata.tables) - set(GLOBAL_TABLES))

CONTEXT = "current_setting('ciclo.chambers'::text, true)"


async def _fetch(url: str, query: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query, *arguments))
    finally:
        await connection.close()


def fetch(url: str, query: str, *arguments: object) -> list[dict[str, Any]]:
    """Rows of a query on the catalogue."""
    return [dict(row) for row in asyncio.run(_fetch(url, query, *arguments))]


def test_code_and_database_have_the_same_tables(owner_url: str) -> None:
    rows = fetch(owner_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in rows} == set(metadata.tables) | {"alembic_version"}


def test_migrations_give_exactly_the_metadata(owner_url: str) -> None:
    assert drift(owner_url) == []


def test_migrating_again_changes_nothing(owner_url: str) -> None:
    upgrade(owner_url)
    assert drift(owner_url) == []


def test_global_tables_exist_and_say_why() -> None:
    assert set(GLOBAL_TABLES) <= set(metadata.tables)
    assert all(GLOBAL_TABLES.values())


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_keys_begin_with_the_chamber(name: str) -> None:
    table = metadata.tables[name]
    assert next(column.name for column in table.primary_key.columns) == "chamber_id"
    for key in table.foreign_key_constraints:
        if key.referred_table.name in GLOBAL_TABLES:
            assert name == "chambers"  # the chamber itself is what belongs to an entity
            continue
        assert key.column_keys[0] == "chamber_id", key.name
        assert key.elements[0].column.name == "chamber_id", key.name


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_unique_keys_cannot_be_probed_from_another_chamber(name: str) -> None:
    for constraint in metadata.tables[name].constraints:
        if isinstance(constraint, sa.UniqueConstraint):
            assert next(column.name for column in constraint.columns) == "chamber_id"


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_keys_in_the_catalogue_begin_with_the_chamber(owner_url: str, name: str) -> None:
    rows = fetch(
        owner_url,
        """
        SELECT c.conname, c.contype::text AS kind, c.confrelid::regclass::text AS refers,
            (SELECT attname FROM pg_attribute
             WHERE attrelid = c.conrelid AND attnum = c.conkey[1]) AS first
        FROM pg_constraint AS c
        WHERE c.conrelid = $1::text::regclass AND c.contype IN ('p', 'u', 'f')
        """,
        name,
    )
    assert any(row["kind"] == "p" for row in rows)
    for row in rows:
        assert row["first"] == "chamber_id" or row["refers"] in GLOBAL_TABLES, row["conname"]


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_row_level_security_is_enabled_and_forced(owner_url: str, name: str) -> None:
    (row,) = fetch(
        owner_url,
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass",
        name,
    )
    assert row["relrowsecurity"]
    assert row["relforcerowsecurity"]


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_every_policy_asks_for_the_chamber(owner_url: str, name: str) -> None:
    policies = fetch(
        owner_url,
        "SELECT policyname, permissive, roles, cmd, qual, with_check FROM pg_policies "
        "WHERE schemaname = 'public' AND tablename = $1",
        name,
    )
    for policy in policies:
        if policy["roles"] == ["ciclo_dispatcher"]:
            continue  # the narrow path, tested below
        assert policy["policyname"] == "chamber"
        assert policy["cmd"] == "ALL"
        for expression in (policy["qual"], policy["with_check"]):
            assert expression.startswith("(chamber_id = ANY (string_to_array(NULLIF(")
            assert CONTEXT in expression
    assert [p for p in policies if p["policyname"] == "chamber"]


def test_nothing_but_the_listed_path_crosses_chambers(owner_url: str) -> None:
    rows = fetch(
        owner_url,
        "SELECT tablename, policyname FROM pg_policies WHERE roles <> '{public}'",
    )
    assert {(row["tablename"], row["policyname"]) for row in rows} == {
        ("chambers", "dispatcher_codes"),
        ("deliveries", "dispatcher_pending"),
        ("machine_keys", "dispatcher_keys"),
        ("members", "dispatcher_persons"),
        ("outbox", "dispatcher_waiting"),
        ("render_jobs", "dispatcher_open"),
        ("reports", "dispatcher_published"),
        ("subscriptions", "dispatcher_active"),
    }
    functions = fetch(
        owner_url,
        """
        SELECT p.oid::regprocedure::text AS name, pg_get_userbyid(p.proowner) AS owner,
            p.prosecdef AS definer, array_to_string(p.proconfig, ',') AS settings,
            has_function_privilege('public', p.oid, 'EXECUTE') AS anyone
        FROM pg_proc AS p WHERE p.pronamespace = 'public'::regnamespace
        """,
    )
    erasing = [row for row in functions if row["owner"] == "ciclo_eraser"]
    assert {row["name"]: row["definer"] for row in erasing} == {
        "ciclo_erase_chamber(text,text,text,uuid,text)": True,
        "ciclo_retire(text,text,timestamp with time zone)": True,
        "ciclo_retire_sheet_documents(text,timestamp with time zone)": True,
    }
    assert all(row["settings"].startswith("search_path=pg_catalog") for row in erasing)
    functions = [row for row in functions if row not in erasing]
    as_dispatcher = {
        row["name"] for row in functions if row["definer"] and row["owner"] == "ciclo_dispatcher"
    }
    assert as_dispatcher == {
        "ciclo_entity_chambers(text)",
        "ciclo_claim_outbox(text[],integer,integer)",
        "ciclo_claim_lost_jobs(integer,integer)",
        "ciclo_claim_deliveries(timestamp with time zone,integer,integer)",
        "ciclo_key_chamber(uuid)",
        "ciclo_member_chambers(text)",
        "ciclo_published_chambers()",
    }
    # Triggers write the chain of the audit as its owner; they cannot be called.
    as_owner = {"ciclo_chain_audit()", "ciclo_chain_entity_audit()"}
    definers = {row["name"] for row in functions if row["definer"]}
    assert definers == as_dispatcher | as_owner
    as_caller = {row["name"] for row in functions if not row["definer"]}
    assert as_caller == {"ciclo_plan_revision(text,integer)"}
    for row in functions:
        dispatching = row["name"] in as_dispatcher
        assert row["owner"] == ("ciclo_dispatcher" if dispatching else "ciclo_owner")
        assert row["settings"].startswith("search_path=pg_catalog")
        assert not row["anyone"]


@pytest.mark.parametrize(
    "role", ["ciclo_runtime", "ciclo_dispatcher", "ciclo_eraser", "ciclo_owner"]
)
def test_no_role_can_bypass_policies(owner_url: str, role: str) -> None:
    (row,) = fetch(owner_url, "SELECT * FROM pg_roles WHERE rolname = $1", role)
    assert not row["rolsuper"]
    assert not row["rolbypassrls"]
    assert not row["rolcreaterole"]
    assert not row["rolreplication"]


def test_the_runtime_role_owns_nothing_and_belongs_to_nobody(owner_url: str) -> None:
    owned = fetch(
        owner_url,
        "SELECT relname FROM pg_class WHERE relowner = 'ciclo_runtime'::regrole",
    )
    memberships = fetch(
        owner_url,
        "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'ciclo_runtime'::regrole",
    )
    assert owned == []
    assert memberships == []


def test_the_dispatcher_cannot_log_in(owner_url: str) -> None:
    (row,) = fetch(owner_url, "SELECT rolcanlogin FROM pg_roles WHERE rolname='ciclo_dispatcher'")
    assert not row["rolcanlogin"]


def _grants(url: str, table: str, role: str = "ciclo_runtime") -> set[str]:
    rows = fetch(
        url,
        "SELECT privilege_type FROM information_schema.role_table_grants "
        "WHERE grantee = $2 AND table_schema = 'public' AND table_name = $1",
        table,
        role,
    )
    return {row["privilege_type"] for row in rows}


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_grants_of_the_runtime_role_are_what_the_table_needs(owner_url: str, name: str) -> None:
    table = metadata.tables[name]
    grants = _grants(owner_url, name)
    if table.info.get(WRITTEN_BY_TRIGGER) or table.info.get(WRITTEN_BY_OWNER):
        assert grants == {"SELECT"}
        return
    assert {"SELECT", "INSERT"} <= grants <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    if table.info.get(APPEND_ONLY):
        assert grants == {"SELECT", "INSERT"}
        assert _updatable_columns(owner_url, name) == set()


@pytest.mark.parametrize("name", TENANT_TABLES)
def test_the_eraser_reads_and_deletes_rows_of_chambers(owner_url: str, name: str) -> None:
    """A table made later is covered by default privileges."""
    assert _grants(owner_url, name, "ciclo_eraser") == {"SELECT", "DELETE"}


def test_the_eraser_is_reached_by_the_owner_through_one_function(owner_url: str) -> None:
    (role,) = fetch(owner_url, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'ciclo_eraser'")
    assert not role["rolcanlogin"]
    allowed = fetch(
        owner_url,
        "SELECT r.rolname FROM pg_roles AS r WHERE NOT r.rolsuper AND has_function_privilege("
        "r.oid, 'ciclo_erase_chamber(text,text,text,uuid,text)', 'EXECUTE') ORDER BY 1",
    )
    assert [row["rolname"] for row in allowed] == ["ciclo_eraser", "ciclo_owner"]
    for name in ("entities", "entity_audit_log", "chamber_archives", "chamber_erasures"):
        assert "DELETE" not in _grants(owner_url, name, "ciclo_eraser")


def _updatable_columns(url: str, table: str) -> set[str]:
    rows = fetch(
        url,
        "SELECT column_name FROM information_schema.role_column_grants "
        "WHERE grantee = 'ciclo_runtime' AND privilege_type = 'UPDATE' AND table_name = $1",
        table,
    )
    return {row["column_name"] for row in rows}


def test_what_arrived_by_webhook_cannot_be_rewritten(owner_url: str) -> None:
    columns = set(metadata.tables["webhook_messages"].info["updatable_columns"])
    assert _updatable_columns(owner_url, "webhook_messages") == columns
    assert "body" not in columns


def test_the_runtime_role_can_create_nothing(runtime_url: str) -> None:
    (row,) = fetch(
        runtime_url,
        "SELECT has_schema_privilege(current_user, 'public', 'CREATE') AS makes_tables, "
        "has_database_privilege(current_user, current_database(), 'CREATE') AS makes_schemas",
    )
    assert row == {"makes_tables": False, "makes_schemas": False}
