"""Wards and venues of the city: where they are, what they are called, who goes there how often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from accounts import areas
from demo.chance import Weighted, weighted
from demo.street import SHOP, STREETS, TITLES, WARDS
from venues.model import Direction, VenueKind

PROVINCE = "2025/92/"
VENUES = 300
NEAR_KM = 2.5  # people go e times as rarely to a place that is this much farther
SPREAD_KM = 0.7  # of a ward's venues and homes around its middle
KM_A_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    area: str
    name: str
    latitude: float
    longitude: float
    people: int  # weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    name: str
    direction: Direction
    zone: int | None = None  # index among the venue's zones


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A venue of the city. `pull`: how often people go there, against others of its kind."""

    name: str
    organisation: str
    kind: VenueKind
    ward: int
    address: str
    latitude: float
    longitude: float
    opening: str
    doors: tuple[Door, ...]
    zones: tuple[str, ...] = ()
    pull: float = 1.0

    @property
    def hours(self) -> tuple[int, int]:
        """Minutes of the day between which it is open; the end may be on the next."""
        opens, closes = (int(t[:2]) * 60 + int(t[3:]) for t in self.opening.split("-"))
        return opens, closes if closes > opens else closes + 24 * 60

    @property
    def ways_in(self) -> list[int]:
        return [n for n, door in enumerate(self.doors) if door.direction is not Direction.OUT]

    @property
    def way_out(self) -> int:
        """The exit; the first door where there is none of its own."""
        outs = [n for n, door in enumerate(self.doors) if door.direction is Direction.OUT]
        return outs[0] if outs else 0


# Of 300 venues; the five of the story are among them.
COUNTS = {
    VenueKind.RESTAURANT: 44, VenueKind.CAFE: 42, VenueKind.CONVENIENCE: 36, VenueKind.OFFICE: 20,
    VenueKind.PHARMACY: 20, VenueKind.SCHOOL: 18, VenueKind.MARKET: 14, VenueKind.BANK: 12,
    VenueKind.CLINIC: 12, VenueKind.GOVERNMENT: 12, VenueKind.SALON: 10, VenueKind.SUPERMARKET: 8,
    VenueKind.GYM: 8, VenueKind.HOTEL: 8, VenueKind.KARAOKE: 6, VenueKind.FACTORY: 6,
    VenueKind.HOSPITAL: 6, VenueKind.WORSHIP: 6, VenueKind.PARK: 4, VenueKind.BAR: 4,
    VenueKind.CINEMA: 2, VenueKind.TRANSPORT_HUB: 2,
}  # fmt: skip

OPENING = {
    VenueKind.MARKET: "04:00-18:30", VenueKind.SUPERMARKET: "07:30-22:00",
    VenueKind.CAFE: "06:00-22:30", VenueKind.BAR: "17:00-01:00", VenueKind.KARAOKE: "10:00-00:30",
    VenueKind.HOSPITAL: "00:00-00:00", VenueKind.TRANSPORT_HUB: "00:00-00:00",
    VenueKind.HOTEL: "00:00-00:00", VenueKind.PARK: "00:00-00:00", VenueKind.OFFICE: "06:30-20:00",
    VenueKind.BANK: "07:30-17:00", VenueKind.GOVERNMENT: "07:00-17:00",
    VenueKind.SCHOOL: "06:00-18:30", VenueKind.FACTORY: "00:00-00:00",
}  # fmt: skip
USUAL_OPENING = "06:00-22:00"

ZONES = {
    VenueKind.OFFICE: ("Phòng Kinh doanh", "Phòng Kỹ thuật"),
    VenueKind.FACTORY: ("Xưởng 1", "Xưởng 2", "Nhà ăn"),
    VenueKind.SCHOOL: ("Khu A", "Khu B", "Khu C", "Phòng giáo viên"),
    VenueKind.HOSPITAL: ("Khoa Khám bệnh", "Khoa Cấp cứu"),
}


def one_door() -> tuple[Door, ...]:
    return (Door(name="Cửa chính", direction=Direction.BOTH),)


