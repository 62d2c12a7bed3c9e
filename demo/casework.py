"""A case that is being worked when the demo starts: one of those who sang with the colleague. Made
by what the officers' pages call, so everything of it stands in the audit as theirs would."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import cast

from accounts import areas
from accounts.keydir import open_keys
from checkin.pseudonym import ServiceDays
from checkin.queries import people_by_identifier
from checkin.vault import IdentifierKind, Vault
from demo import queries, story
from demo.city import City
from demo.people import Resident
from demo.places import PROVINCE
from kit.db import close_pool, connection, make_pool
from settings import Settings
from tracing import desk, opening
from tracing.case import CaseFile, Purpose, contact_number
from tracing.desk import Decision, Desk
from tracing.followup import desk as followup_desk
from tracing.followup import notes
from tracing.followup.desk import Act, Doing, Giving, Target, Verdict
from tracing.opening import Opening
from tracing.point import PointFacts, PointKind, Relation, Stayed
from tracing.points import desk as points_desk
from tracing.points.people import Mentioned
from tracing.runs.queries_contacts import WHOLE
from tracing.state import State
from tracing.workers import Workers

NOTE = (
    "Bệnh nhân chưa rõ nguồn lây. Hát ở Karaoke Đêm Trắng với nhóm bạn, có một người của tổng đài "
    "Cửu Long; tối hôm sau ăn cơm ở nhà với mẹ. Cần hỏi thêm ai ngồi cùng phòng hát."
)
LINKED = "Cùng phòng hát, đã đối chiếu giờ vào và giờ ra"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    officer: Desk
    approver: Desk
    tracer: Desk
    verifier: Desk


async def work_a_case(settings: Settings, made: City) -> None:
    """Opened, approved and traced, its first contacts worked; nothing in a city without friends."""
    if not made.cast.friends:
        return
    ill, *others = (made.people[one] for one in made.cast.friends)
    async with _state(settings, made.now) as state:
        crew = await _crew(state)
        case = await opening.open_case(state, crew.officer, _opening(made, ill))
        seen = Decision(approved=True, reason="Phiếu xét nghiệm đã kiểm tra", changes=case.changes)
        case = await desk.decide(state, crew.approver, case.id, seen)
        await points_desk.add(state, crew.officer, case.id, *_dinner(made, ill, others[:1]))
        everybody = Target(case_id=case.id, numbers=None, chosen=WHOLE)
        await followup_desk.give(state, crew.officer, everybody, Giving(own_ward=True))
        await _call(state, crew, case, others)
        await notes.write(state, crew.officer, case.id, NOTE)


@asynccontextmanager
async def _state(settings: Settings, now: datetime) -> AsyncIterator[State]:
    """What a desk needs of the running service, which is not there yet."""
    keys = open_keys(settings.key_dir)
    pool = await make_pool(settings.database_url, size=4, statement_seconds=60)
    parts = {
        "settings": settings,
        "desk_db": pool,
        "keys": keys,
        "clock": lambda: now,
        "vault": Vault(keys),
        "days": ServiceDays(keys.days, settings.zone),
        "workers": Workers(),
    }
    try:
        yield cast(State, parts)
    finally:
        await close_pool(pool)


async def _crew(state: State) -> Crew:
    whole = list(areas.cover(PROVINCE))
    async with connection(state["desk_db"]) as db:
        ids = await queries.accounts(db)
    return Crew(
        officer=Desk(staff_id=ids["officer"], areas=whole, wards=whole),
        approver=Desk(staff_id=ids["approver"], areas=whole, wards=whole),
        tracer=Desk(staff_id=ids["tracer"], areas=[], wards=whole),
        verifier=Desk(staff_id=ids["verifier"], areas=whole, wards=whole),
    )


def _opening(made: City, ill: Resident) -> Opening:
    return Opening(
        phone=ill.phone,
        document="",
        onset=made.days[-1],
        sampled=made.days[-1],
        isolated=None,
        policy=story.POLICY,
        lab_reference=story.FRIEND_REFERENCE,
        national_number=None,
        area=made.town.wards[ill.ward].area,
        purpose=Purpose.CONTACT_TRACING,
    )


def _dinner(
    made: City, ill: Resident, guests: Sequence[Resident]
) -> tuple[PointFacts, list[Mentioned]]:
    """Told by the case: nobody scans at home."""
    evening = datetime.combine(made.days[-2], time(18, 30), made.zone)
    facts = PointFacts(
        kind=PointKind.HOME,
        name="ca bệnh, bữa cơm tối",
        address=ill.address.partition(",")[0],
        area=made.town.wards[ill.ward].area,
        start=evening,
        end=evening + timedelta(hours=2),
        unknown=2,
    )
    mother = Mentioned(
        name="Phan Thị Sáu", area=facts.area, stayed=Stayed(relation=Relation.MOTHER, physical=True)
    )
    friend = Stayed(relation=Relation.FRIEND, end=evening + timedelta(hours=1))
    return facts, [mother, *(Mentioned(phone=one.phone, stayed=friend) for one in guests)]


async def _call(state: State, crew: Crew, case: CaseFile, friends: Sequence[Resident]) -> None:
    """Those who were at the karaoke: one was sampled, one reached, the others did not answer."""
    numbers = [await _number(state, case, one) for one in friends]
    done = (
        (crew.tracer, Doing(act=Act.REACHED, words="Đang ở nhà, chưa có triệu chứng"), numbers[:2]),
        (crew.tracer, Doing(act=Act.SAMPLED), numbers[:1]),
        (crew.verifier, Doing(act=Verdict.CONFIRMED, words=LINKED), numbers[:1]),
        (crew.tracer, Doing(act=Act.NO_ANSWER), numbers[2:]),
    )
    for by, doing, about in done:
        if about:
            target = Target(case_id=case.id, numbers=about, chosen=WHOLE)
            await followup_desk.do(state, by, target, doing)


async def _number(state: State, case: CaseFile, one: Resident) -> str:
    hashed = state["vault"].find(IdentifierKind.PHONE, one.phone)
    async with connection(state["desk_db"]) as db:
        [person] = await people_by_identifier(db, IdentifierKind.PHONE, hashed)
    return contact_number(desk.key_of(state, case), person)
