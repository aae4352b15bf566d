"""Documents of a publisher: what tells them apart, where each is found, which one holds now."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.publications import addresses
from services.api.publications.catalogue import dataset_identifier
from services.api.publications.shelf import Document, Publisher, Series, Shelf, shelve
from shared.contracts.snapshot import ReportKind
from shared.domain.designation import Decided, Designation, designated_kinds
from shared.domain.publication import public_kind

PUBLISHER = Publisher(
    "TNO", "Toscana Nord-Ovest", "cciaa_tno", None, None, "TNO", "Ente", None, None
)
PAGE = "/amministrazione-trasparente/TNO/performance/2021"


def document(report_id: str, kind: str, subject: str = "", version: int = 1) -> Document:
    return Document(
        chamber="TNO",
        report_id=report_id,
        year=2021,
        kind=kind,
        subject=subject,
        decided_kind=None,
        decided_subject=None,
        decided_version=None,
        decided_state=None,
        version=version,
        reason=None,
        pdf_sha256="0" * 64,
        pdf_size=1,
        pdf_pages=1,
        blob_key="",
        web_sha256=None,
        web_size=None,
        web_blob_key=None,
        snapshot_sha256="0" * 64,
        published_at=datetime(2022, 6, 30, tzinfo=UTC),
        supersedes=None,
        superseded_by=None,
    )


def decision(report_id: str, about: Document, state: str = "published") -> Document:
    return replace(
        document(report_id, "validazione", about.report_id),
        decided_kind=about.kind,
        decided_subject=about.subject,
        decided_version=about.version,
        decided_state=state,
    )


FIRST = document("01", "relazione")
SECOND = document("03", "relazione", version=2)
THIRD = document("05", "relazione", version=3)
SMALL = document("10", "relazione_ente", "LU,MS")
WHOLE = document("12", "relazione_ente", "LU,MS,PI")
ON_FIRST, ON_SECOND = decision("02", FIRST), decision("04", SECOND)
ON_THIRD = decision("06", THIRD, "refused")
ON_WHOLE = decision("13", WHOLE)


def leading(*documents: Document, kind: str = "validazione") -> list[str]:
    """Ids of what holds now, also when it comes in another order."""
    shelves = [shelve(PUBLISHER, documents), shelve(PUBLISHER, reversed(documents))]
    one, other = ([s.latest.report_id for s in shelf.leading(2021, kind)] for shelf in shelves)
    assert one == other
    return one


def test_every_kind_has_a_name() -> None:
    assert set(get_args(ReportKind)) == designated_kinds()


def test_a_new_version_is_the_same_document() -> None:
    (series,) = shelve(PUBLISHER, [FIRST, SECOND]).series
    assert series == Series((SECOND, FIRST))
    assert addresses.permanent(FIRST) == addresses.permanent(SECOND) == f"{PAGE}/relazione"
    assert dataset_identifier(PUBLISHER, SECOND) == "cciaa_tno:relazione:2021"


@pytest.mark.parametrize(
    ("found", "mark", "words"),
    [
        (ON_SECOND, "relazione-2", "versione 2 della Relazione"),
        (ON_WHOLE, "relazione_ente-LU-MS-PI-1", "versione 1 della Relazione dell'ente: LU, MS, PI"),
        (SMALL, "LU-MS", "LU, MS"),
    ],
)
def test_what_a_document_is_about_is_in_its_address_and_its_title(
    found: Document, mark: str, words: str
) -> None:
    assert addresses.permanent(found) == f"{PAGE}/{found.kind}/{mark}"
    assert dataset_identifier(PUBLISHER, found) == f"cciaa_tno:{found.kind}:2021:{mark}"
    assert found.title.endswith(f" 2021 ({words})")
    shelf = shelve(PUBLISHER, [FIRST, SECOND, ON_FIRST, ON_SECOND, SMALL, WHOLE, ON_WHOLE])
    there = shelf.at(2021, found.kind, mark)
    assert there is not None
    assert there.latest is found


def test_of_decisions_the_one_on_the_version_in_force_holds() -> None:
    assert leading(FIRST, ON_FIRST) == ["02"]
    assert leading(FIRST, ON_FIRST, SECOND, ON_SECOND) == ["04"]
    # What was refused is never published: the version before stays in force, and so its decision.
    assert leading(FIRST, ON_FIRST, SECOND, ON_SECOND, ON_THIRD) == ["04"]
    # Nothing that was decided on is published: the last word counts.
    assert leading(ON_THIRD, decision("00", FIRST, "refused")) == ["06"]


def test_an_entity_that_has_grown_reports_again() -> None:
    shelf = shelve(PUBLISHER, [SMALL, WHOLE])
    assert leading(SMALL, WHOLE, kind="relazione_ente") == ["12"]
    assert [shelf.current(one).latest for one in shelf.series] == [WHOLE, WHOLE]


def test_decisions_on_different_reports_hold_side_by_side() -> None:
    assert leading(FIRST, ON_FIRST, WHOLE, ON_WHOLE) == ["02", "13"]
    assert leading() == []


codes = st.lists(st.from_regex(r"[A-Z][A-Z0-9]{1,7}", fullmatch=True), min_size=1, unique=True)
chambers = codes.map(lambda found: ",".join(sorted(found)))
decided = st.one_of(
    st.builds(Decided, st.just("relazione"), st.just(""), st.integers(1, 99)),
    st.builds(Decided, st.just("relazione_ente"), chambers, st.integers(1, 99)),
)
designations = st.one_of(
    st.sampled_from(["piano", "relazione"]).map(lambda kind: Designation(kind, 2021)),
    chambers.map(lambda found: Designation("relazione_ente", 2021, found)),
    decided.map(lambda found: Designation("validazione", 2021, "", found)),
)


@given(designations, designations)
def test_different_documents_have_different_addresses_and_titles(
    one: Designation, other: Designation
) -> None:
    same = one == other
    assert ((one.kind, one.mark) == (other.kind, other.mark)) is same
    assert (one.title == other.title) is same
    assert public_kind(one.kind) is not None
    assert one.mark.replace("-", "").replace("_", "").isalnum() or not one.mark


def test_every_document_of_a_shelf_is_found_at_its_own_address() -> None:
    everything = [FIRST, SECOND, ON_FIRST, ON_SECOND, ON_THIRD, SMALL, WHOLE, ON_WHOLE]
    shelf: Shelf = shelve(PUBLISHER, everything)
    places = [addresses.permanent(series.latest) for series in shelf.series]
    assert len(set(places)) == len(places) == 7
    for series in shelf.series:
        assert shelf.at(2021, series.kind, series.designation.mark) is series
    assert [one.latest.report_id for one in shelf.series if one.kind == "validazione"] == [
        *("06", "04", "02", "13"),
    ]
