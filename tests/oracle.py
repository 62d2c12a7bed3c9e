"""The semantics of tracing by brute force, minute by minute, over all tiers.

Written from the lines of the specification, not from the engine: presence is a set of minutes, and
everything is found by looking at every pair. Shares nothing with the engine but its model. Every
time must be a whole minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone

from checkin.model import Source, Way
from tracing.model import (
    Ended,
    IndexCase,
    Interval,
    Policy,
    Scan,
    World,
)

A_DAY = 24 * 60
HALF_A_DAY = 12 * 60
SEEN = (Source.EXIT, Source.POSTER, Source.GATE, Source.STAFF, Source.IMPORT)
SAID = (Source.BUTTON, Source.UPLOAD)
UNSEEN = (Source.CLOSING, Source.TIMER)
Minutes = list[int]


@dataclass
class Presence:
    person: int
    venue: int
    zone: int | None
    start: int
    end: int
    upper: int
    ended: Ended


@dataclass(frozen=True)
class Told:
    """One trace to answer; `isolations` by human being."""

    case: IndexCase
    world: World
    policy: Policy
    moment: int
    isolations: Mapping[int, Sequence[Interval]] = field(default_factory=dict)


@dataclass(frozen=True)
class Piece:
    """Minutes without a gap that two people shared in one pair of stays."""

    minutes: Minutes
    minimum: int


@dataclass(frozen=True)
class Answer:
    """`contacts`: tier 1, person to (t1 in milliseconds, minutes); `tiers`: the smallest n."""

    contacts: dict[int, tuple[int, int]]
    brief: dict[int, int]
    tiers: dict[int, int]
    upper_bound_adds: int


def answer(told: Told) -> Answer:
    presences = stays(told.world, told.moment)
    contacts, brief = first_tier(told, presences)
    longest = [Presence(**{**vars(one), "end": one.upper}) for one in presences]
    possible, _ = first_tier(told, merged(longest))
    return Answer(
        contacts={person: (t * 60_000, minutes) for person, (t, minutes) in contacts.items()},
        brief=brief,
        tiers=tiers(told, presences, {person: t for person, (t, _) in contacts.items()}),
        upper_bound_adds=len(possible.keys() - contacts.keys()),
    )


# Stays


def minute(milliseconds: int) -> int:
    assert milliseconds % 60_000 == 0, "the oracle knows whole minutes only"
    return milliseconds // 60_000


def stays(world: World, moment: int) -> list[Presence]:
    facts = [
        scan
        for scan in world.scans
        if scan.at <= moment
        and scan.way != Way.REFUSED
        and not (scan.key in world.amendments and world.amendments[scan.key].void)
    ]
    found: list[Presence] = []
    for human in sorted({world.human(scan.person) for scan in facts}):
        own = sorted((s for s in facts if world.human(s.person) == human), key=lambda s: s.at)
        found += stays_of(human, own, world)
    for one in found:
        one.end = min(one.end, minute(moment))
        one.upper = min(one.upper, minute(moment))
    return merged(found)


def stays_of(human: int, own: list[Scan], world: World) -> list[Presence]:
    found: list[Presence] = []
    used: set[tuple[int, int, int]] = set()
    arrivals = [scan for scan in own if scan.way == Way.IN]
    for arrival in arrivals:
        a = minute(arrival.at)
        later = [minute(other.at) for other in arrivals if other.at > arrival.at]
        following = min(later, default=10**12)
        outs = [
            out
            for out in own
            if out.way == Way.OUT and out.venue == arrival.venue and a < minute(out.at) <= following
        ]
        known = [
            out
            for out in outs
            if out.source in SEEN or (out.source in SAID and minute(out.at) - a <= HALF_A_DAY)
        ]
        if known:
            used.add(known[0].key)
        same_place = [p for p in found if (p.venue, p.zone) == (arrival.venue, arrival.zone)]
        continued = [p for p in merged(same_place) if p.start <= a <= p.end]
        guess = a + world.venues[arrival.venue].typical_stay
        shift = world.shifts.get((human, arrival.venue))
        if shift:
            until = (continued[0].start if continued else a) + shift
            guess = until if until > a else guess
        end, ended = guess, Ended.ESTIMATED
        if following <= guess:
            end, ended = following, Ended.NEXT_SCAN
        caps = [following, a + HALF_A_DAY, *closing_hours(arrival, world)]
        caps += [minute(out.at) for out in outs if out.source in UNSEEN]
        upper = max(end, min(caps))
        if known:
            end = upper = minute(known[0].at)
            ended = Ended.SCANNED
        amended = world.amendments.get(arrival.key)
        if amended and amended.left_at and amended.left_at > arrival.at:
            end = upper = minute(amended.left_at)
            ended = Ended.CORRECTED
        found.append(Presence(human, arrival.venue, arrival.zone, a, end, upper, ended))
    for out in own:
        lone = out.way == Way.OUT and out.key not in used
        if lone and out.source not in (*UNSEEN, Source.BUTTON):
            at = minute(out.at)
            leaving = Presence(human, out.venue, out.zone, at, at + 1, at + 1, Ended.SEEN_LEAVING)
            found.append(leaving)
    return found


def closing_hours(arrival: Scan, world: World) -> list[int]:
    closes = world.venues[arrival.venue].closes
    if closes is None:
        return []
    here = timezone(timedelta(milliseconds=world.offset))
    local = datetime.fromtimestamp(arrival.at / 1000, here)
    today = datetime.combine(local.date(), time(closes // 60, closes % 60), here)
    closing = today if today > local else today + timedelta(days=1)
    return [int(closing.timestamp()) // 60]


def merged(presences: Sequence[Presence]) -> list[Presence]:
    rest = [Presence(**vars(one)) for one in presences]
    again = True
    while again:
        again = False
        for one in rest:
            for other in rest:
                same = (one.person, one.venue, one.zone) == (other.person, other.venue, other.zone)
                if one is not other and same and one.start <= other.start <= one.end:
                    one.end = max(one.end, other.end)
                    one.upper = max(one.upper, other.upper)
                    rest.remove(other)
                    again = True
                    break
            if again:
                break
    return rest


# Exposures


def infectious(told: Told) -> Callable[[int], bool]:
    here = timezone(timedelta(milliseconds=told.world.offset))
    policy, case = told.policy, told.case
    anchor = case.onset or case.sampled
    assert anchor
    days = policy.days_before_symptomatic if case.onset else policy.days_before_asymptomatic
    first = datetime.combine(anchor - timedelta(days=days), time(), here)
    last = datetime.max.replace(tzinfo=UTC)
    if policy.days_after is not None:
        last = datetime.combine(anchor + timedelta(days=policy.days_after + 1), time(), here)
    begins, ends = int(first.timestamp()) // 60, int(last.timestamp()) // 60
    return lambda t: begins <= t < ends and (case.isolated is None or t < minute(case.isolated))


def pieces(
    p: int, q: int, told: Told, presences: Sequence[Presence], allowed: Callable[[int], bool]
) -> list[Piece]:
    found = []
    for one in presences:
        for other in presences:
            if one.person == p and other.person == q and one.venue == other.venue:
                until = one.end + told.policy.tail
                shared = [
                    t for t in range(other.start, other.end) if one.start <= t < until if allowed(t)
                ]
                minimum = least(q, other.venue, told)
                found += [Piece(run, minimum) for run in without_gaps(shared)]
    return found


def without_gaps(shared: Minutes) -> list[Minutes]:
    runs: list[Minutes] = []
    for t in shared:
        if runs and runs[-1][-1] == t - 1:
            runs[-1].append(t)
        else:
            runs.append([t])
    return runs


def least(q: int, venue: int, told: Told) -> int:
    interview = told.world.interviews.get(q)
    masks_off = told.world.venues[venue].masks_off
    if interview and interview.physical:
        return 0
    if interview and interview.masked is not None:
        masks_off = not interview.masked
    return told.policy.min_minutes_unmasked if masks_off else told.policy.min_minutes_masked


def qualifying(found: Sequence[Piece], policy: Policy) -> list[Piece]:
    """Those that reach their minimum by themselves, or together within some 24 hours."""
    if not policy.cumulative:
        return [piece for piece in found if len(piece.minutes) >= piece.minimum]
    reached = []
    for piece in found:
        for minimum in {other.minimum for other in found}:
            counted = {t for o in found if o.minimum <= minimum for t in o.minutes}
            if piece.minimum <= minimum and any(
                inside(counted, s) >= minimum and any(s <= t < s + A_DAY for t in piece.minutes)
                for s in counted
            ):
                reached.append(piece)
                break
    return reached


def inside(counted: set[int], s: int) -> int:
    return sum(s <= t < s + A_DAY for t in counted)


def together(counted: Sequence[Piece], policy: Policy) -> int:
    if not policy.cumulative:
        return max(len(piece.minutes) for piece in counted)
    union = {t for piece in counted for t in piece.minutes}
    return max(inside(union, s) for s in union)


# Tiers


def first_tier(
    told: Told, presences: Sequence[Presence]
) -> tuple[dict[int, tuple[int, int]], dict[int, int]]:
    case = told.world.human(told.case.person)
    contacts, brief = {}, {}
    for q in {one.person for one in presences} - {case}:
        found = pieces(case, q, told, presences, infectious(told))
        enough = qualifying(found, told.policy)
        if enough:
            t1 = min(piece.minutes[0] for piece in enough)
            contacts[q] = (t1, together(enough, told.policy))
        elif found:
            brief[q] = together(found, told.policy)
    return contacts, brief


def tiers(told: Told, presences: Sequence[Presence], t1: dict[int, int]) -> dict[int, int]:
    """Lines 6 and 7: the earliest time per person and per hop count."""
    case = told.world.human(told.case.person)
    reached = {1: t1}
    for n in range(1, told.policy.max_tier):
        reached[n + 1] = {}
        for p, since in reached[n].items():
            free = free_from(p, since + told.policy.latency * 60, told)
            for q in {one.person for one in presences} - {case, p}:
                enough = qualifying(pieces(p, q, told, presences, free), told.policy)
                t = min((piece.minutes[0] for piece in enough), default=None)
                if t is None or any(
                    q in reached[m] and reached[m][q] <= t for m in range(1, n + 1)
                ):
                    continue
                reached[n + 1][q] = min(t, reached[n + 1].get(q, t))
    return {q: n for n in sorted(reached, reverse=True) for q in reached[n]}


def free_from(p: int, since: int, told: Told) -> Callable[[int], bool]:
    isolated = told.isolations.get(p, ())
    return lambda t: (
        t >= since and not any(minute(one.start) <= t < minute(one.end) for one in isolated)
    )
