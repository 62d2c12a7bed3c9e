"""What people write into the cells of a list of venues, and what it is taken for."""

from __future__ import annotations

from datetime import time

import pytest

from tests.venue_lists import read, reason, venue
from venues.intake_columns import Column
from venues.intake_kinds import kind_of
from venues.intake_row import Defaults, Doubt, Opening, Reason, VenueRow
from venues.model import VenueKind


@pytest.mark.parametrize(
    "name",
    [
        'Quán "Ngon" (Saale) – O’Neill & Søn',
        "Café Māngere 🍜👩‍🍳",
        "مطعم الشام",
        "=HYPERLINK(1)",
        "@nhà",
        "Na",
        "Công viên 23/9",
        "x" * 200,
    ],
)
def test_human_text_is_taken_as_it_is(name: str) -> None:
    assert venue(name=name).name == name


def test_names_are_stored_composed_and_on_one_line() -> None:
    assert venue(name=" Qua\u0301n\u00a0\nNgon ").name == "Quán Ngon"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": "Quán\0Ngon"}, (Reason.UNPRINTABLE, Column.NAME)),
        ({"name": "Quán\x07"}, (Reason.UNPRINTABLE, Column.NAME)),
        ({"address": "12\ud800"}, (Reason.UNPRINTABLE, Column.ADDRESS)),
        ({"name": "x" * 201}, (Reason.TOO_LONG, Column.NAME)),
        ({"address": "x" * 401}, (Reason.TOO_LONG, Column.ADDRESS)),
        ({"name": "Quán\n1\n2\n3\n4"}, (Reason.QUOTE_LEFT_OPEN, Column.NAME)),
        ({"name": "N/A"}, (Reason.NAME_MISSING, Column.NAME)),
        ({"address": " - "}, (Reason.ADDRESS_MISSING, Column.ADDRESS)),
        ({"name": "Tên cơ sở", "address": "Địa chỉ"}, (Reason.HEADER_AGAIN, Column.NAME)),
        ({"phone": "1.23E+11"}, (Reason.NUMBER_SHORTENED, Column.PHONE)),
        ({"capacity": "đông"}, (Reason.CAPACITY_UNREADABLE, Column.CAPACITY)),
        ({"capacity": "0"}, (Reason.CAPACITY_UNREADABLE, Column.CAPACITY)),
        ({"capacity": "-5"}, (Reason.CAPACITY_UNREADABLE, Column.CAPACITY)),
        ({"capacity": "1.5"}, (Reason.CAPACITY_UNREADABLE, Column.CAPACITY)),
        ({"lat": "106.7", "lng": "10.8"}, (Reason.COORDINATES_SWAPPED, Column.LATITUDE)),
        ({"lat": "91", "lng": "106"}, (Reason.COORDINATES_OUT_OF_RANGE, Column.LATITUDE)),
        ({"lat": "10", "lng": "181"}, (Reason.COORDINATES_OUT_OF_RANGE, Column.LATITUDE)),
        ({"lat": "10", "lng": "NA"}, (Reason.COORDINATE_MISSING, Column.LONGITUDE)),
        ({"lat": "nan°", "lng": "106"}, (Reason.COORDINATE_UNREADABLE, Column.LATITUDE)),
        ({"lat": "10776889", "lng": "106"}, (Reason.COORDINATE_UNREADABLE, Column.LATITUDE)),
    ],
)
def test_bad_cell_makes_a_bad_row_with_its_reason(
    cells: dict[str, str], expected: tuple[Reason, Column]
) -> None:
    assert reason(**cells) == expected


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Chuyến bay VN123", "Sân bay Tân Sơn Nhất, 2 Trường Sơn"),
        ("Xe buýt 150", "NA"),
        ("Flight NZ 445 Auckland to Wellington", "1 Ray Emery Drive, Auckland Airport"),
        ("Orbiter Bus Barrington Street to Riccarton Mall", "NA"),
        ("Western Train Line Grafton to Fruitvale Road", "Auckland"),
    ],
)
def test_ride_is_no_venue(name: str, address: str) -> None:
    assert reason(name=name, address=address) == (Reason.ON_THE_MOVE, Column.NAME)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Trạm xe buýt Hàm Nghi", "Sài Gòn"),
        ("Bến xe Miền Đông", "Bình Thạnh"),
        ("Christchurch Bus Interchange", "Christchurch"),
        ("Ferry Road Pharmacy Waltham", "244 Ferry Road"),
        ("Flight Centre", "Napier"),
        ("Tàu Hủ 123", "45 Lê Lợi"),
    ],
)
def test_stop_or_shop_named_after_a_ride_is_a_venue(name: str, address: str) -> None:
    assert venue(name=name, address=address).name == name


@pytest.mark.parametrize(
    ("event", "name"),
    [
        ("Sky City Casino: 14/08/2021", "Sky City Casino"),
        ("Pak n Save Wairau Road:14/08/21", "Pak n Save Wairau Road"),
        ("Unique Hardware (12/08/2021)", "Unique Hardware"),
        ("Countdown - 31/08/2021 ", "Countdown"),
        ("Chợ Lớn 2021-08-14", "Chợ Lớn"),
        ("Snap Fitness 24/7", "Snap Fitness 24/7"),
        ("Casino (Main Gaming Floor)", "Casino (Main Gaming Floor)"),
    ],
)
def test_day_at_the_end_of_an_event_is_no_part_of_the_place(event: str, name: str) -> None:
    [row] = read([["Event", "Location"], [event, "1 Queen Street"]])
    assert isinstance(row, VenueRow)
    assert row.name == name


