"""Short work passes long work, and long work ends all the same."""

import asyncio

from services.api.traffic import SLICE, Traffic, in_slices, no_pause


async def test_slices_pause_and_lose_nothing() -> None:
    pauses: list[int] = []
    seen: list[int] = []

    async def pause() -> None:
        pauses.append(len(seen))

    async for one in in_slices(range(SLICE * 2 + 1), pause):
        seen += [one]
    assert seen == list(range(SLICE * 2 + 1))
    assert pauses == [SLICE, SLICE * 2]


async def test_a_slice_that_nobody_fills_has_no_pause() -> None:
    async def pause() -> None:
        raise AssertionError

    assert [one async for one in in_slices("ab", pause)] == ["a", "b"]
    await no_pause()


async def test_long_work_waits_until_short_work_has_left() -> None:
    traffic = Traffic(connections=4)
    passing = asyncio.Event()
    steps: list[str] = []

    async def short() -> None:
        with traffic.short("PI"):
            passing.set()
            for _ in range(5):
                await asyncio.sleep(0)
            steps.append("short")

    async def long() -> None:
        await passing.wait()
        await traffic.give_way()
        steps.append("long")

    await asyncio.gather(short(), long())
    assert steps == ["short", "long"]


async def test_long_work_goes_on_although_short_work_stays() -> None:
    traffic = Traffic(connections=4)
    with traffic.short("PI"):
        await asyncio.wait_for(traffic.give_way(), 30)


async def test_what_waits_for_the_long_work_itself_is_not_waited_for() -> None:
    traffic = Traffic(connections=4)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    with traffic.short("PI"):
        counting = asyncio.create_task(count_turns())
        await traffic.give_way("PI")
        counting.cancel()
    assert turns <= 2  # one turn of the loop, and not the milliseconds of a pause


async def test_one_long_work_of_a_chamber_at_a_time_and_connections_for_others() -> None:
    traffic = Traffic(connections=4)
    under_way: list[str] = []
    most: list[list[str]] = []

    async def work(chamber: str) -> None:
        async with traffic.long(chamber):
            under_way.append(chamber)
            most.append(sorted(under_way))
            for _ in range(3):
                await asyncio.sleep(0)
            under_way.remove(chamber)

    await asyncio.gather(*(work(chamber) for chamber in ("PI", "LU", "MS") * 4))
    assert len(most) == 12
    assert max(map(len, most)) == 2
    assert all(len(set(together)) == len(together) for together in most)
