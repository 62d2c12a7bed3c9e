"""A case file goes when its time is over, with all it knows; the audit still says whose it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import database
from accounts.model import Role
from checkin.partitions import Owner
from tests.conftest import NOW, Service
from tests.make_cases import CAN_THO, approved_case, open_case
from tests.make_holds import Held, held
from tests.make_people import make_person
from tests.make_venues import staff_client
from tests.quiet_hour import forget
from tests.stored import change, owner_of, value
from tracing import queries_keeper
from tracing.queries_retention import CASE_FILES, case_files_past

__all__ = ["held"]  # the fixture

GUEST = "+84900000003"
CLOSE = "UPDATE case_file SET status = 'closed', closed = $2 WHERE id = $1"
REFUSE = "UPDATE case_file SET status = 'refused', decided_by = 999, decided = $2 WHERE id = $1"
REOPEN = "UPDATE case_file SET status = 'approved', closed = NULL WHERE id = $1"
INFECT = "UPDATE case_file SET source_case_id = $2 WHERE id = $1"
# What no call of this test leaves.
FILLED = [
    "INSERT INTO contact_event (case_id, person_id, act, made_by, made) SELECT case_id, person_id, "
    "'reached', 1, '2021-07-20Z' FROM contact WHERE case_id = $1",
    "INSERT INTO case_person SELECT $1, person_id FROM contact WHERE case_id = $1 LIMIT 1",
    "INSERT INTO case_note (case_id, kind, sealed, made_by, made) VALUES ($1, 'note', '', 1, "
    "'2021-07-20Z')",
    "INSERT INTO case_seen VALUES ($1, 1, 0, 0, 0)",
    "INSERT INTO release (case_id, what, purpose, reason, asked_by, asked_at) VALUES ($1, 'csv', "
    "'sampling', 'x', 1, now())",
    "INSERT INTO case_correction (case_id, onset, reason, asked_by, asked) VALUES ($1, "
    "'2021-07-08', 'x', 1, '2021-07-20Z')",
    "INSERT INTO isolation (person_id, starts, ends, source, case_id) SELECT person_id, "
    "'2021-07-12Z', '2021-07-26Z', 'order', $1 FROM contact WHERE case_id = $1 LIMIT 1",
]
TABLES = """
SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t
    USING (table_schema, table_name)
WHERE c.column_name = 'case_id' AND t.table_type = 'BASE TABLE' AND c.table_schema = 'public'
    AND c.table_name NOT IN ('audit', 'case_gone')
