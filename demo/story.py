"""One outbreak, ready to trace: a case whose week is known, and a colleague who falls ill next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from checkin.model import Sex
from demo.day import Stop
from demo.people import HABITS, Job, Resident, Town, phone
from demo.places import Place, Ward, named
from venues.model import VenueKind

# Indexes of its places and people, who come first in the city.
SUPERMARKET, OFFICE, LUNCH, CAFE, DINNER, CLINIC, KARAOKE = range(7)
CASE, WIFE, MOTHER, SON, COLLEAGUE = range(5)
ROOM = 0  # door of the office

SUPERMARKET_NAME = "Siêu thị Sông Hậu"
SUPERMARKET_OWNER = "Công ty Bán lẻ Sông Hậu"
CASE_WARD = "Phường Cái Khế"
CASE_PHONE, COLLEAGUE_PHONE = phone(CASE), phone(COLLEAGUE)
LAB_REFERENCE, COLLEAGUE_REFERENCE = "CDC-CT-0412", "CDC-CT-0457"
FRIEND_REFERENCE = "CDC-CT-0399"
POLICY = "vn-1909"
# Days before the one the city is made on.
FELL_ILL, SAMPLED, SALE = 2, 1, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who is in it without a name: who shares the case's lunch, whom the colleague sings with."""

    lunch: Sequence[int]
    friends: Sequence[int]


def places(rng: Random, wards: Sequence[Ward]) -> list[Place]:
    """In the order of their indexes."""
    known = {ward.name: n for n, ward in enumerate(wards)}
    middle, other = known["Phường Ninh Kiều"], known[CASE_WARD]
    told = (
        (VenueKind.SUPERMARKET, SUPERMARKET_NAME, middle, 2.0),
        (VenueKind.OFFICE, "Tổng đài Chăm sóc khách hàng Cửu Long", other, 0.12),
        (VenueKind.RESTAURANT, "Quán cơm Bến Ninh Kiều", middle, 0.2),
        (VenueKind.CAFE, "Cà phê Bờ Kè", other, 0.35),
        (VenueKind.RESTAURANT, "Nhà hàng Hoa Sứ Trắng", other, 0.35),
        (VenueKind.CLINIC, "Phòng khám Đa khoa Bình An", other, 0.6),
        (VenueKind.KARAOKE, "Karaoke Đêm Trắng", middle, 0.5),
    )
    found = [
        replace(named(rng, kind, name, ward, wards[ward]), pull=pull)
        for kind, name, ward, pull in told
    ]
    found[SUPERMARKET] = replace(found[SUPERMARKET], organisation=SUPERMARKET_OWNER)
    return found


def households(rng: Random, town: Town) -> list[list[Resident]]:
    ward = town.places[OFFICE].ward
    job = Job(place=OFFICE, door=ROOM, begins=450, ends=1020, off=6)
    home = f"118 Trần Việt Châu, {town.wards[ward].name}"
    told = (
        ("Nguyễn Minh Khang", Sex.MALE, 36, job, home),
        ("Trần Thị Kim Ngân", Sex.FEMALE, 33, None, home),
        ("Lê Thị Bé", Sex.FEMALE, 62, None, home),
        ("Nguyễn Gia Huy", Sex.MALE, 14, None, home),
        ("Võ Hoàng Phúc", Sex.MALE, 29, job, f"27 Lê Bình, {town.wards[ward].name}"),
    )
    people = [
        Resident(
            name=name,
            sex=sex,
            born=town.year - age,
            phone=phone(number),
            ward=ward,
            address=address,
            job=work,
            habits={kind: town.choices[ward, kind].pick(rng) for kind in HABITS},
        )
        for number, (name, sex, age, work, address) in enumerate(told)
    ]
    return [people[:COLLEAGUE], people[COLLEAGUE:]]


def cast(rng: Random, people: Sequence[Resident]) -> Cast:
    """Fewer where the city is too small for all."""
    others = range(COLLEAGUE + 1, len(people))
    ward = people[COLLEAGUE].ward
    desks = [
        n for n in others if (job := people[n].job) and (job.place, job.door) == (OFFICE, ROOM)
    ]
    near = [n for n in others if people[n].ward == ward and people[n].job is None]
    return Cast(lunch=desks[:3], friends=rng.sample(near, min(4, len(near))))


def _stop(hour: int, minute: int, place: int, stay: int, door: int = 0) -> Stop:
    return Stop(hour * 60 + minute, place, door, stay, fixed=True, seen=True)


# What those with a name do of a day, by how many days ago; it replaces what they else would.
SCRIPT: dict[int, dict[int, list[Stop]]] = {
    4: {
        CASE: [
            _stop(7, 28, OFFICE, 247, ROOM),
            _stop(11, 45, LUNCH, 45),
            _stop(12, 50, OFFICE, 250, ROOM),
            _stop(18, 20, CAFE, 65)._replace(seen=False),
        ],
        COLLEAGUE: [_stop(7, 24, OFFICE, 250, ROOM), _stop(11, 46, LUNCH, 44)],
    },
    3: {
        CASE: [_stop(7, 30, OFFICE, 570, ROOM), _stop(20, 25, SUPERMARKET, 35)],
        WIFE: [_stop(20, 26, SUPERMARKET, 34, door=1)],
        COLLEAGUE: [_stop(7, 31, OFFICE, 569, ROOM)],
    },
    2: {
        CASE: [_stop(7, 32, OFFICE, 565, ROOM), _stop(18, 15, DINNER, 80)],
        WIFE: [_stop(18, 15, DINNER, 80)],
        MOTHER: [_stop(18, 16, DINNER, 79)],
        SON: [_stop(18, 16, DINNER, 79)],
        COLLEAGUE: [_stop(7, 29, OFFICE, 571, ROOM), _stop(20, 5, KARAOKE, 115)],
    },
    1: {
        CASE: [_stop(8, 10, CLINIC, 50)],
        WIFE: [],
        COLLEAGUE: [_stop(6, 40, CAFE, 45), _stop(11, 40, LUNCH, 50)],
    },
    0: {CASE: [], WIFE: []},
}


# Of the first of those whom the colleague sings with, who falls ill and stays at home.
FRIEND: dict[int, list[Stop]] = {
    2: [_stop(16, 30, CAFE, 65)._replace(seen=False), _stop(20, 5, KARAOKE, 115)],
    1: [],
    0: [],
}


def acted(ago: int, who: Cast) -> Mapping[int, list[Stop]]:
    """Whole days of the people with a part; the lists are the caller's to sort."""
    told = {person: list(stops) for person, stops in SCRIPT.get(ago, {}).items()}
    if ago in FRIEND:
        told |= {friend: list(FRIEND[ago]) for friend in who.friends[:1]}
    return told


def joined(ago: int, who: Cast) -> list[tuple[int, Stop]]:
    """What comes on top of the others' own days."""
    if ago == 4:
        return [(one, _stop(11, 45 + n, LUNCH, 45 - n)) for n, one in enumerate(who.lunch)]
    if ago == FELL_ILL:
        return [(one, _stop(20, 5 + n, KARAOKE, 115 - n)) for n, one in enumerate(who.friends)]
    return []
