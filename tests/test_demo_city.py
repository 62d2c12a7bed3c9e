"""The invented city: believable, possible, and the same of the same seed. No database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from accounts import areas
from checkin.model import Late, Sex, Source, Way
from checkin.phone import normal_phone
from demo import story
from demo.city import City, city, crowd_size, declarations, scans
from demo.day import Scan
from demo.places import PROVINCE, VENUES, Place
from tracing.engine.contact import Contact, Rank, Tiers
from tracing.engine.model import IndexCase, Scans, VenueFacts, World
from tracing.engine.model import Scan as Read
from tracing.engine.policies import POLICIES
from tracing.engine.worklist import trace_world
from venues.model import Direction, VenueKind

HERE = timezone(timedelta(hours=7))
NOW = datetime(2021, 7, 20, 5, 30, tzinfo=UTC)  # 12:30 on a Tuesday
PEOPLE = 3000


@pytest.fixture(scope="module")
def made() -> City:
    return city(2021, PEOPLE, NOW, HERE)


@pytest.fixture(scope="module")
def week(made: City) -> list[list[Scan]]:
    """The scans of each day."""
    return [scans(made, day) for day in made.days]


def arrivals(day: list[Scan]) -> list[Scan]:
    return [scan for scan in day if scan.way is Way.IN]


def test_one_seed_makes_one_city(made: City, week: list[list[Scan]]) -> None:
    again = city(2021, PEOPLE, NOW, HERE)
    assert again == made
    assert scans(again, made.days[3]) == week[3]


def test_another_seed_makes_another_city(made: City) -> None:
    other = city(2022, PEOPLE, NOW, HERE)
    assert other.people != made.people
    assert other.town.places != made.town.places


def test_venues_stand_in_real_wards_under_names_of_their_own(made: City) -> None:
    places = made.town.places
    assert len(places) == VENUES == len({place.name for place in places})
    for ward in made.town.wards:
        assert areas.area(ward.area).name == ward.name
        assert ward.area.startswith(PROVINCE)
        assert areas.area(ward.area).kind is areas.AreaKind.WARD
    for place in places:
        assert 9 < place.latitude < 10.5
        assert 105 < place.longitude < 106.2
        assert place.ways_in
        assert all(door.zone is None or door.zone < len(place.zones) for door in place.doors)


def test_people_have_vietnamese_names_and_phones_of_nobody(made: City) -> None:
    # given the people
    family = Counter(one.name.split()[0] for one in made.people)
    middle = Counter(one.name.split()[1] for one in made.people if one.sex is Sex.FEMALE)
    # then the names are as frequent as in the delta
    assert 0.33 < family["Nguyễn"] / PEOPLE < 0.43
    assert [name for name, _ in family.most_common(3)] == ["Nguyễn", "Trần", "Lê"]
    assert middle.most_common(1)[0][0] == "Thị"
    # and every phone is one a form would take, of its own, in a range without subscribers
    phones = {one.phone for one in made.people}
    assert len(phones) == PEOPLE
    assert all(normal_phone(phone) == phone for phone in phones)
    assert all(phone.startswith("+8495") for phone in phones)


def test_households_hold_everybody_once(made: City) -> None:
    members = [one for household in made.households for one in household.members]
    assert sorted(members) == list(range(PEOPLE))
    sizes = Counter(len(h.members) + h.children for h in made.households)
    assert sizes.keys() == set(range(1, 7))
    assert 2.5 < sum(size * n for size, n in sizes.items()) / len(made.households) < 4


def test_the_streets_fill_in_the_morning_at_noon_and_in_the_evening(
    week: list[list[Scan]],
) -> None:
    hours = Counter(scan.at.astimezone(HERE).hour for day in week[2:-1] for scan in arrivals(day))
    assert min(hours[7], hours[8]) > 2 * hours[9]
    assert hours[11] > 2 * hours[10]
    assert hours[11] > 2 * hours[14]
    assert min(hours[17], hours[18]) > 2 * hours[15]
    assert hours[18] > 2 * hours[21]
    assert hours[2] == 0


def test_nobody_is_at_two_places_at_once(week: list[list[Scan]]) -> None:
    for day in week:
        own = defaultdict(list)
        for scan in day:
            own[scan.person].append(scan)
        for seen in own.values():
            assert all(a.at < b.at for a, b in pairwise(seen))
            # an out follows the in it ends
            assert seen[0].way is Way.IN
            for before, after in pairwise(seen):
                if after.way is Way.OUT:
                    assert (before.way, before.place) == (Way.IN, after.place)


def test_no_two_scans_have_one_natural_key(week: list[list[Scan]]) -> None:
    keys = [(scan.person, scan.at, scan.place) for day in week for scan in day]
    assert len(keys) == len(set(keys))
    assert all(scan.at.microsecond % 1000 == 0 for day in week for scan in day)


def test_scans_go_through_doors_that_lead_their_way(made: City, week: list[list[Scan]]) -> None:
    for scan in (scan for day in week for scan in day):
        direction = made.town.places[scan.place].doors[scan.door].direction
        if scan.way is Way.IN:
            assert direction is not Direction.OUT
        elif scan.source is Source.EXIT:
            assert direction is not Direction.IN


def test_visitors_come_while_it_is_open(made: City, week: list[list[Scan]]) -> None:
    late = 0
    for scan in (scan for day in week for scan in arrivals(day)):
        job = made.people[scan.person].job
        if scan.person > story.COLLEAGUE and (job is None or job.place != scan.place):
            opens, closes = made.town.places[scan.place].hours
            local = scan.at.astimezone(HERE)
            late += not opens <= local.hour * 60 + local.minute < closes
    assert late == 0


def test_a_share_of_visits_ends_by_button_or_at_the_exit(week: list[list[Scan]]) -> None:
    whole = [scan for day in week[:-1] for scan in day]
    came = sum(scan.way is Way.IN for scan in whole)
    ends = Counter(scan.source for scan in whole if scan.way is Way.OUT)
    assert ends.keys() == {Source.BUTTON, Source.EXIT}
    assert 0.3 < ends[Source.BUTTON] / came < 0.4
    assert 0.08 < ends[Source.EXIT] / came < 0.15


def test_some_scans_came_late_but_none_is_still_on_its_way(week: list[list[Scan]]) -> None:
    late = [[scan for scan in day if scan.late is not Late.MINUTES_10] for day in week]
    assert all(scan.source is Source.UPLOAD for day in late for scan in day)
    assert all(late[:-1])
    assert not late[-1]


def test_the_week_ends_with_the_full_hour_before_now(made: City, week: list[list[Scan]]) -> None:
    assert [len(day) > 1000 for day in week] == [True] * 8
    assert made.days[-1] == NOW.astimezone(HERE).date()
    last = max(scan.at for day in week for scan in day)
    assert datetime(2021, 7, 20, 4, 30, tzinfo=UTC) < last < datetime(2021, 7, 20, 5, tzinfo=UTC)


def test_two_in_three_come_to_the_sale(week: list[list[Scan]]) -> None:
    assert crowd_size(30_000) == 20_000
    came = Counter(
        n for n, day in enumerate(week) for s in arrivals(day) if s.place == story.SUPERMARKET
    )
    assert came[7 - story.SALE] >= crowd_size(PEOPLE)
    assert max(count for n, count in came.items() if n != 7 - story.SALE) < crowd_size(PEOPLE) / 5


def test_declarations_are_recent_and_most_are_green(made: City) -> None:
    given = declarations(made)
    well = sum(not one.answers.symptoms and not one.answers.met_case for one in given)
    assert PEOPLE / 20 < len(given) < PEOPLE / 8
    assert well / len(given) > 0.9
    assert len({one.person for one in given}) == len(given)
    assert any(one.answers.met_case for one in given)


def test_the_outbreak_gives_a_list_that_people_can_work() -> None:
    # given the whole city of the demo
    whole = city(2021, 30_000, NOW, HERE)
    # when the case of the story is traced, as the welcome says
    found = traced(whole)
    # then about a hundred people are listed, in all three ranks, and brief ones below
    ranks = Counter(one.rank for one in found.contacts)
    assert 60 <= len(found.contacts) <= 150
    assert ranks[Rank.HIGH] >= 30
    assert ranks[Rank.MEDIUM] >= 10
    assert ranks[Rank.LOW] >= 1
    assert 5 <= len(found.brief) <= 60
    assert not found.coverage.missing
    # and among them the family, who ate with the case, and all who shared the lunch
    people = {one.person: one for one in found.contacts}
    assert people.keys() >= {story.WIFE, story.MOTHER, story.SON, story.COLLEAGUE}
    assert people.keys() >= set(whole.cast.lunch)
    # and strangers of each place of the story
    assert places_of(found.contacts) >= {
        *(story.SUPERMARKET, story.OFFICE, story.LUNCH, story.CAFE, story.DINNER)
    }
    # and nobody because of the sale, which was before the period
    assert all(e.start >= found.period.start for one in found.contacts for e in one.exposures)


def places_of(contacts: Sequence[Contact]) -> set[int]:
    return {exposure.venue for one in contacts for exposure in one.exposures}


def traced(made: City) -> Tiers:
    """By the engine itself, over the scans of whoever was at a place of the story."""
    read = [scan for day in made.days[-5:] for scan in scans(made, day)]
    there = {scan.person for scan in read if scan.place <= story.KARAOKE}
    own = [scan for scan in read if scan.person in there]
    world = World(
        scans=Scans.of(as_read(made.town.places[scan.place], scan) for scan in own),
        venues={n: facts(n, place) for n, place in enumerate(made.town.places)},
        kept_days=frozenset(made.days),
        shifts={
            (n, one.job.place): one.job.ends - one.job.begins
            for n, one in enumerate(made.people)
            if one.job
        },
    )
    onset = made.days[-1] - timedelta(days=story.FELL_ILL)
    case = IndexCase(person=story.CASE, onset=onset, sampled=None)
    policy = next(policy for policy in POLICIES if policy.name == story.POLICY)
    return trace_world(case, world, policy, int(NOW.timestamp() * 1000))


def as_read(place: Place, scan: Scan) -> Read:
    zone = place.doors[scan.door].zone
    return Read(
        person=scan.person,
        at=int(scan.at.timestamp() * 1000),
        venue=scan.place,
        zone=None if zone is None else scan.place * 10 + zone,
        way=scan.way,
        source=scan.source,
    )


def facts(number: int, place: Place) -> VenueFacts:
    """As the kinds say; 60 minutes where the story does not go."""
    stays = {
        VenueKind.SUPERMARKET: 40,
        VenueKind.OFFICE: 480,
        VenueKind.CLINIC: 45,
        VenueKind.KARAOKE: 120,
    }
    return VenueFacts(
        id=number,
        typical_stay=stays.get(place.kind, 60),
        closes=place.hours[1] % (24 * 60),
        masks_off=place.kind in (VenueKind.RESTAURANT, VenueKind.CAFE, VenueKind.KARAOKE),
        indoor=True,
        small=place.kind in (VenueKind.CAFE, VenueKind.CLINIC, VenueKind.KARAOKE),
    )