"""


async def rows_of_case(db: Owner, case_id: int) -> dict[str, int]:
    """How many there are in each table that speaks of cases, whatever it may be."""
    tables = [row["table_name"] for row in await db.fetch(TABLES)]
    found = {
        table: await db.fetchval(f"SELECT count(*) FROM {table} WHERE case_id = $1", case_id)
        for table in tables
    }
    return found | {
        "case_file": await db.fetchval("SELECT count(*) FROM case_file WHERE id = $1", case_id)
    }


async def keep(service: Service, *, archive: bool = False) -> None:
    """What the service does every hour."""
    async with owner_of(service) as db:
        await database.keep(db, replace(service.settings, archive=archive), service.clock())


async def test_all_that_a_case_knows_goes_twelve_months_after_it_was_closed(held: Held) -> None:
    # given a case with something in each of its tables, and another that it infected
    service, opener, path = held.service, held.officers.opener, f"/v1/cases/{held.case_id}"
    guest = await make_person(service, "Bà Ngoại", GUEST)
    times = {"start": "2021-06-25T18:00:00+07:00", "end": "2021-06-25T20:00:00+07:00"}
    point = {"kind": "home", "name": "nhà ngoại", "people": [{"phone": GUEST}]} | times
    assert (await opener.post(f"{path}/points", json=point)).status_code == 201
    await held.propose(colour="amber")
    number = (await opener.get(path)).json()["number"]
    other = await approved_case(held.officers, phone="+84912000004", isolated=None)
    await change(service, INFECT, other, held.case_id)
    async with owner_of(service) as db:
        for text in FILLED:
            await db.execute(text, held.case_id)
        filled = await rows_of_case(db, held.case_id)
        theirs = await rows_of_case(db, other)
    await change(service, CLOSE, held.case_id, NOW)
    keys = service.state["keys"].cases

    service.clock.now = NOW + CASE_FILES
    await keep(service)
    async with owner_of(service) as db:
        within = await rows_of_case(db, held.case_id), number in keys.all()
    service.clock.tick(hours=1)
    await keep(service)
    await keep(service)
    await forget(service)

    assert all(filled.values()), filled
    assert within == (filled, True)
    async with owner_of(service) as db:
        assert set((await rows_of_case(db, held.case_id)).values()) == {0}
        assert await rows_of_case(db, other) == theirs
    assert number not in keys.all()
    assert await value(service, "SELECT source_case_id FROM case_file WHERE id = $1", other) is None
    # whoever stood in that file alone is forgotten
    assert await value(service, "SELECT sealed FROM person WHERE id = $1", guest) == b""
    coordinator = await staff_client(service, Role.COORDINATOR, area=CAN_THO)
    assert (await coordinator.get(path)).status_code == 404
    assert (await coordinator.get(f"/v1/cases/{other}/contacts")).status_code == 200
    # its number and area are known to the audit, once
    auditor = await staff_client(service, Role.AUDITOR, area=CAN_THO)
    told = (await auditor.get("/v1/audit", params={"case": number})).json()["rows"]
    assert {one["case"] for one in told} == {number}
    acts = [one["act"] for one in told]
    assert acts.count("delete-case") == 1
    assert {"open-case", "approve-case", "trace-run", "add-point"} <= set(acts)
    elsewhere = await staff_client(service, Role.AUDITOR, area="2025/01/")
    assert (await elsewhere.get("/v1/audit")).json()["rows"] == []


async def test_a_refused_case_goes_too_and_one_that_is_opened_again_stays(held: Held) -> None:
    service = held.service
    refused = (await open_case(held.officers.opener, phone="+84912000004"))["id"]
    await change(service, REFUSE, refused, NOW)
    await change(service, CLOSE, held.case_id, NOW)
    service.clock.now = NOW + CASE_FILES + timedelta(hours=1)
    before = service.clock() - CASE_FILES
    async with owner_of(service) as db:
        past = await case_files_past(db, before)
        await db.execute(REOPEN, held.case_id)  # between the look and the deletion
        locked = [await queries_keeper.lock_past(db, one, before) is not None for one in past]

    await keep(service)

    assert (past, locked) == ([held.case_id, refused], [False, True])
    assert await value(service, "SELECT array_agg(id) FROM case_file") == [held.case_id]


async def test_a_case_that_nobody_decided_goes_twelve_months_after_it_was_opened(
    held: Held,
) -> None:
    service = held.service
    left = (await open_case(held.officers.opener, phone="+84912000004"))["id"]
    kept = [held.case_id, left]

    service.clock.now = NOW + CASE_FILES
    await keep(service)
    within = await value(service, "SELECT array_agg(id ORDER BY id) FROM case_file")
    service.clock.tick(hours=1)
    await keep(service)

    assert within == kept
    # one at work stays, however old
    assert await value(service, "SELECT array_agg(id) FROM case_file") == [held.case_id]


async def test_a_file_whose_key_went_without_it_goes_in_the_next_hour(held: Held) -> None:
    number = await value(held.service, "SELECT number FROM case_file")
    await change(held.service, CLOSE, held.case_id, NOW)
    held.service.state["keys"].cases.delete(str(number))
    held.service.clock.now = NOW + CASE_FILES + timedelta(hours=1)

    await keep(held.service)

    assert await value(held.service, "SELECT count(*) FROM case_file") == 0


async def test_an_archive_keeps_every_case_file(held: Held) -> None:
    await change(held.service, CLOSE, held.case_id, NOW)
    held.service.clock.now = NOW + 2 * CASE_FILES

    await keep(held.service, archive=True)

    assert await value(held.service, "SELECT count(*) FROM case_file") == 1
