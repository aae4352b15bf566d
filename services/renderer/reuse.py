"""Chapters laid out before, kept to be used again as they are.

A chapter is found by the hash of its sheet, which is all that its pages depend on, and of the
program that lays it out. Kept on the renderer's own disk only, readable by its user only, up to
``ROOM`` bytes; the least recently used go first. An entry holds its own hash, and one that does
not match it is removed and laid out again. Children that lay out texts never see the shelf:
the press copies into and out of their folder.
"""

import contextlib
import hashlib
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from weasyprint.text.ffi import pango

from services.renderer import fonts

ROOM = 256 * 1024 * 1024
"""Bytes: some thousand chapters."""

_ENGINE = ("weasyprint", "pydyf", "pikepdf", "tinycss2", "tinyhtml5", "cffi", "fontTools")
_OWN = ("engine.py", "layout.py", "conformance.py", "document/chapters.py", "fonts.py")
_DIGEST = 32


@cache
def _engine() -> bytes:
    """Hash of everything besides the sheet that pages depend on."""
    told = hashlib.sha256()
    told.update(f"pango={pango.pango_version()};".encode())
    for name in _ENGINE:
        told.update(f"{name}={version(name)};".encode())
    here = Path(__file__).parent
    own = [*(here / name for name in _OWN), *sorted((here / "shortcuts").glob("*.py"))]
    for path in [*own, *sorted(fonts.FOLDER.glob("*.ttf"))]:
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.digest()


class Shelf:
    """A folder of chapters, each under the hash of what it was made from."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self._folder = folder
        self._room = room
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self, path: Path) -> bool:
        """Put ``.pdf`` and ``.facts`` beside the ``.sheet`` of ``path``, if they are kept."""
        entry = self._entry(path)
        try:
            content = entry.read_bytes()
        except OSError:
            return False
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() != digest:
            entry.unlink(missing_ok=True)
            return False
        length = int.from_bytes(body[:8], "big")
        path.with_suffix(".facts").write_bytes(body[8 : 8 + length])
        path.with_suffix(".pdf").write_bytes(body[8 + length :])
        with contextlib.suppress(OSError):
            os.utime(entry)
        return True

    def put(self, path: Path) -> None:
        """Keep what was laid out from the ``.sheet`` of ``path``; a full disk is no failure."""
        facts = path.with_suffix(".facts").read_bytes()
        pdf = path.with_suffix(".pdf").read_bytes()
        body = len(facts).to_bytes(8, "big") + facts + pdf
        entry = self._entry(path)
        written = entry.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            written.write_bytes(hashlib.sha256(body).digest() + body)
            written.chmod(0o600)
            written.rename(entry)
            self._make_room()

    def _entry(self, path: Path) -> Path:
        key = hashlib.sha256(_engine() + path.with_suffix(".sheet").read_bytes())
        return self._folder / f"{key.hexdigest()}.chapter"

    def _make_room(self) -> None:
        entries = []
        for entry in self._folder.iterdir():
            with contextlib.suppress(OSError):
                facts = entry.stat()
                entries.append((facts.st_mtime_ns, facts.st_size, entry))
        taken = sum(size for _, size, _ in entries)
        for _, size, entry in sorted(entries):
            if taken <= self._room:
                break
            entry.unlink(missing_ok=True)
            taken -= size
