"""Arrays as text: PostgreSQL reads what was written, whatever stands in it."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.db.arrays import array_text
from services.api.db.session import Database
from tests.db.conftest import OURS

pytestmark = pytest.mark.asyncio(loop_scope="module")

_TEXTS = sa.text("SELECT CAST(CAST(:given AS text) AS text[])")
_OTHERS = sa.text("""
    SELECT CAST(CAST(:numbers AS text) AS bigint[]), CAST(CAST(:flags AS text) AS boolean[])
""")

# What stands in a text column: anything but NUL, which no message brings in.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
hostile = st.sampled_from(
    ["", "NULL", "null", '"', "\\", '\\"', "{a,b}", "a,b", " ", "\n", "'", "€"]
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=st.lists(st.none() | texts | hostile, max_size=8))
async def test_texts_are_read_back(database: Database, written: list[str | None]) -> None:
    async with database.read([OURS]) as session:
        assert await session.scalar(_TEXTS, {"given": array_text(written)}) == written


async def test_numbers_and_flags_are_read_back(database: Database) -> None:
    numbers, flags = [0, -1, 2**62, None], [True, None, False]
    async with database.read([OURS]) as session:
        row = await session.first(
            _OTHERS, {"numbers": array_text(numbers), "flags": array_text(flags)}
        )
    assert row is not None
    assert tuple(row) == (numbers, flags)


@pytest.mark.parametrize("written", [[], [None], ["a"], [""]])
async def test_the_shortest_are_read_back(database: Database, written: list[str | None]) -> None:
    async with database.read([OURS]) as session:
        assert await session.scalar(_TEXTS, {"given": array_text(written)}) == written
