"""Tries to reach the stored bytes of a victim through the view of another chamber."""

import contextlib
from collections.abc import Awaitable, Callable

from shared.runtime.blobs import BlobNotFoundError, BlobStore
from tests.leaks.tried import Tried
from tests.leaks.victims import LIVED, STRANGER


def ways(key: str) -> list[str]:
    """Spellings of a victim's key, straight and crooked."""
    inside = key.partition("/")[2]
    return [
        key,
        f"/{key}",
        f"./{key}",
        f"../{key}",
        f"{STRANGER}/../{key}",
        f"{STRANGER}/{key}/../../../{key}",
        f"{STRANGER}//../{LIVED}/{inside}",
        f"{STRANGER}%2F..%2F{key}",
        f"{STRANGER}\\..\\{key}",
        key.lower(),
    ]


async def search(store: BlobStore, keys: list[str]) -> Tried:
    """What a stranger's view gives of these keys of a victim; nothing is left changed."""
    tried = Tried()
    mine, theirs = store.of_chamber(STRANGER), store.of_chamber(LIVED)
    for key in keys:
        before = await theirs.get(key)
        for way in ways(key):
            folder = way.rpartition("/")[0]
            tries: dict[str, Callable[[], Awaitable[object]]] = {
                "reads": lambda way=way: mine.get(way),  # type: ignore[misc]
                "lists": lambda folder=folder: mine.keys(folder),  # type: ignore[misc]
                "writes": lambda way=way: mine.put(way, b"x", media_type="text/plain"),  # type: ignore[misc]
                "deletions": lambda way=way: mine.delete(way),  # type: ignore[misc]
            }
            for kind, attempt in tries.items():
                got: object = None
                with contextlib.suppress(ValueError, LookupError, TypeError):
                    got = await attempt()
                left = await _content(store, key)
                leak = f"{kind} of {way!r} reach a blob of {LIVED}"
                tried.note(f"blob {kind}", leak if got or left != before else None)
                if left != before:
                    await theirs.put(key, before, media_type="application/pdf")
    return tried


async def _content(store: BlobStore, key: str) -> bytes | None:
    try:
        return await store.of_chamber(LIVED).get(key)
    except BlobNotFoundError:
        return None
