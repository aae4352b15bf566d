"""Verification: nothing that was touched passes, nothing hostile raises."""

import asyncio
import random
import time
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers

from services.renderer.signing import development
from shared.signatures import load_anchors, verify
from tests.renderer.conftest import Made


@pytest.fixture(scope="module")
def sealed_page(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """A single page, sealed: small enough to be verified hundreds of times."""
    folder = tmp_path_factory.mktemp("page")
    plain = BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(plain)
    return seal(plain.getvalue(), folder, "PI", "Seal"), folder / "trust"


def seal(pdf: bytes, folder: Path, chamber: str, field: str, *, pades: bool = True) -> bytes:
    identity = development.identity_for(folder, chamber, f"Camera di {chamber}")
    signer = signers.SimpleSigner.load_pkcs12_data(identity.read_bytes(), [], None)
    signer.embed_roots = False
    subfilter = fields.SigSeedSubFilter.PADES if pades else None
    done = asyncio.run(
        signers.async_sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            signers.PdfSignatureMetadata(field_name=field, subfilter=subfilter),
            signer=signer,
        )
    )
    return bytes(done.getvalue())


def test_a_sealed_relazione_is_valid(small: Made) -> None:
    report = verify(small.sealed, small.trust, chamber="PI")
    assert report.valid
    assert report.intact
    assert report.trusted
    assert not report.problems
    (signer,) = report.signers
    assert signer.chamber == "PI"
    assert signer.common_name == "Camera di commercio di Pisa (sigillo di prova)"
    assert signer.level == "B-B"
    assert signer.development
    assert signer.covers_whole_document
    assert signer.claimed_time is not None
    assert signer.trusted_time is None


def test_the_seal_of_another_chamber_is_not_the_one_expected(small: Made) -> None:
    report = verify(small.sealed, small.trust, chamber="LU")
    assert not report.valid
    assert [problem.code for problem in report.problems] == ["other_chamber"]


def test_an_unknown_authority_leaves_the_document_intact_but_untrusted(
    small: Made, tmp_path: Path
) -> None:
    development.ensure_authority(tmp_path)
    report = verify(small.sealed, tmp_path / "trust")
    assert (report.valid, report.intact, report.trusted) == (False, True, False)
    assert report.problems[0].code == "untrusted"
    assert not verify(small.sealed, ()).valid


def test_an_unsigned_document_is_not_valid(small: Made) -> None:
    report = verify(small.unsigned, small.trust)
    assert not report.valid
    assert report.problems[0].code == "unsigned"


def test_no_flipped_byte_goes_unnoticed(sealed_page: tuple[bytes, Path]) -> None:
    pdf, trust = sealed_page
    anchors = load_anchors(trust)
    assert verify(pdf, anchors).valid
    begin = pdf.rindex(b"/Contents <")
    end = pdf.index(b">", begin)
    chance = random.Random(2020)  # noqa: S311 - the same places every time
    places = {
        *chance.sample(range(len(pdf)), 30),
        *chance.sample(range(begin, end + 2), 50),
        *(begin + 9, begin + 10, begin + 11, end - 1, end, end + 1, len(pdf) - 1),
    }
    for turn, place in enumerate(sorted(places)):
        changed = bytearray(pdf)
        changed[place] ^= (0x01, 0x20, 0x80)[turn % 3]
        assert not verify(bytes(changed), anchors).valid, (place - begin, turn % 3)


@pytest.mark.parametrize("added", [b" ", b"\n", b"\x00", b"% comment\n", b"%%EOF\n"])
def test_nothing_may_follow_the_end(small: Made, added: bytes) -> None:
    assert not verify(small.sealed + added, small.trust).valid


def test_nothing_may_come_before_the_beginning(small: Made) -> None:
    assert not verify(b"\n" + small.sealed, small.trust).valid


def updated(pdf: bytes, key: str) -> bytes:
    """``pdf`` with an incremental update that changes its first page."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name(key)] = NumberObject(90)  # type: ignore[no-untyped-call]
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def test_an_incremental_update_after_the_seal_is_found(small: Made) -> None:
    report = verify(updated(small.sealed, "/Rotate"), small.trust)
    assert not report.valid
    assert not report.intact
    assert "not_covered" in {problem.code for problem in report.problems}


def test_a_second_signature_leaves_the_first_valid(sealed_page: tuple[bytes, Path]) -> None:
    pdf, trust = sealed_page
    report = verify(seal(pdf, trust.parent, "SG", "Second"), trust, chamber="PI")
    assert report.valid, report.problems
    assert [item.chamber for item in report.signers] == ["PI", "SG"]
    assert [item.covers_whole_document for item in report.signers] == [False, True]


def test_a_page_changed_between_two_signatures_is_found(sealed_page: tuple[bytes, Path]) -> None:
    pdf, trust = sealed_page
    report = verify(seal(updated(pdf, "/Rotate"), trust.parent, "SG", "Second"), trust)
    assert not report.valid
    assert "modified" in {problem.code for problem in report.problems}


def test_a_stranger_who_signs_a_long_document_costs_little(small: Made, tmp_path: Path) -> None:
    signed = seal(small.sealed, tmp_path, "XX", "Stranger")
    begun = time.monotonic()
    report = verify(signed, small.trust)
    assert time.monotonic() - begun < 10
    assert not report.valid
    assert {problem.code for problem in report.problems} == {"untrusted"}


def test_a_signature_that_is_not_pades_is_told_apart(sealed_page: tuple[bytes, Path]) -> None:
    pdf, trust = sealed_page
    revision = PdfFileReader(BytesIO(pdf)).embedded_signatures[0]
    assert revision.field_name == "Seal"
    again = seal(pdf, trust.parent, "PI", "Other", pades=False)
    assert [item.level for item in verify(again, trust).signers] == ["B-B", "CMS"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"not a pdf at all",
        b"%PDF-1.7\nstartxref\n99999999999\n%%EOF",
        b"%PDF-1.7\nstartxref\n-5\n%%EOF",
        b"%PDF-1.7\n" + b"[" * 200_000 + b"\nstartxref\n9\n%%EOF",
        b"%PDF-1.7\n" + random.Random(1).randbytes(10 * 1024 * 1024),  # noqa: S311 - junk
        b"%PDF-1.7\n" + b"1 0 obj\n" * 500_000,
    ],
    ids=["empty", "header", "bare", "text", "far", "negative", "nested", "junk", "objects"],
)
def test_hostile_input_is_answered(content: bytes, small: Made) -> None:
    report = verify(content, small.trust)
    assert not report.valid
    assert report.problems
    assert report.size == len(content)


def test_a_truncated_document_is_answered(small: Made) -> None:
    for share in (0.1, 0.5, 0.9, 0.999):
        assert not verify(small.sealed[: int(len(small.sealed) * share)], small.trust).valid


async def test_it_works_inside_a_running_loop(small: Made) -> None:
    assert verify(small.sealed, small.trust).valid


def test_sentences_come_in_both_languages(small: Made) -> None:
    problem = verify(small.unsigned, small.trust).problems[0]
    assert problem.it == "Il PDF non è firmato."
    assert problem.en == "The PDF carries no signature."


def test_a_folder_with_something_else_in_it_is_an_error(tmp_path: Path, small: Made) -> None:
    (tmp_path / "wrong.pem").write_text("not a certificate")
    with pytest.raises(ValueError, match=r"."):
        verify(small.sealed, tmp_path)
