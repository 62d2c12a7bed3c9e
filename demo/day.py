"""A day of the city: who wants to be where and when, and the scans that come of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from checkin.model import Late, Source, Way
from demo.chance import weighted
from demo.people import Household, Resident, Town
from demo.places import Place
from venues.model import VenueKind

MORNING = weighted(
    {
        VenueKind.MARKET: 34, VenueKind.CAFE: 20, VenueKind.RESTAURANT: 10, VenueKind.PARK: 5,
        VenueKind.CONVENIENCE: 8, VenueKind.SUPERMARKET: 8, VenueKind.PHARMACY: 3,
        VenueKind.CLINIC: 3, VenueKind.HOSPITAL: 3, VenueKind.BANK: 2, VenueKind.GOVERNMENT: 3,
        VenueKind.WORSHIP: 2, VenueKind.TRANSPORT_HUB: 1, VenueKind.SALON: 1,
    }
)  # fmt: skip
NOON = weighted({VenueKind.RESTAURANT: 75, VenueKind.CAFE: 17, VenueKind.CONVENIENCE: 8})
EVENING = weighted(
    {
        VenueKind.SUPERMARKET: 24, VenueKind.RESTAURANT: 22, VenueKind.CAFE: 17,
        VenueKind.CONVENIENCE: 12, VenueKind.PHARMACY: 5, VenueKind.GYM: 6, VenueKind.PARK: 4,
        VenueKind.KARAOKE: 2, VenueKind.BAR: 3, VenueKind.SALON: 2, VenueKind.CINEMA: 2,
        VenueKind.HOTEL: 1,
    }
)  # fmt: skip
TOGETHER = weighted({VenueKind.RESTAURANT: 5, VenueKind.SUPERMARKET: 3, VenueKind.CAFE: 2})
STAY = {  # minutes, of most people
    VenueKind.MARKET: 32, VenueKind.SUPERMARKET: 38, VenueKind.CONVENIENCE: 7,
    VenueKind.RESTAURANT: 45, VenueKind.CAFE: 55, VenueKind.PHARMACY: 8, VenueKind.BANK: 25,
    VenueKind.KARAOKE: 120, VenueKind.BAR: 110, VenueKind.CINEMA: 120, VenueKind.HOSPITAL: 100,
    VenueKind.HOTEL: 500,
}  # fmt: skip
USUAL_STAY = 45
GUARDED = (VenueKind.SUPERMARKET, VenueKind.HOSPITAL, VenueKind.FACTORY)

FAITHFUL = 0.75  # goes where one always goes
BUTTON, EXIT = 0.35, 0.10  # shares of visits that end by the button, by a scan at the exit
GATE = 0.4  # of arrivals at guarded places
UPLOADED = 0.03  # phones without network
AT_WORK = 0.95
ANY_TIME = 24 * 60


class Scan(NamedTuple):
    """Half a million of them are made, so not a dataclass. `person`, `place`, `door`: indexes."""

    person: int
    at: datetime
    place: int
    door: int
    way: Way
    party: int
    late: Late
    source: Source


class Stop(NamedTuple):
    """Somewhere to be from `minute` of the day on, `stay` minutes; `fixed`: keeps its appointment,
    whatever else comes up. `seen`: leaves by a scan at the exit; None leaves that to chance."""

    minute: float
    place: int
    door: int
    stay: float
    fixed: bool = False
    party: int = 0
    seen: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """`midnight` is the local one; `ended`: no uploads are still on their way."""

    midnight: datetime
    weekday: int
    ended: bool


def ordinary(rng: Random, town: Town, one: Resident, weekday: int) -> list[Stop]:
    """What a person would do of a day on their own."""
    if one.job is not None and weekday != one.job.off and rng.random() < AT_WORK:
        return _working(rng, town, one)
    stops = []
    if rng.random() < 0.42:
        stops.append(_errand(rng, town, one, MORNING.pick(rng), rng.gauss(460, 55)))
    if rng.random() < 0.15:
        stops.append(_errand(rng, town, one, NOON.pick(rng), rng.gauss(695, 25)))
    if rng.random() < 0.30:
        stops.append(_errand(rng, town, one, EVENING.pick(rng), rng.gauss(1085, 65)))
    return stops


def _working(rng: Random, town: Town, one: Resident) -> list[Stop]:
    job = one.job
    assert job is not None  # noqa: S101  asked for by the caller
    begins = job.begins + rng.gauss(-8, 6)
    stops = [Stop(begins, job.place, job.door, job.ends - begins, fixed=True)]
    if job.begins < 660 < 840 < job.ends and rng.random() < 0.2:
        noon = rng.gauss(700, 12)
        stops[0] = stops[0]._replace(stay=noon - 8 - begins)
        stops.append(_errand(rng, town, one, NOON.pick(rng), noon))
        if rng.random() < 0.7:
            back = rng.gauss(780, 6)
            stops.append(Stop(back, job.place, job.door, job.ends - back, fixed=True))
    if job.ends <= 1080 and rng.random() < 0.24:
        evening = max(job.ends + 15, rng.gauss(1095, 55))
        stops.append(_errand(rng, town, one, EVENING.pick(rng), evening))
    return stops


def _errand(rng: Random, town: Town, one: Resident, kind: VenueKind, minute: float) -> Stop:
    if kind in one.habits and rng.random() < FAITHFUL:
        place = one.habits[kind]
    else:
        place = town.choices[one.ward, kind].pick(rng)
    return visit(rng, town, place, minute)


def visit(rng: Random, town: Town, place: int, minute: float) -> Stop:
    usual = STAY.get(town.places[place].kind, USUAL_STAY)
    stay = max(3.0, usual * rng.lognormvariate(0, 0.35))
    party = rng.randint(1, 3) if rng.random() < 0.12 else 0
    return Stop(minute, place, rng.choice(town.places[place].ways_in), stay, party=party)


def outing(
    rng: Random, town: Town, household: Household, weekday: int
) -> Iterator[tuple[int, Stop]]:
    """(person, stop) of a family that goes out together; who has no phone with them is counted."""
    home = household.ward
    place = town.choices[home, TOGETHER.pick(rng)].pick(rng)
    minute = rng.gauss(1105, 35) - (0 if weekday < 5 else 30)
    together = visit(rng, town, place, minute)
    scanning = [one for one in household.members if rng.random() < 0.75] or household.members[:1]
    unnamed = household.children + len(household.members) - len(scanning)
    for n, person in enumerate(scanning):
        own = together._replace(minute=minute + n * 0.3, party=0 if n else min(unnamed, 20))
        yield person, own._replace(fixed=True)


def walked(
    rng: Random, places: Sequence[Place], day: Day, person: int, stops: list[Stop]
) -> Iterator[Scan]:
    """One place after the other: nobody is at two at once."""
    stops.sort()
    free = 0.0
    for n, stop in enumerate(stops):
        start = max(stop.minute, free)
        following = next((later.minute for later in stops[n + 1 :] if later.fixed), ANY_TIME * 2.0)
        end = min(start + stop.stay, following - 4)
        if stop.fixed:
            end = max(end, start + 2)
        elif start > stop.minute + 60 or end < start + 3 or not _open(places[stop.place], start):
            continue
        uploaded = day.ended and rng.random() < UPLOADED
        yield _arrival(rng, places[stop.place], day, person, stop._replace(minute=start), uploaded)
        left, source = _departure(rng, stop, end)
        if source is not None:
            door = places[stop.place].way_out if source is Source.EXIT else stop.door
            at = _at(day, left)
            yield Scan(person, at, stop.place, door, Way.OUT, 0, Late.MINUTES_10, source)
        free = left + 3


def _arrival(rng: Random, place: Place, day: Day, person: int, stop: Stop, uploaded: bool) -> Scan:
    source, late = Source.POSTER, Late.MINUTES_10
    if uploaded:
        source, late = Source.UPLOAD, rng.choice((Late.HOUR, Late.HOURS_6, Late.HOURS_24))
    elif place.kind in GUARDED and rng.random() < GATE:
        source = Source.GATE
    return Scan(
        person, _at(day, stop.minute), stop.place, stop.door, Way.IN, stop.party, late, source
    )


def _departure(rng: Random, stop: Stop, end: float) -> tuple[float, Source | None]:
    """When somebody is gone, and who was told."""
    chance = rng.random()
    if stop.seen is not None:
        return end, Source.EXIT if stop.seen else None
    if chance < EXIT:
        return end, Source.EXIT
    if chance < EXIT + BUTTON:
        return end + rng.expovariate(0.5), Source.BUTTON
    return end, None


def _open(place: Place, minute: float) -> bool:
    opens, closes = place.hours
    return opens <= minute < closes - 5


def _at(day: Day, minute: float) -> datetime:
    return day.midnight + timedelta(milliseconds=int(minute * 60_000))
