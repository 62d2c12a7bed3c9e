"""Areas of both unit systems: the lists, who covers what, and reading an address."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.areas import (
    AreaKind,
    UnknownArea,
    area,
    area_name,
    children,
    cover,
    find_ward,
    full_name,
    is_scope,
)
from tests.areas import EVERY, read

SCOPES = ["", "2021/", "2025/", *EVERY]
# what most rows do not touch, a random draw from 14,000 would hardly ever reach
MERGED = [path for path in EVERY if len(cover(path)) > 1]
scopes = st.one_of(st.sampled_from(SCOPES), st.sampled_from(MERGED))


def parent(path: str) -> str:
    return "".join(f"{code}/" for code in path.split("/")[:-2])


def covers(scope: str, path: str) -> bool:
    return path.startswith(cover(scope))


@pytest.mark.parametrize(
    ("system", "kind", "count"),
    [
        ("2021", AreaKind.PROVINCE, 63),
        ("2021", AreaKind.DISTRICT, 696),
        ("2021", AreaKind.WARD, 10_051),
        ("2025", AreaKind.PROVINCE, 34),
        ("2025", AreaKind.DISTRICT, 0),
        ("2025", AreaKind.WARD, 3_321),
    ],
)
def test_the_lists_are_whole(system: str, kind: AreaKind, count: int) -> None:
    assert sum(one.system == system and one.kind is kind for one in EVERY.values()) == count


def test_every_area_stands_below_one_of_the_next_larger_kind() -> None:
    levels = {
        "2021": [AreaKind.PROVINCE, AreaKind.DISTRICT, AreaKind.WARD],
        "2025": [AreaKind.PROVINCE, AreaKind.WARD],
    }

    for path, one in EVERY.items():
        depth = path.count("/") - 2
        assert one.kind is levels[one.system][depth]
        assert depth == 0 or area(parent(path)).kind is levels[one.system][depth - 1]


def test_codes_have_their_official_length() -> None:
    lengths = {AreaKind.PROVINCE: 2, AreaKind.DISTRICT: 3, AreaKind.WARD: 5}

    assert all(one.code.isdecimal() for one in EVERY.values())
    assert all(len(one.code) == lengths[one.kind] for one in EVERY.values())


def test_names_are_composed_and_start_with_their_kind() -> None:
    kinds = {
        AreaKind.PROVINCE: ("Tỉnh ", "Thành phố "),
        AreaKind.DISTRICT: ("Quận ", "Huyện ", "Thị xã ", "Thành phố "),
        AreaKind.WARD: ("Phường ", "Xã ", "Thị trấn ", "Đặc khu "),
    }

    for one in EVERY.values():
        assert one.name == " ".join(unicodedata.normalize("NFC", one.name).split())
        assert one.name.startswith(kinds[one.kind])


def test_a_code_of_both_systems_names_two_areas() -> None:
    codes = Counter(one.code for one in EVERY.values() if one.kind is AreaKind.WARD)

    assert sum(count == 2 for count in codes.values()) == 3_310
    assert full_name("2021/92/916/31120/") != full_name("2025/92/31120/")
    assert find_ward("31120") is None
    assert read("31120", "2025") == "Phường Cái Khế, Thành phố Cần Thơ"


@pytest.mark.parametrize(
    "path", ["", "2021/", "2021", "2021/92", "2025/93/", "2025/92/916/", "92/", "2021/92/31117/"]
)
def test_what_is_no_area_is_refused(path: str) -> None:
    with pytest.raises(UnknownArea, match="No province, district or ward has this path"):
        area(path)
    assert area_name(path) == path


@pytest.mark.parametrize("path", ["2021", "2025/93/", "x"])
def test_an_unknown_scope_has_no_children_and_covers_nothing(path: str) -> None:
    with pytest.raises(UnknownArea):
        children(path)
    assert not is_scope(path)
    assert cover(path) == ()


def test_provinces_stand_in_vietnamese_order() -> None:
    names = [one.name for one in children("2025/")]

    assert names[:7] == [
        "Tỉnh An Giang",
        "Tỉnh Bắc Ninh",
        "Tỉnh Cà Mau",
        "Tỉnh Cao Bằng",
        "Thành phố Cần Thơ",  # â after a
        "Thành phố Đà Nẵng",  # đ after d, before e
        "Tỉnh Đắk Lắk",
    ]


def test_numbered_districts_stand_in_the_order_of_their_numbers() -> None:
    numbered = [one.name for one in children("2021/79/") if one.name[-1].isdigit()]

    assert numbered == [f"Quận {number}" for number in (1, 3, 4, 5, 6, 7, 8, 10, 11, 12)]


def test_a_full_name_goes_from_the_ward_to_the_province() -> None:
    assert full_name("2021/92/916/31117/") == "Phường Cái Khế, Quận Ninh Kiều, Thành phố Cần Thơ"


@pytest.mark.parametrize(
    ("path", "prefixes"),
    [
        ("", ("",)),
        ("2025/", ("2025/", "2021/")),
        ("2021/", ("2021/", "2025/")),
        ("2025/92/", ("2025/92/", "2021/92/", "2021/93/", "2021/94/")),
        ("2021/93/", ("2021/93/",)),  # only a part of the province it went to
        ("2021/01/", ("2021/01/", "2025/01/")),  # kept as it was
        ("2025/79/26732/", ("2025/79/26732/", "2021/77/755/")),  # Côn Đảo
        ("2021/91/911/", ("2021/91/911/", "2025/91/31078/", "2025/91/31105/")),  # Phú Quốc
        ("2021/91/911/31078/", ("2021/91/911/31078/",)),
        ("2025/92/31120/", ("2025/92/31120/",)),  # the lists do not tell what it was made of
    ],
)
def test_an_officer_covers_what_the_area_was_made_of(path: str, prefixes: tuple[str, ...]) -> None:
    assert cover(path) == prefixes


@given(scopes)
def test_a_cover_has_the_area_first_and_no_prefix_twice(path: str) -> None:
    prefixes = cover(path)

    assert prefixes[0] == path
    assert all(
        not one.startswith(other) for one in prefixes for other in prefixes if one is not other
    )
    assert all(prefix in SCOPES for prefix in prefixes)


@given(scopes.filter(bool))
def test_who_covers_the_parent_covers_all_that_the_child_covers(path: str) -> None:
    assert all(covers(parent(path), prefix) for prefix in cover(path))


@given(scopes, scopes)
def test_no_one_covers_a_larger_area_through_the_other_system(scope: str, other: str) -> None:
    if covers(scope, other):
        assert all(covers(scope, prefix) for prefix in cover(other))


def test_each_old_province_went_to_one_new_province() -> None:
    covering = Counter(
        old for new in children("2025/") for old in cover(new.path) if old.startswith("2021/")
    )

    assert covering == {one.path: 1 for one in children("2021/")}


def test_a_new_ward_lies_in_a_province_that_covers_the_old_ward_of_its_code() -> None:
    old = {one.code: one.path for one in EVERY.values() if one.path.count("/") == 4}
    new = {one.code: one.path for one in EVERY.values() if one.path.startswith("2025/")}

    assert all(covers(parent(new[code]), old[code]) for code in old.keys() & new.keys())
