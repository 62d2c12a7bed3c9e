"""Go.Data: contacts, contacts of contacts, and the relationships between them and the case, by the
field names of its API, which its import offers as columns. It knows no further tiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from accounts.areas import AreaKind
from kit.sheet import Cell
from tracing.answers import reason
from tracing.engine.contact import Rank
from tracing.engine.model import Ended
from tracing.exports.bundle import Part
from tracing.exports.handover import Handover, Link, dialled, links, name_parts, units
from tracing.exports.queries import Worked
from tracing.runs.listing import Line

LAST_TIER = 2
CONTACT = (
    *("visualId", "firstName", "middleName", "lastName", "gender", "dateOfReporting"),
    *("dateOfLastContact", "riskLevel", "riskReason", "documents[].type", "documents[].number"),
    *("addresses[].typeId", "addresses[].addressLine1", "addresses[].city"),
    *("addresses[].phoneNumber", "followUp.originalStartDate", "followUp.startDate"),
    *("followUp.endDate", "followUp.status"),
)
RELATIONSHIP = (
    *("persons[0].id", "persons[0].type", "persons[0].source", "persons[0].target"),
    *("persons[1].id", "persons[1].type", "persons[1].source", "persons[1].target"),
    *("dateOfFirstContact", "contactDate", "contactDateEstimated", "certaintyLevelId"),
    *("exposureTypeId", "exposureFrequencyId", "exposureDurationId", "comment"),
)
REFERENCE = "LNG_REFERENCE_DATA_CATEGORY_"
FOLLOW_UP = "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE_"
GENDERS = {1: f"{REFERENCE}GENDER_MALE", 2: f"{REFERENCE}GENDER_FEMALE", None: ""}
LEVELS = {Rank.LOW: "1_LOW", Rank.MEDIUM: "2_MEDIUM", Rank.HIGH: "3_HIGH"}
PEOPLE = ("CASE", "CONTACT", "CONTACT_OF_CONTACT")
ID_CARD = f"{REFERENCE}DOCUMENT_TYPE_NATIONAL_ID_CARD"
HOME = f"{REFERENCE}ADDRESS_TYPE_USUAL_PLACE_OF_RESIDENCE"
DURATIONS = ((60, "VERY_SHORT_SECONDS"), (3600, "SHORT_MINUTES"), (86_400, "MEDIUM_HOURS"))
LONGEST = "LONG_DAYS"
CERTAIN = {Ended.SCANNED, Ended.STAFF, Ended.BUTTON, Ended.NEXT_SCAN, Ended.CORRECTED, Ended.TOLD}


def parts(handover: Handover) -> Iterator[Part]:
    for tier, name in ((1, "contacts.csv"), (2, "contacts_of_contacts.csv")):
        lines = (line for line in handover.lines if line.tier == tier)
        yield Part(name=name, heads=[CONTACT], rows=(_contact(handover, one) for one in lines))
    yield Part(name="relationships.csv", heads=[RELATIONSHIP], rows=_relationships(handover))


def _contact(handover: Handover, line: Line) -> Sequence[Cell]:
    person, name = handover.named(line), name_parts(handover.named(line).full_name)
    worked: Worked | None = handover.worked.get(line.person_id)
    province = units(line.area).get(AreaKind.PROVINCE, "")
    home = (HOME, person.address, province) if person.address or province else ("", "", "")
    return (
        *(line.number, name.given, name.middle, name.family, GENDERS[person.sex]),
        f"{handover.local(handover.origin.made):%Y-%m-%d}",
        f"{handover.local(line.found.last_exposure):%Y-%m-%d}",
        *(f"{REFERENCE}RISK_LEVEL_{LEVELS[line.rank]}", reason(line, handover.translate)),
        *(ID_CARD if person.document else "", person.document, *home, dialled(person.phone)),
        *_followed_up(handover, worked),
    )


def _followed_up(handover: Handover, worked: Worked | None) -> Sequence[str]:
    """First day twice, last day and status, where they are or were isolated."""
    if worked is None or worked.starts is None or worked.ends is None:
        return ("", "", "", "")
    first, last = (f"{handover.local(at):%Y-%m-%d}" for at in (worked.starts, worked.ends))
    ended = worked.ends <= handover.origin.made
    return first, first, last, f"{FOLLOW_UP}{'FOLLOW_UP_COMPLETED' if ended else 'UNDER_FOLLOW_UP'}"


def _relationships(handover: Handover) -> Iterator[Sequence[Cell]]:
    """Of people in this file: whoever a verifier took off the list may stand on an old path."""
    ranks = {line.number: line.rank for line in handover.lines}
    case_number = handover.origin.case.number
    for link in links(case_number, handover.lines):
        if link.target in ranks and (link.source in ranks or link.source == case_number):
            yield _relationship(handover, link, LEVELS[ranks[link.target]])


def _relationship(handover: Handover, link: Link, level: str) -> Sequence[Cell]:
    days = [f"{handover.local(one.start):%Y-%m-%d}" for one in link.meetings]
    longest = max(link.meetings, key=lambda one: one.end - one.start, default=None)
    seconds = 0.0 if longest is None else (longest.end - longest.start).total_seconds()
    duration = next((name for limit, name in DURATIONS if seconds < limit), LONGEST)
    return (
        *(link.source, f"{REFERENCE}PERSON_TYPE_{PEOPLE[link.tier - 1]}", "true", "false"),
        *(link.target, f"{REFERENCE}PERSON_TYPE_{PEOPLE[link.tier]}", "false", "true"),
        *(min(days, default=""), max(days, default="")),
        "false" if longest and CERTAIN.issuperset(longest.ended) else "true",
        *(f"{REFERENCE}CERTAINTY_LEVEL_{level}", "", ""),
        f"{REFERENCE}EXPOSURE_DURATION_{duration}" if longest else "",
        "; ".join(dict.fromkeys(one.venue for one in link.meetings)),
    )
