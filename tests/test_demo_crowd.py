"""The whole city: from a seed, plausible day by day, stored as the service stores."""

from __future__ import annotations

import io

import asyncpg
import numpy as np
import pytest

from accounts.keydir import open_keys
from checkin.model import Way
from checkin.pseudonym import ServiceDays
from checkin.vault import IdentifierKind, Vault
from demo.crowd import HOUR, SALE, SHOPPER, SHOPPERS, Crowd, scans, size
from demo.crowd_load import load_crowd, metropolis, steps
from demo.load import DatabaseInUse
from demo.people import phone
from demo.welcome import local, welcome
from kit.progress import Progress
from settings import Settings
from tests.conftest import NOW

SCANS = 6000


def people_of(seed: int) -> Crowd:
    return metropolis(seed, size(SCANS), NOW, Settings())[1]


def test_the_same_seed_makes_the_same_days_and_another_one_others() -> None:
    day = people_of(2021).days[-1]
    found, again, others = (scans(people_of(seed), day) for seed in (2021, 2021, 2022))

    assert np.array_equal(found.at, again.at)
    assert np.array_equal(found.person, again.person)
    assert not np.array_equal(found.person, others.person)


def test_one_person_is_seen_on_the_day_of_the_sale_alone_for_eight_hours() -> None:
    people = people_of(2021)

    for day in people.days:
        found = scans(people, day)
        hours = (found.at[found.person == SHOPPER] / HOUR).tolist()
        assert hours == ([8, 16] if day == people.days[SALE] else [])


def test_nobody_is_at_two_places_at_once() -> None:
    people = people_of(2021)
    for day in people.days:
        found = scans(people, day)
        order = np.lexsort((found.at, found.person))
        before = np.roll(order, 1)
        left = found.way[order] == Way.OUT
        assert left.any()
        for column in (found.person, found.place):
            assert (column[order] == column[before])[left].all()
        assert len(np.unique(np.stack((found.person, found.at)), axis=1).T) == len(found)


def test_the_whole_city_has_the_size_it_is_said_to_have() -> None:
    whole = size(60_000_000)

    assert (whole.people, whole.times * 300, whole.shoppers) == (1_200_000, 20_100, SHOPPERS)


async def test_a_person_of_the_city_is_found_opened_and_followed_as_any_other(
    settings: Settings,
) -> None:
    # given the loaded city
    made, people = metropolis(2021, size(SCANS), NOW, settings)
    shown = Progress("Making a city", steps(people), out=io.StringIO())
    await load_crowd(settings, made, people, shown)
    owner = await asyncpg.connect(settings.database_owner_url)
    keys = open_keys(settings.key_dir)
    vault, days = Vault(keys), ServiceDays(keys.days, settings.zone)
    # when the one in the supermarket is looked up by phone
    row = await owner.fetchrow(
        "SELECT id, sealed, key_id FROM person JOIN identifier ON person_id = id WHERE hmac = $1",
        vault.find(IdentifierKind.PHONE, phone(SHOPPER)),
    )
    # then their own data open, their scans are those that were made, and so are everybody's
    assert row is not None
    assert vault.open(*row)["phone"] == phone(SHOPPER)
    own = await owner.fetch(
        "SELECT at, way FROM scan WHERE subject = $1 ORDER BY at",
        days.subject(row["id"], people.days[SALE]),
    )
    assert [(days.local(at).hour, way) for at, way in own] == [(8, Way.IN), (16, Way.OUT)]
    stored = await owner.fetch("SELECT at::date AS day, count(*) FROM scan GROUP BY 1")
    assert sum(count for _, count in stored) == sum(len(scans(people, day)) for day in people.days)
    assert local(phone(SHOPPER)) in await welcome(settings, NOW, whole=True)
    # and it is made once
    with pytest.raises(DatabaseInUse):
        await load_crowd(settings, made, people, shown)
    await owner.close()
