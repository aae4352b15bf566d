"""Rules of the source that ruff, mypy and import-linter cannot express."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared.contracts.outgoing_events import EVENTS

_ROOT = Path(__file__).parents[2]
_PRODUCT = ("shared", "services", "deploy", "migrations")
_FEATURE_FILES = frozenset({"router", "schemas", "service", "repository"})

# architecture.md asks for "up to ~400" and "up to ~40" lines: a ceiling with a little air.
_LONGEST_MODULE = 430
_LONGEST_TEST_MODULE = 500
_LONGEST_FUNCTION = 55


@cache
def _modules(*folders: str) -> tuple[Path, ...]:
    """Python files that belong to the repository, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *folders],
        cwd=_ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    paths = (_ROOT / name for name in listed.split("\0") if name.endswith(".py"))
    found = tuple(sorted(path for path in paths if path.exists()))
    assert found, folders
    return found


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _name(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _imports(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, ``from a import b`` as ``a.b``."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


@pytest.mark.parametrize(
    ("folders", "most"),
    [((*_PRODUCT, "benchmarks"), _LONGEST_MODULE), (("tests",), _LONGEST_TEST_MODULE)],
)
def test_no_module_is_longer_than_a_person_reads_at_once(
    folders: tuple[str, ...], most: int
) -> None:
    lengths = {
        _name(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in _modules(*folders)
    }
    assert {name: length for name, length in lengths.items() if length > most} == {}


def _body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of what a function does: not its parameters (options of a command), nor its text."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    last = function.end_lineno or function.lineno
    return last - body[0].lineno + 1 if body else 0


def test_no_function_is_longer_than_a_screen() -> None:
    too_long = {
        f"{_name(path)}:{node.lineno} {node.name}": _body_lines(node)
        for path in _modules(*_PRODUCT)
        if not _name(path).startswith("migrations/versions/")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _body_lines(node) > _LONGEST_FUNCTION
    }
    assert too_long == {}


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "misc", "common"])
def test_no_module_is_named_after_nothing(name: str) -> None:
    modules = _modules(*_PRODUCT, "tests", "benchmarks")
    assert [_name(path) for path in modules if name in {path.stem, path.parent.name}] == []


def test_keys_and_signing_live_in_one_place() -> None:
    signing = ("pyhanko.sign.signers", "pyhanko.sign.pkcs11", "pkcs11")
    offenders = [
        f"{_name(path)}: {imported}"
        for path in _modules(*_PRODUCT)
        if not _name(path).startswith("services/renderer/signing/")
        for imported in _imports(path)
        if any(_within(imported, package) for package in signing)
    ]
    assert offenders == []


def test_migrations_import_nothing_of_ours() -> None:
    offenders = [
        f"{_name(path)}: {imported}"
        for path in _modules("migrations/versions")
        for imported in _imports(path)
        if imported.split(".")[0] in {"shared", "services", "deploy", "migrations"}
    ]
    assert offenders == []


def _features() -> list[str]:
    api = _ROOT / "services" / "api"
    return sorted(path.parent.name for path in api.glob("*/router.py"))


def test_features_have_the_same_four_files() -> None:
    for feature in _features():
        files = {path.stem for path in (_ROOT / "services" / "api" / feature).glob("*.py")}
        if "repository" in files:
            assert files >= _FEATURE_FILES, feature
        elif "service" in files:  # works with what other features keep
            assert files >= _FEATURE_FILES - {"repository"}, feature


def test_every_folder_of_the_api_is_in_the_map() -> None:
    text = (_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in (_ROOT / "services" / "api").glob("*/__init__.py")}
    assert {name for name in folders if f"`{name}`" not in text} == {"db"}  # has a chapter there


def test_features_talk_through_services_only() -> None:
    private = {
        f"services.api.{feature}.{name}"
        for feature in _features()
        for name in ("router", "repository")
    }
    offenders = [
        f"{_name(path)}: {imported}"
        for feature in _features()
        for path in _modules(f"services/api/{feature}")
        for imported in _imports(path)
        if any(
            _within(imported, name) and not name.startswith(f"services.api.{feature}.")
            for name in private
        )
    ]
    assert offenders == []


_SQL_OUTSIDE_FEATURES = frozenset(
    {
        "services/api/auth/access.py",  # opens the session of the chambers that a caller may see
        "services/api/idempotency.py",  # keys of every feature's requests
        "services/api/system/router.py",  # whether the database answers
        "services/api/paging.py",  # order and cursor of every feature's lists
    }
)


def test_sql_lives_in_repositories() -> None:
    """A row may travel (``sa.Row``), a statement is made and run in a repository only."""
    offenders = {
        f"{_name(path)}:{line} {call}"
        for path in _modules("services/api")
        if path.stem != "repository"
        and not _name(path).startswith("services/api/db/")
        and _name(path) not in _SQL_OUTSIDE_FEATURES
        for line, call in _calls(path)
        if call.startswith(("sa.", "postgresql.", "sqlalchemy."))
        or call.endswith((".execute", ".scalar", ".scalars"))
    }
    assert offenders == set()


def test_only_the_session_commits() -> None:
    offenders = [
        f"{_name(path)}:{line}"
        for path in _modules("services/api")
        if not _name(path).startswith("services/api/db/")
        for line, call in _calls(path)
        if call.endswith((".commit", ".rollback"))
    ]
    assert offenders == []


def test_only_the_clock_tells_the_time() -> None:
    forbidden = ("datetime.now", "datetime.utcnow", "date.today", "datetime.today")
    offenders = [
        f"{_name(path)}:{line} {call}"
        for path in _modules("shared", "services")
        if _name(path) != "shared/runtime/clock.py"
        and not _name(path).startswith("services/api/cli/")  # a person's command, not a service
        for line, call in _calls(path)
        if call.endswith(forbidden)
    ]
    assert offenders == []


def test_the_domain_has_no_clock_and_no_io() -> None:
    io = {"asyncio", "http", "io", "logging", "os", "pathlib", "random", "socket", "time", "uuid"}
    offenders = [
        f"{_name(path)}: {imported}"
        for path in _modules("shared/domain")
        for imported in _imports(path)
        if imported.split(".")[0] in io
    ]
    assert offenders == []


def test_nothing_is_pickled_or_evaluated() -> None:
    offenders = [
        f"{_name(path)}: {imported}"
        for path in _modules(*_PRODUCT)
        for imported in _imports(path)
        if imported.split(".")[0] in {"pickle", "marshal", "shelve"}
    ]
    offenders += [
        f"{_name(path)}:{line} {call}"
        for path in _modules(*_PRODUCT)
        for line, call in _calls(path)
        if call in {"eval", "exec", "compile"}
    ]
    assert offenders == []


def test_nothing_opens_settings_or_connections_at_import() -> None:
    makers = ("ApiSettings", "RendererSettings", "create_async_engine", "create_app", "FastAPI")
    offenders = [
        f"{_name(path)}:{node.lineno}"
        for path in _modules("shared", "services")
        for node in _tree(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr)
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith(makers)
    ]
    assert offenders == []


def test_every_suppression_says_why() -> None:
    silent = [
        f"{_name(path)}:{number}"
        for path in _modules(*_PRODUCT)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if "# noqa" in line and " - " not in line.partition("# noqa")[2]
    ]
    assert silent == []


def _emitted(path: Path) -> Iterator[str]:
    """Topics that a module hands to ``emit`` as words."""
    for node in ast.walk(_tree(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "emit"
            and isinstance(node.args[1], ast.Constant)
        ):
            yield str(node.args[1].value)


def test_every_event_can_be_subscribed_to() -> None:
    """An event outside the published list would wait in the outbox for ever."""
    emitted = {topic for path in _modules("services/api") for topic in _emitted(path)}
    assert emitted
    assert emitted <= set(EVENTS)