def test_units_are_added_to_an_address_that_does_not_name_them() -> None:
    # given / when
    full = venue(address="12 Lê Lợi, P. Bến Nghé, Q1", ward="Bến Nghé", city="Hồ Chí Minh")
    rural = venue(address="", ward="Xã Long Bình Điền", district="Huyện Chợ Gạo")
    numbered = venue(address="1 Lê Lợi", ward="1", district="10")
    # then
    assert full.address == "12 Lê Lợi, P. Bến Nghé, Q1, Hồ Chí Minh"
    assert rural.address == "Xã Long Bình Điền, Huyện Chợ Gạo"
    assert numbered.address == "1 Lê Lợi, Phường 1, Quận 10"


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        ({"kind": "Lò gạch"}, Doubt.KIND_UNKNOWN),
        ({"address": "12 Lê Lợi"}, Doubt.WARD_UNKNOWN),
        ({"opening": "T2-T6 7h-17h; T7 nghỉ"}, Doubt.OPENING_UNREADABLE),
        ({"opening": "7h - 25h"}, Doubt.OPENING_UNREADABLE),
        ({"phone": "hỏi bảo vệ"}, Doubt.PHONE_UNREADABLE),
        ({"lat": "0", "lng": "0.0"}, Doubt.COORDINATES_ZERO),
        ({"name": "Caf� Porirua"}, Doubt.LETTERS_LOST),
    ],
)
def test_what_is_left_open_is_noted_and_the_venue_taken(
    cells: dict[str, str], doubt: Doubt
) -> None:
    assert [note.doubt for note in venue(**cells).notes] == [doubt]


@pytest.mark.parametrize(
    ("text", "opens_at", "closes_at"),
    [
        ("07:00-22:00", time(7), time(22)),
        ("7h–21h30", time(7), time(21, 30)),
        ("từ 6 giờ đến 18 giờ", time(6), time(18)),
        ("07:00:00 - 22:30:00", time(7), time(22, 30)),
        ("8 am to 5 pm", time(8), time(17)),
        ("18h - 2h", time(18), time(2)),
        ("12 am - 12 pm", time(0), time(12)),
        ("6h - 24h", time(6), time(0)),
        ("24/7", time(0), time(0)),
        ("Cả ngày", time(0), time(0)),
    ],
)
def test_opening_hours_are_read_as_people_write_them(
    text: str, opens_at: time, closes_at: time
) -> None:
    assert venue(opening=text).opening == Opening(opens_at=opens_at, closes_at=closes_at)


def test_opening_and_closing_may_stand_in_two_columns() -> None:
    opening = venue(**{"giờ mở cửa": "7:00", "giờ đóng cửa": "22:00"}).opening
    assert opening == Opening(opens_at=time(7), closes_at=time(22))


@pytest.mark.parametrize(
    "text",
    [
        "0901234567",
        "+84 901 234 567",
        "84901234567",
        "901234567",
        "84901234567.0",
        "Lan: 0901.234.567",
    ],
)
def test_phone_is_one_however_it_is_typed(text: str) -> None:
    assert venue(phone=text).phone == "+84901234567"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nhà hàng karaoke", VenueKind.KARAOKE),
        ("Siêu thị mini", VenueKind.CONVENIENCE),
        ("nha hang", VenueKind.RESTAURANT),
        ("Quán cà phê sân vườn", VenueKind.CAFE),
        ("cho", VenueKind.MARKET),
        ("nha cho thue", None),
        ("Chợ đầu mối", VenueKind.MARKET),
        ("Hội chợ", VenueKind.EVENT),
        ("Quảng trường", VenueKind.PARK),
        ("Trường THPT", VenueKind.SCHOOL),
        ("Uỷ ban nhân dân", VenueKind.GOVERNMENT),
        ("nhà ở gia đình", VenueKind.RESIDENCE),
        ("Dance", None),
        ("Barbecue", None),
        ("", None),
    ],
)
def test_kind_is_found_by_the_words_for_it(text: str, kind: VenueKind | None) -> None:
    assert kind_of(text) is kind


@pytest.mark.parametrize("kind", VenueKind)
def test_kind_is_also_known_by_its_code(kind: VenueKind) -> None:
    assert kind_of(kind) is kind


def test_empty_kind_and_organisation_take_the_defaults() -> None:
    # given
    defaults = Defaults(organisation="UBND Quận 1", kind=VenueKind.MARKET)
    # when
    table = [["name", "address", "kind", "company"], ["Quán", "1 Lê Lợi", "", "NA"]]
    [row] = read(table, defaults=defaults)
    # then
    assert isinstance(row, VenueRow)
    assert (row.organisation, row.kind) == ("UBND Quận 1", VenueKind.MARKET)
