"""What waits for an account, said first on its start page: each role's own work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from accounts import access, access_table
from accounts.model import Role, Staff
from kit.db import connection
from tracing.desk import Desk
from tracing.followup import queries_notes
from tracing.followup.queries_notes import Waits
from tracing.holds import queries_waiting
from tracing.holds.queries_waiting import Since
from tracing.releases import STANDS, WAITS
from tracing.state import State

SHOWN = 3  # cases of a kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`kind` is a line of `KINDS`; `place` of the case's pages shows what is meant."""

    kind: str
    case_id: int
    number: str
    count: int
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """All that waits of one kind: the first `tasks`, and how many more there are; or a page that
    lists them, where they are too many to be named."""

    kind: str
    tasks: Sequence[Task]
    count: int
    list: str = ""

    @property
    def more(self) -> int:
        return self.count - len(self.tasks)


KINDS = {
    "handed": "was handed over to you",
    "decide": "waits for your approval: somebody else opened it",
    "correct": "days of a case wait for your agreement",
    "hold": "entry hold waits for your decision or answer",
    "release": "list with names waits for your decision",
    "fetch": "list with names was let go: fetch it",
    "mine": "of your contacts not reached",
    "ward": "contacts of your ward not reached, with no tracer",
    "candidates": "F1 to confirm or reject",
    "not_given": "contacts given to no ward",
    "opened": "F1 not reached of a case you opened",
}
PLACES = {
    "decide": "",
    "correct": "/days",
    "hold": "/holds",
    "release": "/releases",
    "fetch": "/releases",
}
# Where all of a kind are listed: what is said of several cases, and the page.
LISTS = {
    "decide": ("cases wait for a second person's approval", "/desk?status=opened"),
    "hold": ("cases have entry holds that wait for a decision or an answer", "/desk/holds"),
    "release": ("cases have lists with names that wait for your decision", "/desk/releases"),
}
OF_ROLE = (
    (Role.TRACER, "mine", "tracer=mine&reached=no&state=standing"),
    (Role.TRACER, "ward", "tracer=nobody&reached=no&given=yes&state=standing"),
    (Role.VERIFIER, "candidates", "tier=1&state=candidate&close=yes"),
    (Role.COORDINATOR, "not_given", "given=no&state=standing"),
    (Role.INVESTIGATOR, "opened", "tier=1&reached=no&state=standing&close=yes"),
)


async def work(state: State, mine: Desk, staff: Staff) -> list[Work]:
    """The kinds in their order, each newest case first."""
    now = state["clock"]()
    since = Since(asked=now - WAITS, decided=now - STANDS, now=now)
    coordinated = access.scope(staff, access_table.CASE_APPROVER.roles).areas
    async with connection(state["desk_db"]) as db:
        handed = await queries_notes.handed(db, mine.staff_id, mine.areas)
        found = await queries_notes.waits(db, mine.areas, mine.wards, mine.staff_id)
        stopped = await queries_waiting.stopped(db, coordinated, mine.staff_id, since)
    first = [
        Task(kind="handed", case_id=case_id, number=number, count=0) for case_id, number in handed
    ]
    first += [
        Task(kind=one.kind, case_id=one.id, number=one.number, count=0, place=PLACES[one.kind])
        for one in stopped
    ]
    order = list(KINDS)
    tasks = sorted([*first, *_tasks(found, staff)], key=lambda one: order.index(one.kind))
    return [_work(kind, list(same)) for kind, same in groupby(tasks, key=lambda one: one.kind)]


def _work(kind: str, tasks: Sequence[Task]) -> Work:
    count = len(tasks)
    if kind in LISTS and count > SHOWN:
        return Work(kind=kind, tasks=(), count=count, list=LISTS[kind][1])
    return Work(kind=kind, tasks=tasks[:SHOWN], count=count)


def _tasks(found: Sequence[Waits], staff: Staff) -> Iterator[Task]:
    for role, kind, query in OF_ROLE:
        for one in found:
            count: int = getattr(one, kind)
            if role in staff.roles and count:
                place = f"?{query}#list"
                yield Task(kind=kind, case_id=one.id, number=one.number, count=count, place=place)
