"""Reading an area out of an address, and finding it while it is typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.areas import Area, AreaKind, find_ward, full_name, search
from tests.areas import EVERY, read


@pytest.mark.parametrize(
    "text",
    [
        "Phường Cái Khế, Quận Ninh Kiều, Thành phố Cần Thơ",
        "P. Cái Khế, Q. Ninh Kiều, TP Cần Thơ",
        "P.Cái Khế - Q.Ninh Kiều - TP.Cần Thơ, Việt Nam",
        "phuong cai khe quan ninh kieu can tho",
        "CÁI KHẾ, NINH KIỀU, CẦN THƠ",
        "cai khe ninh kieu",
        "12/3 Trần Hưng Đạo, P. Cái Khế, Q. Ninh Kiều",
        "12/3 Trần Hưng Đạo\nPhường Cái Khế\nQuận Ninh Kiều",
        unicodedata.normalize("NFD", "P. Cái Khế, Q. Ninh Kiều, TP Cần Thơ"),
        " 31117 ",
    ],
)
def test_one_ward_is_found_however_it_is_typed(text: str) -> None:
    ward = find_ward(text)

    assert ward is not None
    assert ward.path == "2021/92/916/31117/"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P12, Q.Tân Bình, TPHCM", "Phường 12, Quận Tân Bình, Thành phố Hồ Chí Minh"),
        ("phường 01 Q3 TP.HCM", "Phường 1, Quận 3, Thành phố Hồ Chí Minh"),
        ("TT. Đông Anh, H. Đông Anh, HN", "Thị trấn Đông Anh, Huyện Đông Anh, Thành phố Hà Nội"),
        ("P.5, TP Sóc Trăng, T. Sóc Trăng", "Phường 5, Thành phố Sóc Trăng, Tỉnh Sóc Trăng"),
        ("xã K'Dang, huyện Đăk Đoa", "Xã K' Dang, Huyện Đăk Đoa, Tỉnh Gia Lai"),
        ("X. Sơn Đông, TX. Sơn Tây, Ha Noi", "Xã Sơn Đông, Thị xã Sơn Tây, Thành phố Hà Nội"),
        ("lien quan thach that ha noi", "Thị trấn Liên Quan, Huyện Thạch Thất, Thành phố Hà Nội"),
        ("dac khu con dao", "Đặc khu Côn Đảo, Thành phố Hồ Chí Minh"),
        ("Xã Ba Tơ, Quảng Ngãi", "Xã Ba Tơ, Tỉnh Quảng Ngãi"),
        ("Xã Ba Tô, Quảng Ngãi", "Xã Ba Tô, Tỉnh Quảng Ngãi"),
    ],
)
def test_abbreviations_numbers_and_accents_are_understood(text: str, found: str) -> None:
    assert read(text, "2025" if "Ba T" in text else None) == found


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("", None),
        (",", None),
        ("Cần Thơ", None),
        ("Quận Ninh Kiều, TP Cần Thơ", None),
        ("Bình Thạnh, TP HCM", None),  # a district of 2021 and a ward of 2025
        ("Lào Cai", None),  # a province and a ward of its own name
        ("Xã Tân Lập", "2021"),  # dozens of them
        ("P. Cái Khế, TP Cần Thơ", None),  # in both systems
        ("xa ba to, quang ngai", "2025"),  # Ba Tơ or Ba Tô
        ("Xã Cái Khế, Q. Ninh Kiều, TP Cần Thơ", None),  # not a commune
        ("P. Cái Khế, H. Ninh Kiều, TP Cần Thơ", None),  # not a rural district
        ("P. Cái Khế, Q. Bình Thuỷ, TP Cần Thơ", None),  # not in that district
        ("P. Cái Khế, Q. Ninh Kiều, TP Hà Nội", None),
        ("P. Cái Khế, gần chợ", None),
        ("P. Cái Khế, Q. Ninh Kiều, TP Cần Thơ", "2025"),
        ("12 đường Cái Khế, Ninh Kiều", None),  # a street until the ward's kind is written
        ("99999", None),
        ("Xã Đông Khê, TP Thanh Hóa, Thanh Hóa", "2021"),  # twice in the official list
    ],
)
def test_what_could_be_several_wards_or_none_is_left_to_a_person(
    text: str, system: str | None
) -> None:
    assert read(text, system) is None


@given(st.sampled_from([one for one in EVERY.values() if one.kind is AreaKind.WARD]))
def test_an_official_full_name_never_means_another_ward(ward: Area) -> None:
    assert find_ward(full_name(ward.path), ward.system) in (ward, None)


def test_nearly_every_official_full_name_is_found() -> None:
    wards = [one for one in EVERY.values() if one.kind is AreaKind.WARD]

    missed = [one for one in wards if find_ward(full_name(one.path), one.system) != one]

    assert [one.name for one in missed] == ["Phường Sa Pả", "Xã Đông Khê", "Xã Đông Khê"]


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    ward = find_ward(text)

    assert ward is None or ward.kind is AreaKind.WARD
    assert len(search(text, limit=3)) <= 3


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("can th", "Thành phố Cần Thơ"),
        ("Q. ninh ki", "Quận Ninh Kiều, Thành phố Cần Thơ"),
        ("cần thơ cái khế", "Phường Cái Khế, Thành phố Cần Thơ"),
        ("tan p", "Huyện Tân Phú, Tỉnh Đồng Nai"),  # a lone p may still become Phú
    ],
)
def test_a_type_ahead_shows_the_nearest_area_first(typed: str, first: str) -> None:
    assert full_name(search(typed)[0].path) == first


def test_a_type_ahead_shows_no_more_than_asked_for_and_nothing_for_nothing() -> None:
    assert len(search("xa", limit=5)) == 5
    assert search(" , ") == []
    assert search("không đâu cả") == []
