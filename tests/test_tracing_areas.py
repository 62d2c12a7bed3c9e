"""Each statement about cases and contacts holds its area by itself, whatever was asked before it;
and of two who decide at once, the second person stays one."""

from __future__ import annotations

import asyncio
from datetime import date

import asyncpg

from checkin import queries_epidemic
from checkin.model import Colour
from checkin.queries_epidemic import NewEdition
from kit.db import Connection, connection
from tests.make_cases import CAN_THO, CASE, PHONES, approved_case, open_case
from tests.make_venues import CAI_KHE
from tests.make_work import OTHER_WARD, Desk, desk
from tracing import queries, queries_releases
from tracing.case import Status
from tracing.followup import queries as followup
from tracing.followup import queries_notes
from tracing.followup.queries_notes import Looker
from tracing.intake import queries as intake
from tracing.pictures import queries_transmission

__all__ = ["desk"]  # the fixture

HERE, ELSEWHERE = [CAN_THO], ["2025/79/"]
NOBODY = 0


async def case_row(db: Connection, case_id: int) -> asyncpg.Record:
    row = await db.fetchrow("SELECT * FROM case_file WHERE id = $1", case_id)
    assert row is not None
    return row


async def test_contacts_are_locked_counted_and_shown_to_their_area_and_their_ward(
    desk: Desk,
) -> None:
    await desk.give("P", "B", area=CAI_KHE)
    await desk.give("W", area=OTHER_WARD)
    async with connection(desk.service.state["db"]) as db:
        people = [desk.world.people[n] for n in sorted(desk.world.people)]
        case, ask = desk.case_id, followup.lock_contacts

        assert len(await ask(db, case, people, HERE, [])) == len(desk.number)
        assert len(await ask(db, case, people, ELSEWHERE, [CAI_KHE])) == 2
        assert await ask(db, case, people, ELSEWHERE, []) == []

        assert {area for area, _, _ in await followup.hands(db, case, HERE, [])} == {
            CAI_KHE,
            OTHER_WARD,
        }
        mine = await followup.hands(db, case, ELSEWHERE, [CAI_KHE])
        assert {area for area, _, _ in mine} == {CAI_KHE}
        assert await followup.hands(db, case, ELSEWHERE, []) == []


async def test_who_went_off_the_list_is_shown_to_their_area_and_their_ward(desk: Desk) -> None:
    await desk.give("P", area=CAI_KHE)
    async with connection(desk.service.state["db"]) as db:
        await db.execute("UPDATE contact SET listed = false")

        assert len(await followup.gone(db, desk.case_id, HERE, [], 100)) == len(desk.number)
        assert len(await followup.gone(db, desk.case_id, ELSEWHERE, [CAI_KHE], 100)) == 1
        assert await followup.gone(db, desk.case_id, ELSEWHERE, [], 100) == []


async def test_what_changed_and_what_waits_is_counted_for_an_area_and_a_ward(desk: Desk) -> None:
    await desk.give("P", area=CAI_KHE)
    async with connection(desk.service.state["db"]) as db:

        async def new(*areas: str, wards: tuple[str, ...] = ()) -> int:
            by = Looker(staff_id=NOBODY, areas=areas, wards=wards, whole=False)
            return (await queries_notes.changed(db, desk.case_id, by)).contacts

        async def waiting(areas: list[str], wards: list[str]) -> list[int]:
            found = await queries_notes.waits(db, areas, wards, NOBODY)
            return [one.id for one in found]

        assert await new(*HERE) == len(desk.number)
        assert await new(*ELSEWHERE, wards=(CAI_KHE,)) == 1
        assert await new(*ELSEWHERE) == 0

        assert await waiting(HERE, []) == await waiting([], [CAI_KHE]) == [desk.case_id]
        assert await waiting(ELSEWHERE, [OTHER_WARD]) == []