def _doors(kind: VenueKind) -> tuple[Door, ...]:
    if kind in ZONES:
        return tuple(
            Door(name=zone, direction=Direction.BOTH, zone=n) for n, zone in enumerate(ZONES[kind])
        )
    if kind in (VenueKind.SUPERMARKET, VenueKind.CINEMA, VenueKind.TRANSPORT_HUB):
        names = ("Cửa A", "Cửa B", "Cửa bãi xe")
        ways_in = tuple(Door(name=name, direction=Direction.IN) for name in names)
        return (*ways_in, Door(name="Lối ra", direction=Direction.OUT))
    if kind is VenueKind.MARKET:
        names = ("Cổng chính", "Cổng bờ sông", "Cổng sau")
        return tuple(Door(name=name, direction=Direction.BOTH) for name in names)
    return one_door()


def wards() -> list[Ward]:
    """KeyError for a ward that the official list does not know."""
    known = {one.name: one for one in areas.children(PROVINCE)}
    return [
        Ward(
            area=known[name].path, name=name, latitude=latitude, longitude=longitude, people=people
        )
        for name, latitude, longitude, people in WARDS
    ]


def venues(
    rng: Random, found: Sequence[Ward], story: Sequence[Place], times: int = 1
) -> list[Place]:
    """`story` first, then the rest of the city, all with names of their own; `times` as many of
    each kind."""
    homes = weighted({n: ward.people for n, ward in enumerate(found)})
    made = list(story)
    taken = {place.name for place in made}
    for kind, wanted in COUNTS.items():
        for _ in range(wanted * times - sum(place.kind is kind for place in story)):
            ward = homes.pick(rng)
            name = _name(rng, kind, found[ward], taken)
            taken.add(name)
            made.append(named(rng, kind, name, ward, found[ward]))
    return made


def _name(rng: Random, kind: VenueKind, ward: Ward, taken: set[str]) -> str:
    bare = ward.name.split(" ", 1)[1]
    title = rng.choice(TITLES[kind])
    if kind in (VenueKind.MARKET, VenueKind.GOVERNMENT):
        name = f"{title} {bare}"
    else:
        name = f"{title} {rng.choice(SHOP)}"
    number = 2
    while name in taken:
        name = f"{title} {rng.choice(SHOP)} {bare}" if number == 2 else f"{title} {bare} {number}"
        number += 1
    return name


def named(rng: Random, kind: VenueKind, name: str, ward: int, there: Ward) -> Place:
    latitude, longitude = near(rng, there)
    return Place(
        name=name,
        organisation=name,
        kind=kind,
        ward=ward,
        address=street(rng),  # the ward stands in its own field
        latitude=latitude,
        longitude=longitude,
        opening=OPENING.get(kind, USUAL_OPENING),
        doors=_doors(kind),
        zones=ZONES.get(kind, ()),
        pull=rng.lognormvariate(0, 0.6),
    )


def address(rng: Random, ward: Ward) -> str:
    return f"{street(rng)}, {ward.name}"


def street(rng: Random) -> str:
    return f"{rng.randint(1, 320)} {rng.choice(STREETS)}"


def near(rng: Random, ward: Ward) -> tuple[float, float]:
    """Latitude and longitude of somewhere in the ward."""
    north = rng.gauss(0, SPREAD_KM) / KM_A_DEGREE
    east = rng.gauss(0, SPREAD_KM) / KM_A_DEGREE
    return round(ward.latitude + north, 5), round(ward.longitude + east, 5)


Choices: TypeAlias = dict[tuple[int, VenueKind], Weighted[int]]


def choices(found: Sequence[Ward], made: Sequence[Place]) -> Choices:
    """The places of each kind, as indexes, as people of each ward choose among them."""
    by_kind: dict[VenueKind, list[int]] = {}
    for n, place in enumerate(made):
        by_kind.setdefault(place.kind, []).append(n)
    return {
        (home, kind): weighted(
            {n: 1 + round(100_000 * made[n].pull * _nearness(found[home], made[n])) for n in places}
        )
        for home in range(len(found))
        for kind, places in by_kind.items()
    }


def _nearness(home: Ward, place: Place) -> float:
    north = (place.latitude - home.latitude) * KM_A_DEGREE
    east = (place.longitude - home.longitude) * KM_A_DEGREE * math.cos(math.radians(10))
    return math.exp(-math.hypot(north, east) / NEAR_KM)
