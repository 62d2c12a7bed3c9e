"""People at a point as an officer types or pastes them, one a line: name; phone; relation; seat;
ward. What cannot be read is said of its line alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from accounts import areas
from checkin.model import PhoneNumberWrong
from checkin.phone import normal_phone
from kit.errors import Problem
from tracing import words
from tracing.point import Relation, RelationUnknown, Stayed, WardUnknown
from tracing.points.people import Mentioned
from venues.code import ALPHABET
from venues.intake_text import compared, tidy

NUMBER = re.compile(f"[{ALPHABET}]{{8}}")
PHONE = re.compile(r"[\d\s.+()/-]{6,}")
# As a form says it, or as the page does in English.
RELATIONS = {compared(word): one for one in Relation for word in (one, words.RELATIONS[one])}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`place`: which of the lines typed, from 1; `faults`: all that is wrong with it."""

    place: int
    text: str
    read: Mentioned
    faults: tuple[Problem, ...] = ()


def read_lines(text: str, common: Stayed) -> list[Line]:
    """`common`: what holds for all of them. Empty lines are passed over."""
    lines = enumerate(text.splitlines(), 1)
    return [_line(place, line, common) for place, line in lines if line.strip()]


def _line(place: int, line: str, common: Stayed) -> Line:
    """The first cell may be a phone, or the number of somebody in this case."""
    cells = [tidy(cell) for cell in re.split(r"[;\t]", line)]
    if (
        PHONE.fullmatch(cells[0])
        and cells[1:2] != [""]
        and not PHONE.fullmatch("".join(cells[1:2]))
    ):
        cells.insert(0, "")  # no cell was left empty for the name
    name, phone, relation, seat, ward = (*cells, "", "", "", "", "")[:5]
    number = ""
    if NUMBER.fullmatch(name):
        name, number = "", name
    elif PHONE.fullmatch(name) and not phone:
        name, phone = "", name
    faults = _phone_faults(phone) if phone else []
    found = RELATIONS.get(compared(relation))
    if relation and found is None:
        faults.append(RelationUnknown(field="relation"))
    area = areas.find_ward(ward) or areas.find_ward(ward, areas.SYSTEMS[0]) if ward else None
    if ward and area is None:
        faults.append(WardUnknown(field="area"))
    read = Mentioned(
        number=number,
        phone=phone,
        name=name,
        area=area.path if area else "",
        stayed=replace(common, relation=found, seat=seat),
    )
    return Line(place=place, text=line.strip(), read=read, faults=tuple(faults))


def _phone_faults(phone: str) -> list[Problem]:
    try:
        normal_phone(phone)
    except PhoneNumberWrong as wrong:
        return [wrong]
    return []
