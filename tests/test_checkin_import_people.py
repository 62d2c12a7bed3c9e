"""Who came, read from a list of past visits: by number, by name, or not at all."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checkin import queries
from checkin.vault import IdentifierKind, Vault
from checkin.visit_person import compared_name, document_kind, named
from checkin.visit_rows import Reason, RowRefused
from tests.make_imports import LAN, MORNING, Importer, importer
from venues.intake_text import compared, tidy

__all__ = ["importer"]  # the fixture


async def test_a_trace_by_phone_finds_the_visitor_behind_the_scan(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")
    target = importer.target
    vault = Vault(target.keys)

    # when
    people = await queries.people_by_identifier(
        importer.db, IdentifierKind.PHONE, vault.find(IdentifierKind.PHONE, "+84912345678")
    )

    # then
    [arrival, _] = await importer.scans()
    assert target.days.people([arrival["subject"]], date(2021, 7, 19)) == people
    row = await queries.person(importer.db, people[0])
    assert row is not None
    assert vault.open(row.id, row.sealed, row.key_id)["full_name"] == "Nguyễn Thị Lan"
    kinds = await importer.db.fetch("SELECT kind, verified FROM identifier ORDER BY kind")
    assert [tuple(kind) for kind in kinds] == [
        (IdentifierKind.PHONE, False),
        (IdentifierKind.CCCD, False),
        (IdentifierKind.IMPORTED, True),
    ]


async def test_a_name_is_the_same_however_its_marks_are_encoded(importer: Importer) -> None:
    # given
    composed = f"Hoà Thị Ngọc Thuỷ,0912345678,,Chợ Cái Răng,,{MORNING}"
    decomposed = unicodedata.normalize("NFD", composed).replace("07-19", "07-18")

    # when
    report = await importer.rows(composed, decomposed)

    # then
    assert (report.people, report.venues, report.arrivals) == (1, 1, 2)


async def test_marks_and_documents_tell_people_apart(importer: Importer) -> None:
    report = await importer.rows(
        f"Bà Mai,0912345678,,Chợ,,{MORNING}",
        f"Bá Mai,0912345678,,Chợ,,{MORNING}",
        f"Bá Mai,0912345678,B1234567,Chợ,,{MORNING}",
    )

    assert report.people == 3


async def test_a_phone_that_cannot_be_read_does_not_cost_the_row(importer: Importer) -> None:
    # when
    report = await importer.rows(
        f"Lan,số của mẹ,,Chợ,,{MORNING}", f"Lan,SỐ của mẹ,,Chợ,,{MORNING}", f",123,,Chợ,,{MORNING}"
    )

    # then it is kept as written and reported; alone it says nobody
    assert (report.arrivals, report.phones_unread) == (1, 2)
    assert [row["bad_reason"] for row in importer.bad()] == [Reason.NOBODY]
    kinds = await importer.db.fetch("SELECT kind FROM identifier")
    assert [row["kind"] for row in kinds] == [IdentifierKind.IMPORTED]


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ("092191001234", IdentifierKind.CCCD),
        ("361234567", IdentifierKind.CMND),
        ("B1234567", IdentifierKind.PASSPORT),
        ("HS4010120878821", IdentifierKind.BHYT),
        ("AB-99", IdentifierKind.PASSPORT),
    ],
)
def test_a_document_is_known_by_its_form(document: str, kind: IdentifierKind) -> None:
    assert document_kind(document) == kind


@given(st.text(max_size=30))
@example("Nguyễn THỊ Hòa - Lan (bé)")
@example("Nguyễn Thị Hoà")
def test_a_name_compared_word_by_word_is_the_name_compared_whole(text: str) -> None:
    name = tidy(text)

    assert compared_name(name) == compared(name)


@pytest.mark.parametrize("phone", ["0912345678", "+84 912 345 678", "84912345678", "0912.345.678"])
def test_one_person_however_their_numbers_are_written(phone: str) -> None:
    plain = named(("Lan", "0912345678", "092191001234"))

    assert named((" LAN ", phone, "092 191 001 234")).identity == plain.identity


def test_nobody_is_no_person() -> None:
    with pytest.raises(RowRefused, match="neither"):
        named((" ", "-", "N/A"))
