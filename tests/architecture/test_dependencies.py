"""What the code imports is declared, what is declared is locked with hashes."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_OURS = frozenset({"benchmarks", "deploy", "migrations", "services", "shared", "tests"})


def _normal(name: str) -> str:
    """A distribution's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _required_name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return _normal(found[0])


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    text = (_ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def _imported(*folders: str) -> dict[str, str]:
    """Top-level packages that the folders import, each with a file that does."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                else:
                    continue
                for name in names:
                    found.setdefault(name.partition(".")[0], str(path.relative_to(_ROOT)))
    return {
        name: where
        for name, where in found.items()
        if name not in sys.stdlib_module_names and name not in _OURS
    }


def _declared(project: dict[str, Any], *extras: str) -> set[str]:
    requirements = [*project["dependencies"]]
    for extra in extras:
        requirements += project["optional-dependencies"][extra]
    return {_required_name(requirement) for requirement in requirements}


@pytest.mark.parametrize(
    ("folders", "extras"),
    [
        (("shared", "services", "migrations"), ()),
        (("deploy",), ("embedded",)),
        (("tests", "benchmarks"), ("embedded", "dev")),
    ],
)
def test_every_import_is_declared(
    project: dict[str, Any], folders: tuple[str, ...], extras: tuple[str, ...]
) -> None:
    declared = _declared(project, *extras)
    distributions = packages_distributions()
    undeclared = {
        name: where
        for name, where in _imported(*folders).items()
        if not {_normal(each) for each in distributions.get(name, [name])} & declared
    }
    assert undeclared == {}


@pytest.mark.parametrize(
    ("lock", "extras"), [("runtime.txt", ()), ("dev.txt", ("embedded", "dev"))]
)
def test_every_requirement_is_locked_by_hash(
    project: dict[str, Any], lock: str, extras: tuple[str, ...]
) -> None:
    text = (_ROOT / "requirements" / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    locked = {_required_name(entry): entry for entry in entries if entry.strip()}
    assert _declared(project, *extras) <= locked.keys()
    assert [name for name, entry in locked.items() if "--hash=sha256:" not in entry] == []
    assert [name for name, entry in locked.items() if "==" not in entry] == []
