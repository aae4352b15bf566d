"""A command starts at once: what only some commands need is imported by those."""

import subprocess
import sys

_HEAVY = ("alembic", "asyncpg", "fastapi", "pyhanko", "sqlalchemy", "starlette", "weasyprint")


def test_a_command_starts_without_database_web_server_and_documents() -> None:
    program = "import sys, services.api.cli.main, deploy.local.system; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "services.api.cli.tenant" in loaded
    assert loaded.isdisjoint(_HEAVY)
