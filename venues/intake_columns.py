"""Which column of a list means what: headers in Vietnamese, with or without marks, or English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kit.table import TableUnreadable
from venues.intake_text import folded, shown

TITLE_ROWS = 10  # a list made for print has its title, office and date above the header


class Column(StrEnum):
    """`event` is a name that may end in the day of a visit, as health ministries publish places."""

    ORGANISATION = "organisation"
    NAME = "name"
    EVENT = "event"
    KIND = "kind"
    ADDRESS = "address"
    WARD = "ward"
    DISTRICT = "district"
    PROVINCE = "province"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    OPENING = "opening"
    CLOSING = "closing"
    PHONE = "phone"
    CAPACITY = "capacity"


HEADERS = {
    Column.ORGANISATION: """đơn vị; tổ chức; đơn vị chủ quản; cơ quan chủ quản; cơ quan; công ty;
        doanh nghiệp; tên đơn vị; tên tổ chức; tên công ty; organisation; organization; company;
        owner; operator""",
    Column.NAME: """tên; tên địa điểm; địa điểm; tên cơ sở; cơ sở; tên điểm; tên cửa hàng; cửa
        hàng; tên quán; tên điểm kiểm dịch; name; venue; venue name; place; place name; site name;
        business name""",
    Column.EVENT: "sự kiện; tên sự kiện; event; event name",
    Column.KIND: """loại hình; loại; loại hình cơ sở; loại cơ sở; loại địa điểm; loại hình kinh
        doanh; ngành nghề; lĩnh vực; kind; type; venue type; category""",
    Column.ADDRESS: """địa chỉ; địa chỉ cơ sở; địa chỉ cụ thể; địa chỉ chi tiết; số nhà đường; số
        nhà tên đường; address; street address; street; location; full address""",
    Column.WARD: """phường; xã; thị trấn; phường xã; xã phường; phường xã thị trấn; xã phường thị
        trấn; ward; commune; suburb""",
    Column.DISTRICT: """quận; huyện; quận huyện; huyện quận; quận huyện thị xã; quận huyện thành
        phố; district; county""",
    Column.PROVINCE: """tỉnh; thành phố; tỉnh thành; tỉnh thành phố; tỉnh tp; tp tỉnh; thành phố
        tỉnh; province; city; state""",
    Column.LATITUDE: "vĩ độ; lat; latitude",
    Column.LONGITUDE: "kinh độ; lng; lon; long; longitude",
    Column.OPENING: """giờ mở cửa; giờ hoạt động; thời gian hoạt động; thời gian mở cửa; giờ làm
        việc; mở cửa; opening hours; opening; hours; opening time; opens""",
    Column.CLOSING: "giờ đóng cửa; đóng cửa; closing; closing time; closes",
    Column.PHONE: """điện thoại; số điện thoại; sđt; đt; điện thoại liên hệ; số điện thoại liên
        hệ; di động; phone; phone number; telephone; tel; mobile; contact number""",
    Column.CAPACITY: """sức chứa; sức chứa tối đa; số chỗ; số người tối đa; quy mô; capacity; max
        people; maximum capacity""",
}


class ColumnsMissing(TableUnreadable):
    """No row has the headers a list of venues needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredColumn:
    """A header nothing is read from: unknown, or `repeats` a column that stands before it."""

    line: int
    number: int  # from 1
    header: str
    repeats: Column | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where each column stands, counted from 0; `width` ends at the last header with text."""

    places: dict[Column, int]
    width: int
    ignored: tuple[IgnoredColumn, ...]

    @property
    def is_enough(self) -> bool:
        return Column.ADDRESS in self.places and bool(
            {Column.NAME, Column.EVENT} & self.places.keys()
        )


COLUMN_OF = {
    folded(header): column for column, headers in HEADERS.items() for header in headers.split(";")
}


def column_of(header: str) -> Column | None:
    """Also of «Sức chứa (người)», «Vĩ độ / Latitude» and «Tên cơ sở *»."""
    plain = re.sub(r"\(.*?\)|\[.*?\]", " ", header)
    for text in (header, plain, *re.split(r"[/|\n]| - ", plain)):
        if column := COLUMN_OF.get(folded(text)):
            return column
    return None


def layout(line: int, headers: list[str]) -> Layout:
    """A column named twice is read where it stands first; a name is preferred to an event."""
    columns = [column_of(header) for header in headers]
    has_name = Column.NAME in columns
    places: dict[Column, int] = {}
    ignored = []
    width = max((n for n, header in enumerate(headers, start=1) if header.strip()), default=0)
    for place, column in enumerate(columns[:width]):
        repeats = Column.NAME if column is Column.EVENT and has_name else column
        if column is None or repeats in places or repeats is not column:
            header = shown(headers[place])
            ignored.append(
                IgnoredColumn(line=line, number=place + 1, header=header, repeats=repeats)
            )
        else:
            places[column] = place
    return Layout(places=places, width=width, ignored=tuple(ignored))


def columns_missing(rows: list[list[str]]) -> ColumnsMissing:
    best = max(rows, key=lambda cells: len(layout(1, cells).places), default=[])
    return ColumnsMissing(
        found=[shown(header) for header in best if header.strip()],
        needed={
            column.value: [header.strip() for header in HEADERS[column].split(";")]
            for column in (Column.NAME, Column.ADDRESS)
        },
    )
