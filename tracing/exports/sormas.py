"""SORMAS: the contacts of the case for its import, and for every place and day the participants of
an event. A contact there belongs to a case, so these are F1 alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from accounts.areas import AreaKind
from kit.sheet import Cell
from tracing import words
from tracing.answers import reason
from tracing.engine.contact import Rank, Why
from tracing.exports.bundle import Part
from tracing.exports.handover import Handover, dialled, name_parts, units
from tracing.runs.listing import Line

CONTACT = (
    *("caseIdExternalSystem", "disease", "reportDateTime", "region", "district", "community"),
    *("multiDayContact", "firstContactDate", "lastContactDate", "contactIdentificationSource"),
    *("tracingApp", "tracingAppDetails", "contactProximity", "contactCategory"),
    *("contactClassification", "contactStatus", "followUpStatus", "followUpUntil"),
    *("quarantineFrom", "quarantineTo", "description", "relationDescription", "person.firstName"),
    *("person.lastName", "person.sex", "person.birthdateYYYY", "person.address.region"),
    *("person.address.community", "person.address.street", "person.phone", "externalID"),
)
PARTICIPANT = (
    *("person.firstName", "person.lastName", "involvementDescription", "region", "district"),
)
DISEASES = {"covid-19": "CORONAVIRUS"}
SEXES = {1: "MALE", 2: "FEMALE", None: "UNKNOWN"}
# Its middle class is for medical staff, so medium and low are both low there.
CATEGORIES = {Rank.HIGH: "HIGH_RISK", Rank.MEDIUM: "LOW_RISK", Rank.LOW: "LOW_RISK"}
STATES = {"candidate": "UNCONFIRMED", "confirmed": "CONFIRMED"}
FOLLOWED = ("ACTIVE", "FOLLOW_UP")
CONVERTED = ("CONVERTED", "CANCELED")  # it follows nobody up who is a case
NAMELESS = "Unknown"  # both names are needed there


def parts(handover: Handover) -> Iterator[Part]:
    yield Part(
        name="contacts.csv",
        heads=[("Contact",) * len(CONTACT), CONTACT],
        rows=(_contact(handover, line) for line in handover.lines),
    )
    events = _events(handover)
    for place, (day, venue) in enumerate(sorted(events), 1):
        lines = events[day, venue]
        yield Part(
            name=f"event_{place:03}_participants_{day:%Y-%m-%d}.csv",
            heads=[("EventParticipant",) * len(PARTICIPANT), PARTICIPANT],
            rows=[_participant(handover, line, day, venue) for line in lines],
        )


def _contact(handover: Handover, line: Line) -> Sequence[Cell]:
    person, unit, found = handover.named(line), units(line.area), line.found
    worked = handover.worked.get(line.person_id)
    first, last = (handover.local(at) for at in (found.first_exposure, found.last_exposure))
    province, ward = unit.get(AreaKind.PROVINCE, ""), unit.get(AreaKind.WARD, "")
    days = [worked.ends, worked.starts, worked.ends] if worked else [None] * 3
    return (
        handover.origin.case.national_number or handover.origin.case.number,
        DISEASES.get(handover.origin.case.disease, "OTHER"),
        f"{handover.local(handover.origin.made):%d/%m/%Y}",
        *(province, unit.get(AreaKind.DISTRICT, ""), ward),
        *("true" if first.date() != last.date() else "false", f"{first:%d/%m/%Y}"),
        *(f"{last:%d/%m/%Y}", "TRACING_APP", "OTHER", "Chốt"),
        "PHYSICAL_CONTACT" if Why.PHYSICAL in found.why else "SAME_ROOM",
        *(CATEGORIES[line.rank], STATES[line.state]),
        *(CONVERTED if worked and worked.is_case else FOLLOWED),
        *(f"{handover.local(at):%d/%m/%Y}" if at else "" for at in days),
        *(reason(line, handover.translate), worked.relation if worked else ""),
        *_names(person.full_name),
        *(SEXES[person.sex], str(person.birth_year or ""), province, ward, person.address),
        *(dialled(person.phone), line.number),
    )


def _names(full_name: str) -> tuple[str, str]:
    """First and last, as forms of other countries part them: 'Thị Hoa', 'Nguyễn'."""
    name = name_parts(full_name)
    return f"{name.middle} {name.given}".strip() or NAMELESS, name.family or NAMELESS


def _events(handover: Handover) -> dict[tuple[date, str], list[Line]]:
    """Who was with the case at a place on a day."""
    found: dict[tuple[date, str], list[Line]] = {}
    for line in handover.lines:
        places = {(handover.local(one.start).date(), one.venue) for one in line.found.meetings}
        for place in places:
            found.setdefault(place, []).append(line)
    return found


def _participant(handover: Handover, line: Line, day: date, venue: str) -> Sequence[Cell]:
    times = [
        f"{handover.local(one.start):%H:%M} – {handover.local(one.end):%H:%M}"
        for one in line.found.meetings
        if one.venue == venue and handover.local(one.start).date() == day
    ]
    unit = units(line.area)
    return (
        *_names(handover.named(line).full_name),
        f"{venue}, {words.day(day)}, {', '.join(times)}",
        *(unit.get(AreaKind.PROVINCE, ""), unit.get(AreaKind.DISTRICT, "")),
    )
