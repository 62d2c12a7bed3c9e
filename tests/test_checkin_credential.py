"""What comes into the box of a gate, told apart and read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.cards import card_address, new_card
from checkin.credential import (
    CardShown,
    NumberTyped,
    PassShown,
    PosterShown,
    Unreadable,
    recognise,
)
from checkin.document import Document, Odd, Paper, odd
from checkin.model import Sex
from checkin.passes import pass_address, pass_code
from checkin.vault import IdentifierKind
from venues.code import ForeignCode, address, new_code, printed

URL = "https://chot.example.vn"
TODAY = date(2021, 7, 20)
CHIP = "092090001234|361234567|Nguyễn Thị Hoà|05031990|Nam|Khu vực 1, Cái Khế, Cần Thơ|20042021"
NATIONAL = (
    "001093029317|NGUYEN LE KHA HAN|1987-01-18|0|162979388586171100|<1<HS4010120878821<0944713700"
)


def hexed(text: str) -> str:
    return text.encode().hex()


BHYT = "|".join(
    (
        *("HS4010120878821", hexed("Lê Khả Hân"), "18/01/1987", "2"),
        *(
            hexed("12 đường 30/4"),
            "92 - 001",
            "01/01/2021",
            "-",
            "01/01/2021",
            "92000",
            "-",
            "4",
            "$",
        ),
    )
)


def read(text: str) -> Document:
    found = recognise(text, URL)
    assert isinstance(found, Document)
    return found


def test_a_chip_card_names_a_person_by_both_numbers() -> None:
    found = read(CHIP)

    assert found == Document(
        paper=Paper.CCCD,
        identifiers=(
            (IdentifierKind.CCCD, "092090001234"),
            (IdentifierKind.CMND, "361234567"),
        ),
        full_name="Nguyễn Thị Hoà",
        birth_year=1990,
        sex=Sex.MALE,
        address="Khu vực 1, Cái Khế, Cần Thơ",
    )
    assert odd(found, TODAY) == []


def test_a_chip_card_without_an_old_number_and_with_more_fields_is_read_too() -> None:
    found = read(CHIP.replace("361234567", "") + "|Cha|Mẹ\r\n")

    assert found.identifiers == ((IdentifierKind.CCCD, "092090001234"),)


def test_a_guns_prefix_and_missing_letters_cost_nobody_their_entry() -> None:
    found = read("]Q1" + CHIP.replace("Nam", "N?").replace("Nguyễn", "Nguy?n"))

    assert found.sex is Sex.FEMALE
    assert Odd.NAME in odd(found, TODAY)


def test_the_national_code_names_a_person_by_its_own_number_and_the_card() -> None:
    found = read(NATIONAL)

    assert found.paper is Paper.NATIONAL_QR
    assert found.identifiers == (
        (IdentifierKind.NATIONAL_QR, "162979388586171100"),
        (IdentifierKind.CCCD, "001093029317"),
    )
    assert (found.full_name, found.birth_year) == ("NGUYEN LE KHA HAN", 1987)
    assert (found.sex, found.phone) == (Sex.FEMALE, "+84944713700")


def test_a_number_that_another_declared_names_nobody() -> None:
    found = read(NATIONAL.replace("|0|", "|1|"))

    assert [kind for kind, _ in found.identifiers] == [IdentifierKind.NATIONAL_QR]


def test_the_national_code_may_have_an_empty_extension() -> None:
    found = read(NATIONAL.rpartition("|")[0] + "|")

    assert (found.sex, found.phone) == (None, "")


def test_a_health_insurance_card_is_found_by_its_old_and_new_number() -> None:
    found = read(BHYT)

    assert found == Document(
        paper=Paper.BHYT,
        identifiers=(
            (IdentifierKind.BHYT, "HS4010120878821"),
            (IdentifierKind.BHYT, "0120878821"),
        ),
        full_name="Lê Khả Hân",
        birth_year=1987,
        sex=Sex.FEMALE,
        address="12 đường 30/4",
    )
    assert read(BHYT.replace("HS4010120878821", "0120878821")).identifiers == (
        (IdentifierKind.BHYT, "0120878821"),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("|05031990|", "|05031991|"), [Odd.YEAR]),
        (("|05031990|", "|05032090|"), [Odd.YEAR]),
        (("|05031990|", "|00000000|"), [Odd.YEAR]),
        (("|Nam|", "|Nữ|"), [Odd.SEX]),
        (("092090001234", "092190001234"), [Odd.SEX]),
        (("092090001234", "092290001234"), [Odd.YEAR]),
        (("Nguyễn Thị Hoà", ""), [Odd.NAME]),
    ],
)
def test_what_does_not_fit_the_number_is_shown_to_the_guard(
    change: tuple[str, str], expected: list[Odd]
) -> None:
    assert odd(read(CHIP.replace(*change)), TODAY) == expected


@pytest.mark.parametrize(("year", "minor"), [(2005, False), (2006, True), (2021, True)])
def test_a_child_is_shown_to_the_guard(year: int, minor: bool) -> None:
    text = f"0922{year % 100:02}001234||Trần Bé|0101{year}|Nam|Cần Thơ|20042021"

    assert (Odd.MINOR in odd(read(text), TODAY)) == minor


@given(
    province=st.integers(1, 96),
    year=st.integers(1900, 2021),
    sex=st.sampled_from(Sex),
    serial=st.integers(0, 999_999),
)
def test_a_number_agrees_with_the_person_it_was_made_for(
    province: int, year: int, sex: Sex, serial: int
) -> None:
    digit = (year // 100 - 19) * 2 + (sex is Sex.FEMALE)
    number = f"{province:03}{digit}{year % 100:02}{serial:06}"
    word = "Nữ" if sex is Sex.FEMALE else "Nam"

    found = odd(read(f"{number}||Lê Văn Tám|0101{year}|{word}|Cần Thơ|20042021"), TODAY)

    assert set(found) <= {Odd.MINOR}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("0912 345 678", IdentifierKind.PHONE, "+84912345678"),
        ("+84 912.345.678", IdentifierKind.PHONE, "+84912345678"),
        ("84912345678", IdentifierKind.PHONE, "+84912345678"),
        ("092 090 001 234", IdentifierKind.CCCD, "092090001234"),
        ("361234567", IdentifierKind.CMND, "361234567"),
        ("hs4010120878821", IdentifierKind.BHYT, "HS4010120878821"),
    ],
)
def test_a_typed_number_says_of_what_it_is(text: str, kind: IdentifierKind, value: str) -> None:
    assert recognise(text, URL) == NumberTyped(kind=kind, value=value)


def test_a_card_is_read_scanned_and_typed() -> None:
    code = new_card()

    assert recognise(card_address(URL, code), URL) == CardShown(code=code)
    assert recognise(printed(code).lower(), URL) == CardShown(code=code)


def test_a_pass_is_told_from_a_card() -> None:
    shown = pass_address(URL, pass_code(bytes(64), 42, 0, datetime(2021, 7, 20, 5, 0, tzinfo=UTC)))

    assert recognise(shown, URL) == PassShown(text=shown)


def test_a_poster_is_no_person() -> None:
    with pytest.raises(PosterShown):
        recognise(address(URL, new_code()), URL)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9", "NZ COVID Tracer"),
        ("UKC19TRACING:1:eyJhbGciOiJFUzI1NiJ9", "NHS COVID-19"),
        ("https://e.coronawarn.app?v=1#abc", "Corona-Warn-App"),
        ("https://app.luca-app.de/webapp/1#e30", "luca"),
        ("SMSTO:1922:場所代碼:111111111111111", "Taiwan 1922"),
        ("https://qr.tokhaiyte.vn/abc", "PC-COVID"),
        ("https://chot.example.vn.evil.example/V/0", "another website"),
    ],
)
def test_a_code_of_another_system_is_called_by_its_name(text: str, system: str) -> None:
    with pytest.raises(ForeignCode) as foreign:
        recognise(text, URL)

    assert foreign.value.system == system


@pytest.mark.parametrize(
    "text",
    ["", " ", "|", "||||||", "hello", "12", "0912", "a|b|c|d|e|f|g", "0123-4567-89ABC", "0" * 4000],
)
def test_what_is_nothing_is_said_to_be_nothing(text: str) -> None:
    with pytest.raises(Unreadable):
        recognise(text, URL)


PIECES = st.sampled_from(
    ["|", "0", "9", "092090001234", "Nam", "1990-01-01", "4e67", "<", "-", "é"]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = recognise(text, URL)
    except (Unreadable, PosterShown, ForeignCode):
        return
    if isinstance(found, Document):
        odd(found, TODAY)


@given(st.sampled_from([CHIP, NATIONAL, BHYT]), st.data())
def test_no_string_cut_short_names_another_number(text: str, data: st.DataObject) -> None:
    """A gun that loses the end of a string must not make somebody else of it."""
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    whole = read(text)

    try:
        found = recognise(cut, URL)
    except (Unreadable, PosterShown, ForeignCode):
        return
    if isinstance(found, Document):
        assert found.paper is whole.paper
        assert found.identifiers == whole.identifiers