async def test_a_case_is_handed_over_within_its_area(desk: Desk) -> None:
    async with connection(desk.service.state["db"]) as db:
        row = await case_row(db, desk.case_id)
        note = queries_notes.NewNote(
            case_id=desk.case_id,
            kind="hand-over",
            sealed=b"x",
            for_staff=row["opened_by"],
            made_by=row["decided_by"],
            now=desk.service.clock(),
        )
        await queries_notes.add_note(db, note)

        assert len(await queries_notes.handed(db, row["opened_by"], HERE)) == 1
        assert await queries_notes.handed(db, row["opened_by"], ELSEWHERE) == []


async def test_a_case_is_found_by_its_number_its_source_and_its_reference_within_its_area(
    desk: Desk,
) -> None:
    source = await approved_case(desk.officers, phone=PHONES[2], lab_reference="CDC-CT 1")
    async with connection(desk.service.state["db"]) as db:
        await queries.name_source(db, desk.case_id, source)
        number = (await case_row(db, source))["number"]
        pictures, area = queries_transmission, CASE["area"]

        assert await pictures.case_of_number(db, number, HERE) == source
        assert await pictures.case_of_number(db, number, ELSEWHERE) is None
        named = (number, date.fromisoformat(CASE["onset"]))
        assert await pictures.source_of(db, desk.case_id, HERE) == named
        assert await pictures.source_of(db, desk.case_id, ELSEWHERE) is None
        assert await intake.case_of_reference(db, "cdc-ct 1", area, HERE) == source
        assert await intake.case_of_reference(db, "cdc-ct 1", area, ELSEWHERE) is None
        assert await intake.known(db, ["CDC-CT 1"], area, HERE) == 1
        assert await intake.known(db, ["CDC-CT 1"], area, ELSEWHERE) == 0


async def test_an_epidemic_area_is_listed_by_its_own_keepers(desk: Desk) -> None:
    new = NewEdition(
        area=CAI_KHE,
        since=date(2021, 7, 10),
        until=None,
        verdict=Colour.RED,
        source="QĐ 1234",
        withdrawn=False,
        replaces=None,
    )
    async with connection(desk.service.state["db"]) as db:
        staff = (await case_row(db, desk.case_id))["opened_by"]
        now = desk.service.clock()

        assert await queries_epidemic.list_area(db, new, staff, ELSEWHERE, now) is None
        assert await queries_epidemic.list_area(db, new, staff, HERE, now) is not None


async def test_of_three_who_decide_a_case_at_once_its_opener_never_does(desk: Desk) -> None:
    """Whatever each of them read before."""
    pool, now = desk.service.state["db"], desk.service.clock()
    case_id = (await open_case(desk.officers.opener))["id"]
    async with connection(pool) as db:
        opener = (await case_row(db, case_id))["opened_by"]

    async def decide(staff_id: int) -> bool:
        async with connection(pool) as db:
            return await queries.decide(db, case_id, Status.APPROVED, staff_id, [], now)

    first = await decide(opener)
    done = await asyncio.gather(*(decide(one) for one in (opener, *await others(desk))))

    assert not first
    assert not done[0]
    assert sum(done) == 1


async def test_of_three_who_let_a_list_go_at_once_whoever_asked_never_does(desk: Desk) -> None:
    pool, now = desk.service.state["db"], desk.service.clock()
    form = {"what": "csv", "purpose": "sampling", "reason": "gửi quận"}
    verdict = queries_releases.Verdict(approved=True, answer="đã gọi", people=1)
    asked = (await desk.officers.opener.post(f"{desk.path}/releases", json=form)).json()["id"]
    async with connection(pool) as db:
        opener = (await case_row(db, desk.case_id))["opened_by"]

    async def decide(staff_id: int) -> bool:
        async with connection(pool) as db:
            return await queries_releases.decide_release(db, asked, verdict, staff_id, now)

    first = await decide(opener)
    done = await asyncio.gather(*(decide(one) for one in (opener, *await others(desk))))

    assert not first
    assert not done[0]
    assert sum(done) == 1


async def others(desk: Desk) -> list[int]:
    """Two accounts that opened nothing."""
    async with connection(desk.service.state["db"]) as db:
        opener = (await case_row(db, desk.case_id))["opened_by"]
        rows = await db.fetch("SELECT id FROM staff WHERE id <> $1 ORDER BY id LIMIT 2", opener)
    return [row["id"] for row in rows]
