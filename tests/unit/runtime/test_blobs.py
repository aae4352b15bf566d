from pathlib import Path

import pytest

from shared.runtime.blobs import BlobKeyError, BlobNotFoundError, BlobStore, report_key

_KEY = report_key("PI", "0199", "ab" * 32)


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    url = "memory:///" if request.param == "memory" else (tmp_path / "con spazio").as_uri()
    return BlobStore.open(url)


async def test_what_is_put_is_got_until_deleted(store: BlobStore) -> None:
    blobs = store.of_chamber("PI")
    await blobs.put(_KEY, b"%PDF-1.7", media_type="application/pdf")
    await blobs.put(_KEY, b"%PDF-2.0", media_type="application/pdf")
    assert await blobs.get(_KEY) == b"%PDF-2.0"
    await blobs.delete(_KEY)
    await blobs.delete(_KEY)
    with pytest.raises(BlobNotFoundError):
        await blobs.get(_KEY)


async def test_a_folder_is_listed_with_what_is_below_it_only(store: BlobStore) -> None:
    blobs = store.of_chamber("PI")
    other = report_key("PI", "01990", "cd" * 32)
    second = report_key("PI", "0199", "ef" * 32)
    for key in (_KEY, other, second):
        await blobs.put(key, b"x", media_type="application/pdf")
    assert await blobs.keys("PI/reports/0199") == [_KEY, second]
    assert await blobs.keys("PI/reports/none") == []
    with pytest.raises(BlobKeyError):
        await blobs.keys("LU/reports")


@pytest.mark.parametrize(
    "key",
    [
        _KEY.replace("PI/", "LU/", 1),
        "PI",
        "PI/",
        "PI/../LU/reports/1/x.pdf",
        "PI//x",
        "PI/reports/.hidden",
        "/PI/x",
        "PI/a\nb",
    ],
)
async def test_keys_outside_the_chamber_or_malformed_are_refused(
    store: BlobStore, key: str
) -> None:
    blobs = store.of_chamber("PI")
    with pytest.raises(BlobKeyError):
        await blobs.put(key, b"x", media_type="application/pdf")
    with pytest.raises(BlobKeyError):
        await blobs.get(key)
    with pytest.raises(BlobKeyError):
        await blobs.delete(key)


@pytest.mark.parametrize("chamber", ["", "pi", "P", "PI/..", "PI\n"])
def test_only_a_chamber_code_opens_a_view(store: BlobStore, chamber: str) -> None:
    with pytest.raises(BlobKeyError):
        store.of_chamber(chamber)


async def test_a_folder_lays_blobs_out_by_chamber(tmp_path: Path) -> None:
    store = BlobStore.open(tmp_path.as_uri())
    await store.of_chamber("PI").put(_KEY, b"x", media_type="application/pdf")
    assert (tmp_path / _KEY).read_bytes() == b"x"
