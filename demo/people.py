"""People of the city: households, work, and the places they are used to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from checkin.model import Sex
from demo.chance import weighted
from demo.names import family_name, full_name
from demo.places import Choices, Place, Ward, address
from venues.model import VenueKind

# Households of 1 to 6; children without a phone of their own are counted, not named.
SIZES = weighted({1: 9, 2: 19, 3: 24, 4: 26, 5: 14, 6: 8})
# No operator of Vietnam has numbers that begin with 095, so nobody real is ever called.
FIRST_PHONE = 950_000_000

WORK = weighted(
    {
        None: 38,
        VenueKind.FACTORY: 12,
        VenueKind.OFFICE: 12,
        VenueKind.SCHOOL: 9,
        VenueKind.MARKET: 5,
        VenueKind.GOVERNMENT: 5,
        VenueKind.HOSPITAL: 5,
        VenueKind.CONVENIENCE: 3,
        VenueKind.RESTAURANT: 4,
        VenueKind.CAFE: 3,
        VenueKind.BANK: 4,
    }
)
HABITS = (
    *(VenueKind.MARKET, VenueKind.SUPERMARKET, VenueKind.CONVENIENCE, VenueKind.RESTAURANT),
    *(VenueKind.CAFE, VenueKind.PHARMACY, VenueKind.GYM, VenueKind.KARAOKE, VenueKind.WORSHIP),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`begins`, `ends`: minutes of the day; `off`: the weekday off."""

    place: int
    door: int
    begins: int
    ends: int
    off: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """`habits`: their own market, café … as indexes of places."""

    name: str
    sex: Sex
    born: int
    phone: str
    ward: int
    address: str
    job: Job | None
    habits: Mapping[VenueKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Indexes of its people; `children`: how many more have no phone."""

    members: tuple[int, ...]
    ward: int
    children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What people are made of."""

    wards: Sequence[Ward]
    places: Sequence[Place]
    choices: Choices
    year: int


def phone(number: int) -> str:
    return f"+84{FIRST_PHONE + number}"


def settle(
    rng: Random, town: Town, wanted: int, first: Sequence[Sequence[Resident]]
) -> tuple[list[Resident], list[Household]]:
    """`wanted` people in households, of whom the `first` are known already."""
    people: list[Resident] = []
    households: list[Household] = []
    for known in first:
        numbers = tuple(range(len(people), len(people) + len(known)))
        households.append(Household(members=numbers, ward=known[0].ward, children=0))
        people += known
    homes = weighted({n: ward.people for n, ward in enumerate(town.wards)})
    while len(people) < wanted:
        ward = homes.pick(rng)
        members = _members(rng, SIZES.pick(rng), town.year)
        grown = [(sex, born) for sex, born in members if town.year - born >= 12]
        grown = grown[: wanted - len(people)]
        family, home = family_name(rng), address(rng, town.wards[ward])
        begin = len(people)
        for place, (sex, born) in enumerate(grown):
            # A wife keeps the name of her father.
            own = family_name(rng) if place == 1 else family
            people.append(
                Resident(
                    name=full_name(rng, own, sex, born),
                    sex=sex,
                    born=born,
                    phone=phone(len(people)),
                    ward=ward,
                    address=home,
                    job=_job(rng, town, ward, town.year - born),
                    habits={kind: town.choices[ward, kind].pick(rng) for kind in HABITS},
                )
            )
        numbers = tuple(range(begin, len(people)))
        children = len(members) - len(grown)
        households.append(Household(members=numbers, ward=ward, children=children))
    return people, households


def _members(rng: Random, size: int, year: int) -> list[tuple[Sex, int]]:
    """A couple, or one, with children and perhaps a parent."""
    age = min(82, max(19, round(rng.gauss(43, 14))))
    first = Sex.MALE if rng.random() < 0.6 else Sex.FEMALE
    found = [(first, year - age)]
    if size > 1:
        second = Sex.FEMALE if first is Sex.MALE else Sex.MALE
        found.append((second, year - max(18, age + round(rng.gauss(-2, 3)))))
    while len(found) < size:
        sex = rng.choice((Sex.MALE, Sex.FEMALE))
        old = len(found) > 3 and age < 60
        theirs = age + rng.randint(22, 32) if old else max(0, age - rng.randint(21, 36))
        found.append((sex, year - theirs))
    return found


def _job(rng: Random, town: Town, ward: int, age: int) -> Job | None:
    if 12 <= age < 19:
        kind: VenueKind | None = VenueKind.SCHOOL
    elif age > 62:
        return None
    else:
        kind = WORK.pick(rng)
    if kind is None:
        return None
    place = town.choices[ward, kind].pick(rng)
    doors = town.places[place].ways_in
    if kind is VenueKind.SCHOOL:  # the last door is the teachers'
        doors = doors[:-1] if age < 19 else doors[-1:]
    begins, ends = _shift(rng, kind)
    off = 6 if kind in (VenueKind.OFFICE, VenueKind.SCHOOL, VenueKind.BANK) else rng.randrange(7)
    return Job(place=place, door=rng.choice(doors), begins=begins, ends=ends, off=off)


def _shift(rng: Random, kind: VenueKind) -> tuple[int, int]:
    if kind is VenueKind.FACTORY:
        begins = rng.choice((6, 6, 14)) * 60
        return begins, begins + 8 * 60
    if kind in (VenueKind.RESTAURANT, VenueKind.CAFE, VenueKind.CONVENIENCE):
        begins = rng.choice((6, 7, 14)) * 60
        return begins, begins + 8 * 60
    if kind is VenueKind.MARKET:
        return 5 * 60, 11 * 60 + 30
    return 7 * 60 + 30, 17 * 60
