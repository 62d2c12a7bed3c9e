"""Epidemic areas and the policy of declarations: listed, changed, and asked for on the form.

An entry is never overwritten: what was in force when somebody declared can be looked up for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from accounts.access import scope
from accounts.access_table import ADMIN, AREA_KEEPER
from accounts.areas import UnknownArea, area
from accounts.model import Staff
from checkin import queries_epidemic as queries
from checkin.declaration import DeclarationPolicy, ListedArea
from checkin.model import Colour
from checkin.queries_epidemic import Edition, NewEdition
from checkin.state import State
from kit.db import Connection, connection, transaction
from kit.errors import Conflict, NotFound, Unprocessable
from venues.register import note

AHEAD = timedelta(days=30)  # a decision names a day soon to come, hardly one of next year
BEHIND = timedelta(days=3 * 366)  # whoever was there declares it now; before it is a typing error
YEAR = timedelta(days=366)  # a day beyond it is one, too


class EpidemicAreaUnknown(Unprocessable):
    """There is no such area, or it is not yours to list."""


class EpidemicDaysWrong(Unprocessable):
    """The first day of an epidemic area is in the last three years or the next 30 days; its last is
    not before that and within a year."""


class EpidemicAreaListed(Conflict):
    """This area is listed from that day already; change that entry instead."""


class EpidemicAreaChanged(Conflict):
    """Somebody changed this entry meanwhile; look at its newest version."""


class PolicyDayWrong(Unprocessable):
    """A policy begins today or within a year: what people were told before stays as it was."""


class PolicyMade(Conflict):
    """There is that version of the policy already; a change is a new version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a declaration of today is judged by: the areas of the policy's last days."""

    policy: DeclarationPolicy
    areas: Sequence[ListedArea]

    def listed(self, edition: int | None) -> ListedArea | None:
        return next((one for one in self.areas if one.edition == edition), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a new edition says; the area and its first day are those of the entry."""

    until: date | None
    verdict: Colour
    source: str
    withdrawn: bool


async def rules_on(db: Connection, day: date) -> Rules:
    policy = await queries.policy_on(db, day)
    since = day - timedelta(days=policy.area_days)
    return Rules(policy=policy, areas=await queries.areas_in_force(db, since, day))


async def rules_of_today(state: State) -> Rules:
    async with connection(state["db"]) as db:
        return await rules_on(db, state["days"].day(state["clock"]()))


async def begin(state: State, staff: Staff, new: NewEdition) -> Edition:
    """A new entry of the list."""
    areas = keepers_areas(staff)
    try:
        area(new.area)
    except UnknownArea:
        raise EpidemicAreaUnknown from None
    if not new.area.startswith(tuple(areas)):
        raise EpidemicAreaUnknown
    return await _store(state, staff, new, EpidemicAreaListed())


async def entry(state: State, staff: Staff, number: int) -> Edition:
    """NotFound where it is not there or not in one's areas."""
    async with connection(state["db"]) as db:
        found = await queries.edition(db, number, keepers_areas(staff))
    if found is None:
        raise NotFound
    return found


async def change(state: State, staff: Staff, number: int, asked: Change) -> Edition:
    """The next edition of an entry: ended, corrected or withdrawn."""
    found = await entry(state, staff, number)
    new = NewEdition(
        area=found.area.area,
        since=found.area.since,
        until=asked.until,
        verdict=asked.verdict,
        source=asked.source,
        withdrawn=asked.withdrawn,
        replaces=number,
    )
    return await _store(state, staff, new, EpidemicAreaChanged())


async def _store(state: State, staff: Staff, new: NewEdition, taken: Conflict) -> Edition:
    now, areas = state["clock"](), keepers_areas(staff)
    if not _plausible(new, state["days"].day(now)):
        raise EpidemicDaysWrong
    async with transaction(state["db"]) as db:
        number = await queries.list_area(db, new, staff.id, areas, now)
        if number is None:
            raise taken
        facts = {"edition": number, "replaces": new.replaces, "area": new.area}
        await note(db, state, staff, "list-epidemic-area", now, **facts)
        made = await queries.edition(db, number, areas)
    assert made is not None  # noqa: S101  just listed
    return made


def _plausible(new: NewEdition, today: date) -> bool:
    """An entry that was listed long ago can still be ended."""
    if new.until is not None and not new.since <= new.until <= today + YEAR:
        return False
    return new.replaces is not None or today - BEHIND <= new.since <= today + AHEAD


async def log(state: State, staff: Staff, before: int | None, limit: int) -> list[Edition]:
    """Every edition of one's areas, newest first."""
    async with connection(state["db"]) as db:
        return await queries.editions(db, keepers_areas(staff), before, limit)


def keepers_areas(staff: Staff) -> list[str]:
    return scope(staff, AREA_KEEPER.roles).areas


async def make_policy(state: State, staff: Staff, new: DeclarationPolicy) -> None:
    """The next version of a policy, for everybody: only an admin of the whole installation."""
    now = state["clock"]()
    if "" not in scope(staff, ADMIN.roles).areas:
        raise NotFound
    today = state["days"].day(now)
    if not today <= new.in_force_from <= today + YEAR:
        raise PolicyDayWrong
    async with transaction(state["db"]) as db:
        if not await queries.keep_policy(db, new, staff.id, now):
            raise PolicyMade
        await note(db, state, staff, "declaration-policy", now, policy=new.edition)
