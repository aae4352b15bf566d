"""What was signed stays what it is: attacks that put something between two signatures."""

# mypy: disable-error-code="no-untyped-call"
# pyHanko's objects are not typed throughout.

from collections.abc import Callable, Iterator
from io import BytesIO

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from services.renderer.errors import SigningError
from shared.signatures import verify
from tests.renderer.pki import Pki
from tests.renderer.signing import PRESIDENT, SECRETARY, Office, order

Attack = Callable[[IncrementalPdfFileWriter], None]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with Pki() as pki:
        yield Office(pki, tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def sealed(office: Office) -> bytes:
    """A page with words, a tag, an attachment and a reference to nothing, sealed."""
    plain = BytesIO()
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.Contents = pdf.make_stream(b"BT /F1 12 Tf (in chiaro) Tj ET")
        element = pdf.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.Document))
        pdf.Root.StructTreeRoot = pdf.make_indirect(pikepdf.Dictionary(K=element))
        pdf.attachments["dati.json"] = b"{}"
        pdf.save(plain, deterministic_id=True)
    return office.seal(plain.getvalue())


def page_of(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page: generic.DictionaryObject = writer.root["/Pages"]["/Kids"][0]
    return page


def shadow(writer: IncrementalPdfFileWriter) -> None:
    """Other words under the same page."""
    contents = page_of(writer).raw_get("/Contents")
    stream = generic.StreamObject(stream_data=b"BT /F1 12 Tf (altro) Tj ET")
    writer.objects[(contents.generation, contents.idnum)] = stream


def other_page(writer: IncrementalPdfFileWriter) -> None:
    kids = writer.root["/Pages"]["/Kids"]
    kids[0] = writer.add_object(generic.DictionaryObject(page_of(writer)))
    writer.update_container(kids)


def annotation(writer: IncrementalPdfFileWriter) -> None:
    note = generic.DictionaryObject(
        {pdf_name("/Type"): pdf_name("/Annot"), pdf_name("/Subtype"): pdf_name("/FreeText")}
    )
    page = page_of(writer)
    page.setdefault("/Annots", generic.ArrayObject())
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])
    writer.update_container(page)


def form(writer: IncrementalPdfFileWriter) -> None:
    field = generic.DictionaryObject(
        {pdf_name("/FT"): pdf_name("/Tx"), pdf_name("/T"): generic.pdf_string("testo")}
    )
    fields = writer.root["/AcroForm"]["/Fields"]
    fields.append(writer.add_object(field))
    writer.update_container(fields)


def no_tags(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/StructTreeRoot"]
    writer.update_root()


def other_tags(writer: IncrementalPdfFileWriter) -> None:
    tree = writer.root["/StructTreeRoot"]
    tree["/Lang"] = generic.pdf_string("xx")
    writer.update_container(tree)


def opened(writer: IncrementalPdfFileWriter) -> None:
    writer.root["/OpenAction"] = generic.DictionaryObject()
    writer.update_root()


def no_attachments(writer: IncrementalPdfFileWriter) -> None:
    del writer.root["/Names"]
    writer.update_root()


ATTACKS: dict[Attack, str] = {
    shadow: "la pagina 1",
    other_page: "le pagine",
    annotation: "la pagina 1",
    form: "campi o annotazioni",
    no_tags: "tecnologie assistive",
    other_tags: "tecnologie assistive",
    opened: "nessuna pagina mostra",
    no_attachments: "gli allegati",
}
"""And the words for what a reader would find changed."""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_what_is_put_between_two_signatures_is_found(
    office: Office, sealed: bytes, attack: Attack
) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(sealed))
    attack(writer)
    out = BytesIO()
    writer.write(out)
    report = verify(out.getvalue(), office.trust)
    assert (report.valid, report.after_last) == (False, "changes")
    assert ATTACKS[attack] in report.problems[0].it
    with pytest.raises(SigningError, match="level_not_obtained"):
        office.sign(out.getvalue(), order(SECRETARY))


def test_what_signers_do_is_allowed(office: Office, sealed: bytes) -> None:
    once = office.sign(sealed, order(SECRETARY), "B-LT")
    twice = office.sign(once, order(PRESIDENT), "B-LTA")
    assert verify(twice, office.trust).valid
    assert verify(once, office.trust).after_last == "validation_data"
    assert verify(twice, office.trust).after_last == "nothing"
    assert not verify(once + b"\n", office.trust).valid
