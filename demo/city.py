"""The whole city from a seed: who lives there, and the scans of each day up to now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

from checkin.declaration import Answers, Symptom
from demo import story
from demo.day import Day, Scan, Stop, ordinary, outing, visit, walked
from demo.people import Household, Resident, Town, settle
from demo.places import choices, venues, wards

FULL_DAYS = 7
GOES_OUT = 0.09  # of households, a day


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    seed: int
    now: datetime
    zone: timezone
    town: Town
    people: Sequence[Resident]
    households: Sequence[Household]
    cast: story.Cast

    @property
    def days(self) -> list[date]:
        """Seven whole ones and today, oldest first."""
        today = self.now.astimezone(self.zone).date()
        return [today - timedelta(days=ago) for ago in range(FULL_DAYS, -1, -1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """`person`: an index."""

    person: int
    hours_ago: int
    answers: Answers


def city(seed: int, people: int, now: datetime, zone: timezone) -> City:
    """The same of the same seed and day. At least the five people of the story."""
    rng = Random(seed)
    found = wards()
    places = venues(rng, found, story.places(rng, found))
    year = now.astimezone(zone).year
    town = Town(wards=found, places=places, choices=choices(found, places), year=year)
    residents, households = settle(rng, town, people, story.households(rng, town))
    return City(
        seed=seed,
        now=now,
        zone=zone,
        town=town,
        people=residents,
        households=households,
        cast=story.cast(rng, residents),
    )


def scans(made: City, day: date) -> list[Scan]:
    """All that begin on `day`, up to the full hour of now; an end may fall on the next day."""
    rng = Random(f"{made.seed} {day}")
    today = made.days[-1]
    ago = (today - day).days
    stops = _planned(rng, made, day.weekday(), ago)
    midnight = datetime(day.year, day.month, day.day, tzinfo=made.zone).astimezone(UTC)
    kind = Day(midnight=midnight, weekday=day.weekday(), ended=ago > 0)
    until = made.now.replace(minute=0, second=0, microsecond=0)
    return [
        scan
        for person, own in enumerate(stops)
        for scan in walked(rng, made.town.places, kind, person, own)
        if scan.at < until
    ]


def _planned(rng: Random, made: City, weekday: int, ago: int) -> list[list[Stop]]:
    """By person."""
    town = made.town
    stops = [ordinary(rng, town, one, weekday) for one in made.people]
    for household in made.households:
        if len(household.members) > 1 and rng.random() < GOES_OUT:
            for person, stop in outing(rng, town, household, weekday):
                stops[person].append(stop)
    if ago == story.SALE:
        crowd = rng.sample(range(len(made.people)), crowd_size(len(made.people)))
        for person in crowd:
            stops[person].append(_at_the_sale(rng, town, stops[person]))
    for person, stop in story.joined(ago, made.cast):
        stops[person].append(stop)
    for person, whole in story.acted(ago, made.cast).items():
        stops[person] = whole
    return stops


def crowd_size(people: int) -> int:
    """Who comes to the sale: 20,000 of 30,000."""
    return people * 2 // 3


def _at_the_sale(rng: Random, town: Town, others: Sequence[Stop]) -> Stop:
    """Before, between or after whatever else that person has to do."""
    busy_until = max((stop.minute + stop.stay for stop in others if stop.fixed), default=0.0)
    free = rng.gauss(*rng.choice(((550.0, 50.0), (710.0, 45.0), (1090.0, 70.0))))
    minute = min(max(free, busy_until + rng.uniform(5, 60), 7.5 * 60), 21.5 * 60)
    return visit(rng, town, story.SUPERMARKET, minute)._replace(fixed=True)


def declarations(made: City) -> list[Declared]:
    """Of one in twelve, within the last 20 hours; the case said in time how it felt."""
    rng = Random(f"{made.seed} declarations")
    well = Answers(symptoms=frozenset(), met_case=False, from_epidemic_area=False, met_sick=False)
    unwell = Answers(
        symptoms=frozenset({Symptom.COUGH, Symptom.FEVER}),
        met_case=False,
        from_epidemic_area=False,
        met_sick=False,
    )
    exposed = Answers(symptoms=frozenset(), met_case=True, from_epidemic_area=False, met_sick=False)
    kinds = ((well, 950), (unwell, 45), (exposed, 5))
    given = [Declared(person=story.CASE, hours_ago=20, answers=unwell)]
    for person in range(story.COLLEAGUE + 1, len(made.people)):
        if rng.random() < 1 / 12:
            answers = rng.choices([a for a, _ in kinds], [share for _, share in kinds])[0]
            hours = rng.randint(1, 20)
            given.append(Declared(person=person, hours_ago=hours, answers=answers))
    return given
