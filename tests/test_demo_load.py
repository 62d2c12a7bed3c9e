"""The city in a real database: whole or not at all, sealed as the service seals, ready to trace."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise

import asyncpg
import httpx
import pytest

from accounts.keydir import open_keys
from checkin.partitions import Owner
from checkin.pseudonym import ServiceDays
from checkin.vault import IdentifierKind, Vault
from demo import queries, story
from demo.casework import work_a_case
from demo.city import City, city, scans
from demo.load import LAST_LOGIN, PASSWORD, DatabaseInUse, load, steps
from demo.welcome import local, welcome
from kit.progress import Progress
from settings import Settings
from tests.conftest import NOW, Service

PEOPLE = 300


@pytest.fixture(scope="module")
def made() -> City:
    return city(2021, PEOPLE, NOW, Settings().zone)


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[Owner]:
    connection = await asyncpg.connect(settings.database_owner_url)
    yield connection
    await connection.close()


def unseen(made: City) -> Progress:
    return Progress("Making a city", steps(made), out=io.StringIO())


class Interrupted(Progress):
    """Ctrl-C on the third day of the load."""

    days = 0

    def advance(self, steps: int = 1) -> None:
        self.days += 1
        if self.days == 3:
            raise KeyboardInterrupt


async def test_all_of_the_city_is_loaded(settings: Settings, made: City, owner: Owner) -> None:
    # given the scans that were made
    given = [scan for day in made.days for scan in scans(made, day)]
    # when the city is loaded
    await load(settings, made, unseen(made))
    # then every one is there, and every person and venue
    assert await owner.fetchval("SELECT count(*) FROM scan") == len(given)
    assert await owner.fetchval("SELECT count(*) FROM person") == PEOPLE
    assert await owner.fetchval("SELECT count(*) FROM venue") == len(made.town.places)
    doors = sum(len(place.doors) for place in made.town.places)
    assert await owner.fetchval("SELECT count(*) FROM code WHERE valid_to IS NULL") == doors
    assert await queries.loaded_at(owner, LAST_LOGIN) == made.now


async def test_a_person_is_found_opened_and_followed_as_any_other(
    settings: Settings, made: City, owner: Owner
) -> None:
    # given the loaded city and its keys
    await load(settings, made, unseen(made))
    keys = open_keys(settings.key_dir)
    vault, days = Vault(keys), ServiceDays(keys.days, settings.zone)
    # when the case is looked up by phone
    found = await owner.fetchrow(
        "SELECT id, sealed, key_id FROM person JOIN identifier ON person_id = id WHERE hmac = $1",
        vault.find(IdentifierKind.PHONE, story.CASE_PHONE),
    )
    # then the vault opens the record
    assert found is not None
    opened = vault.open(found["id"], found["sealed"], found["key_id"])
    assert opened["full_name"] == made.people[story.CASE].name
    # and the pseudonym of a day leads to the scans of that day
    day = made.days[-1 - 4]
    places = await owner.fetch(
        "SELECT v.name FROM scan JOIN venue v ON v.id = venue_id "
        "WHERE subject = $1 AND way = 1 ORDER BY at",
        days.subject(found["id"], day),
    )
    wanted = (story.OFFICE, story.LUNCH, story.OFFICE, story.CAFE)
    assert [row["name"] for row in places] == [made.town.places[n].name for n in wanted]


async def test_rows_do_not_lie_in_the_order_of_households(
    settings: Settings, made: City, owner: Owner
) -> None:
    await load(settings, made, unseen(made))
    people = [row["id"] for row in await owner.fetch("SELECT id FROM person ORDER BY ctid")]
    assert people == sorted(people)
    for table in await owner.fetch("SELECT DISTINCT tableoid::regclass::text AS name FROM scan"):
        times = await owner.fetch(f"SELECT at FROM {table['name']} ORDER BY ctid")
        early = [row["at"] for row in times]
        # the few that came over midnight stand behind
        assert sum(a > b for a, b in pairwise(early)) <= 1


async def test_a_load_that_was_broken_off_leaves_nothing_and_can_be_repeated(
    settings: Settings, made: City, owner: Owner
) -> None:
    # given a load that Ctrl-C ended in its midst
    with pytest.raises(KeyboardInterrupt):
        await load(settings, made, Interrupted("Making a city", steps(made), out=io.StringIO()))
    # then nothing is there
    assert not await queries.in_use(owner)
    assert await owner.fetchval("SELECT count(*) FROM scan") == 0
    assert await queries.loaded_at(owner, LAST_LOGIN) is None
    # and the next one is whole
    await load(settings, made, unseen(made))
    assert await queries.loaded_at(owner, LAST_LOGIN) == made.now


async def test_a_database_in_use_gets_no_invented_people(
    settings: Settings, made: City, owner: Owner
) -> None:
    await owner.execute("INSERT INTO organisation (name, created_at) VALUES ('Có thật', now())")
    with pytest.raises(DatabaseInUse):
        await load(settings, made, unseen(made))
    assert await owner.fetchval("SELECT count(*) FROM person") == 0


async def test_what_the_welcome_says_can_be_done(service: Service, made: City) -> None:
    # given the demo and its welcome
    settings = replace(service.settings, demo=True)
    service.state["settings"] = settings
    await load(settings, made, unseen(made))
    told = await welcome(settings, NOW)
    assert PASSWORD in told
    assert local(story.CASE_PHONE) in told
    # when the poster's address is opened
    code = told.partition("/V/")[2].split()[0]
    phone = await service.client(accept="text/html")
    assert story.SUPERMARKET_NAME in (await phone.get(f"/V/{code}")).text
    # when the venue's account asks for that poster
    poster = re.search(r"http://testserver(/v1/checkpoints/\d+/poster)", told)
    assert poster
    answer = await (await signed_in(service, "venue")).get(poster[1])
    assert answer.content.startswith(b"%PDF")
    # when the officer opens the case and the approver approves it
    officer, approver = await signed_in(service, "officer"), await signed_in(service, "approver")
    asked = {
        "phone": local(story.CASE_PHONE),
        "onset": str(made.days[-1 - story.FELL_ILL]),
        "sampled": str(made.days[-1 - story.SAMPLED]),
        "policy": story.POLICY,
        "lab_reference": story.LAB_REFERENCE,
        "area": made.town.wards[made.people[story.CASE].ward].area,
    }
    opened = await officer.post("/v1/cases", json=asked)
    assert opened.status_code == 201, opened.text
    case = f"/v1/cases/{opened.json()['id']}"
    agreed = {"approved": True, "reason": "Phiếu xét nghiệm đã kiểm tra"}
    answer = await approver.post(f"{case}/approval", json=agreed)
    assert answer.status_code == 200, answer.text
    assert (await officer.post(f"{case}/runs", json={})).status_code == 201
    # then the family, the colleague and those at the table stand on the list
    listed = (await officer.get(f"{case}/contacts")).json()
    assert len(listed["contacts"]) >= 4 + len(made.cast.lunch)


async def test_one_case_is_being_worked_from_the_start(service: Service, made: City) -> None:
    # given the demo with its begun case
    settings = replace(service.settings, demo=True)
    service.state["settings"] = settings
    await load(settings, made, unseen(made))
    await work_a_case(settings, made)
    # when the officer looks
    officer = await signed_in(service, "officer")
    [case] = (await officer.get("/v1/cases")).json()["cases"]
    # then it is approved and the welcome names it; those who sang with it were called
    assert case["status"] == "approved"
    assert case["number"] in await welcome(settings, NOW)
    path = f"/v1/cases/{case['id']}"
    listed = (await officer.get(f"{path}/contacts")).json()["contacts"]
    work = [one["work"] for one in listed]
    worked = [(one["reached"], one["test"]) for one in work if one["reached"] or one["test"]]
    assert sorted(worked) == [(True, ""), (True, "awaiting")]
    assert {one["tier"] for one in listed} == {1}
    # and it has a point with people, which only somebody could tell of, and a note
    [point] = (await officer.get(f"{path}/points")).json()["points"]
    assert [one["relation"] for one in point["people"]] == ["Mẹ", "Bạn bè"]
    notes = (await officer.get(f"{path}/notes")).json()["notes"]
    assert [one["kind"] for one in notes] == ["note"]


async def signed_in(service: Service, login: str) -> httpx.AsyncClient:
    client = await service.client()
    answer = await client.post("/v1/sessions", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
    return client


async def test_each_log_in_sees_what_it_is_for(service: Service, made: City) -> None:
    settings = replace(service.settings, demo=True)
    service.state["settings"] = settings
    await load(settings, made, unseen(made))
    # the venue's account: its supermarket alone
    seen = (await (await signed_in(service, "venue")).get("/v1/venues")).json()
    assert [one["name"] for one in seen["venues"]] == [story.SUPERMARKET_NAME]
    # the administrator: all
    admin = await signed_in(service, "admin")
    assert len((await admin.get("/v1/venues", params={"limit": 200})).json()["venues"]) == 200


async def test_an_old_city_says_how_to_get_a_new_one(settings: Settings, made: City) -> None:
    await load(settings, made, unseen(made))
    assert "days old" not in await welcome(settings, NOW)
    assert "9 days old" in await welcome(settings, NOW.replace(day=29))
