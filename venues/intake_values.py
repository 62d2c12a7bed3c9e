"""The cells of a list of venues as facts: address, coordinates, opening hours, phone, capacity."""

from __future__ import annotations

import re
from datetime import time

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    format_number,
    is_valid_number,
    parse,
)

from venues.intake_columns import Column
from venues.intake_row import Opening, Reason, RowRefused
from venues.intake_text import folded

CAPACITY_LIMIT = 1_000_000
ALL_DAY = frozenset(
    ("24 24", "24 7", "24h", "24 24h", "24h 24h", "24 gio", "ca ngay", "24 hours", "all day")
)

RIDE_WORD = "bus|train|flight|ferry|shuttle|xe buyt|chuyen bay|chuyen xe|chuyen tau|tau hoa|tau lua"
NUMBERED_RIDE = re.compile(
    rf"(?:public |school )?(?:{RIDE_WORD}) (?:ride |route )?[a-z]{{0,3}} ?\d"
)
RIDE = re.compile(
    rf"\b(?:{RIDE_WORD})\b(?! (?:stations?|terminals?|interchange|stops?|depot|cent(?:re|er)))"
)
STOP = re.compile(r"(?:tram|ben|nha ga|ga)\b")

VISIT_DAY = re.compile(
    r"[\s:,–(-]*(?<!\d)(?:\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})[\s)]*$"
)

DECIMAL = re.compile(r"[+-]?\d{1,3}(?:[.,]\d+)?°?")
SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
PEOPLE = re.compile(
    r"(\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,]0)?\s*(?:người|chỗ|khách|people|persons?|seats?)?"
)
CLOCK = r"(\d{1,2})(?:\s*(?:[:hHgG.]|giờ)\s*(\d{2})?)?(?::00)?\s*(am|pm|sáng|chiều|tối)?"
HOURS = re.compile(rf"(?:từ\s+)?{CLOCK}\s*(?:-|–|—|~|đến|tới|to|until)\s*{CLOCK}", re.IGNORECASE)


def without_visit_day(event: str) -> str:
    """«Sky City: 14/08/2021» is the place Sky City; «Công viên 23/9» keeps its name."""
    return VISIT_DAY.sub("", event)


def is_on_the_move(name: str, address: str) -> bool:
    """A numbered ride, or a ride whose address names a city but no street."""
    words = folded(name)
    if NUMBERED_RIDE.match(words):
        return True
    has_street = bool(re.search(r"\d|,.*\w", address))
    return not has_street and bool(RIDE.search(words)) and not STOP.match(words)


def unit_of(cells: dict[Column, str]) -> list[str]:
    """Ward, district and province, those that are given; a bare «1» becomes «Phường 1»."""
    named = ((Column.WARD, "Phường"), (Column.DISTRICT, "Quận"), (Column.PROVINCE, ""))
    return [
        f"{word} {cells[column]}" if cells[column].isdigit() else cells[column]
        for column, word in named
        if column in cells
    ]


def full_address(street: str, unit: list[str]) -> str:
    """«12 Lê Lợi» stands in every town, so the units it does not name itself are added."""
    address = street
    for part in unit:
        if f" {folded(part)} " not in f" {folded(address)} ":
            address = f"{address.rstrip(' ,')}, {part}" if address else part
    return address


def coordinates(latitude: str, longitude: str) -> tuple[float, float] | None:
    """None when both are missing, or both zero, which programs write for missing."""
    if not latitude and not longitude:
        return None
    lat = _degrees(Column.LATITUDE, latitude)
    lng = _degrees(Column.LONGITUDE, longitude)
    both = f"{latitude} {longitude}"
    if abs(lat) > 90 and abs(lng) <= 90 and abs(lat) <= 180:
        raise RowRefused(Reason.COORDINATES_SWAPPED, Column.LATITUDE, both)
    if abs(lat) > 90 or abs(lng) > 180:
        raise RowRefused(Reason.COORDINATES_OUT_OF_RANGE, Column.LATITUDE, both)
    return None if lat == lng == 0 else (lat, lng)


def _degrees(column: Column, text: str) -> float:
    if not text:
        raise RowRefused(Reason.COORDINATE_MISSING, column, text)
    if not DECIMAL.fullmatch(text):
        raise RowRefused(Reason.COORDINATE_UNREADABLE, column, text)
    return float(text.rstrip("°").replace(",", "."))


def capacity(text: str) -> int | None:
    """Of «200», «1.200 chỗ» (a thousand and two hundred) and a spreadsheet's «50.0»."""
    if not text:
        return None
    found = PEOPLE.fullmatch(text.casefold())
    people = int(re.sub(r"[.,]", "", found[1])) if found else 0
    if not 1 <= people <= CAPACITY_LIMIT:
        raise RowRefused(Reason.CAPACITY_UNREADABLE, Column.CAPACITY, text)
    return people


def refuse_shortened(column: Column, text: str) -> None:
    if SHORTENED.fullmatch(text):
        raise RowRefused(Reason.NUMBER_SHORTENED, column, text)


def phone(text: str) -> str | None:
    """E.164 of the first number in the text, of Vietnam when without +; None when there is none."""
    try:
        number = parse(text.removesuffix(".0"), "VN")  # «84901234567.0» was taken for a number
    except NumberParseException:
        pass
    else:
        if is_valid_number(number):
            return format_number(number, PhoneNumberFormat.E164)
    found = next(iter(PhoneNumberMatcher(text, "VN")), None)
    return format_number(found.number, PhoneNumberFormat.E164) if found else None


def opening(text: str) -> Opening | None:
    """None when it is not one interval a day."""
    if folded(text) in ALL_DAY:
        return Opening(opens_at=time(0), closes_at=time(0))
    found = HOURS.fullmatch(text)
    if not found:
        return None
    opens_at, closes_at = _clock(*found.group(1, 2, 3)), _clock(*found.group(4, 5, 6))
    if opens_at is None or closes_at is None:
        return None
    return Opening(opens_at=opens_at, closes_at=closes_at)


def _clock(hours: str, minutes: str | None, half: str | None) -> time | None:
    hour = int(hours)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.casefold() in ("pm", "chiều", "tối") else 0)
    if hour > 24 or int(minutes or 0) > 59:
        return None
    return time(hour % 24, int(minutes or 0))
