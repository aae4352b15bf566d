"""The short cut past Alembic at start must know when it does not know."""

from importlib import resources
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from deploy.local.databases import newest_revision
from services.api.db.migrate import alembic_config

_FIRST = 'revision = "0001"\ndown_revision = None\n'
_SECOND = 'revision: str = "0002"\ndown_revision: str | None = "0001"\n'


def test_it_says_what_alembic_says() -> None:
    config = alembic_config("postgresql://nobody@127.0.0.1/never-opened")
    versions = resources.files("migrations").joinpath("versions")
    assert newest_revision(versions) == ScriptDirectory.from_config(config).get_current_head()


@pytest.mark.parametrize(
    ("scripts", "newest"),
    [
        ([_FIRST], "0001"),
        ([_FIRST, _SECOND], "0002"),
        ([_FIRST, _SECOND, _SECOND.replace("0002", "0003")], None),  # two heads
        ([_FIRST, 'revision = "000" "2"\ndown_revision = "0001"\n'], None),
        ([_FIRST, 'revision = "0002"\ndown_revision = ("0001", "000x")\n'], None),
        ([], None),
    ],
)
def test_it_is_sure_of_one_chain_only(
    tmp_path: Path, scripts: list[str], newest: str | None
) -> None:
    for number, text in enumerate(scripts):
        (tmp_path / f"{number}.py").write_text(text)
    assert newest_revision(tmp_path) == newest
