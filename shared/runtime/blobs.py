"""Where large immutable bytes live: a folder, or any S3-compatible store, through obstore."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

_CHAMBER = re.compile(r"[A-Z][A-Z0-9]{1,7}\Z")
_KEY_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")


class BlobKeyError(ValueError):
    """A key that is malformed or belongs to another chamber."""


class BlobNotFoundError(LookupError):
    """Nothing is stored under this key."""


def report_folder(chamber: str) -> str:
    """Folder of a chamber's signed reports."""
    return f"{chamber}/reports"


def report_key(chamber: str, report_id: str, sha256: str) -> str:
    """Key of a signed report: ``<chamber>/reports/<report_id>/<sha256>.pdf``.

    The hash in the key makes a repeated upload of the same bytes harmless and keeps two
    different documents of one report apart.
    """
    return f"{report_folder(chamber)}/{report_id}/{sha256}.pdf"


def web_page_folder(chamber: str) -> str:
    """Folder of the web pages of a chamber's reports."""
    return f"{chamber}/web"


def web_page_key(chamber: str, report_id: str, sha256: str) -> str:
    """Key of the web page of a report: ``<chamber>/web/<report_id>/<sha256>.html``.

    In a folder of its own: beside a PDF nothing else is kept.
    """
    return f"{web_page_folder(chamber)}/{report_id}/{sha256}.html"


def evidence_folder(chamber: str) -> str:
    """Folder of the files that prove a chamber's measurements."""
    return f"{chamber}/evidence"


def evidence_key(chamber: str, evidence_id: str, sha256: str) -> str:
    """Key of a file that proves a measurement: ``<chamber>/evidence/<evidence_id>/<sha256>``."""
    return f"{evidence_folder(chamber)}/{evidence_id}/{sha256}"


def transit_folder(chamber: str) -> str:
    """Folder of a chamber's archives on their way out or in: nothing that the chamber keeps."""
    return f"{chamber}/transit"


def transit_key(chamber: str, archive_id: str) -> str:
    """Key of an archive on its way: ``<chamber>/transit/<archive_id>.zip``."""
    return f"{transit_folder(chamber)}/{archive_id}.zip"


class ChamberBlobs:
    """The blobs of one chamber; keys of any other are refused, not just not found."""

    def __init__(self, store: ObjectStore, chamber: str) -> None:
        if not _CHAMBER.match(chamber):
            raise BlobKeyError(f"not a chamber code: {chamber!r}")
        self._store = store
        self._chamber = chamber

    @property
    def chamber(self) -> str:
        """Whose they are."""
        return self._chamber

    async def put(self, key: str, content: bytes, *, media_type: str) -> None:
        """Store ``content`` whole or not at all, replacing what was there.

        Raises:
            BlobKeyError: the key is not one of this chamber.
        """
        self._check(key)
        attributes = {} if isinstance(self._store, LocalStore) else {"Content-Type": media_type}
        await obstore.put_async(self._store, key, content, attributes=attributes)

    async def put_file(self, key: str, path: Path, *, media_type: str) -> None:
        """As :meth:`put`, of a file that need not fit into memory.

        Raises:
            BlobKeyError: the key is not one of this chamber.
            OSError: the file cannot be read.
        """
        self._check(key)
        attributes = {} if isinstance(self._store, LocalStore) else {"Content-Type": media_type}
        await obstore.put_async(self._store, key, path, attributes=attributes)

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """What is stored under ``key``, some at a time.

        Raises:
            BlobKeyError: the key is not one of this chamber.
            BlobNotFoundError: nothing is there.
        """
        self._check(key)
        try:
            found = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise BlobNotFoundError(key) from error
        async for piece in found.stream():
            yield bytes(piece)

    async def get(self, key: str) -> bytes:
        """What is stored under ``key``.

        Raises:
            BlobKeyError: the key is not one of this chamber.
            BlobNotFoundError: nothing is there.
        """
        self._check(key)
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise BlobNotFoundError(key) from error

    async def keys(self, folder: str, *, before: datetime | None = None) -> list[str]:
        """Every key below ``folder``, itself written like a key without the last part.

        With ``before`` only what was stored earlier than that.

        Raises:
            BlobKeyError: the folder is not one of this chamber.
        """
        self._check(folder)
        batches = [batch async for batch in obstore.list(self._store, prefix=f"{folder}/")]
        return sorted(
            found["path"]
            for batch in batches
            for found in batch
            if before is None or found["last_modified"] < before
        )

    async def all_keys(self) -> list[str]:
        """Every key of the chamber."""
        batches = [batch async for batch in obstore.list(self._store, prefix=f"{self._chamber}/")]
        return sorted(found["path"] for batch in batches for found in batch)

    async def kept_keys(self) -> list[str]:
        """Every key of the chamber but those of archives on their way."""
        passing = f"{transit_folder(self._chamber)}/"
        return [key for key in await self.all_keys() if not key.startswith(passing)]

    async def delete(self, key: str) -> None:
        """Remove what is stored under ``key``; nothing there is fine.

        Raises:
            BlobKeyError: the key is not one of this chamber.
        """
        self._check(key)
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    def _check(self, key: str) -> None:
        chamber, *parts = key.split("/")
        if chamber != self._chamber:
            raise BlobKeyError(f"the key belongs to another chamber: {key!r}")
        if not parts or not all(_KEY_PART.match(part) for part in parts):
            raise BlobKeyError(f"malformed key: {key!r}")


class BlobStore:
    """The store of the whole system; all access goes through one chamber's view of it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def open(cls, url: str) -> "BlobStore":
        """The store at ``url``.

        ``file:///folder`` is a folder (made when missing), ``memory:///`` forgets everything,
        anything else (``s3://bucket/prefix``, ...) is opened by obstore, which takes
        credentials, region and endpoint from the usual environment variables.
        """
        parts = urlsplit(url)
        if parts.scheme == "file":
            folder = Path(unquote(parts.path))
            return cls(LocalStore(folder, mkdir=True))
        if parts.scheme == "memory":
            return cls(MemoryStore())
        return cls(from_url(url))

    def of_chamber(self, chamber: str) -> ChamberBlobs:
        """The blobs of one chamber.

        Raises:
            BlobKeyError: not a chamber code.
        """
        return ChamberBlobs(self._store, chamber)
