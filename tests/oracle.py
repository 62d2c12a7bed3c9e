"""The semantics of tracing by brute force, minute by minute, over all tiers.

Written from the lines of the specification, not from the engine: presence is a set of minutes, and
everything is found by looking at every pair. Shares nothing with the engine but its model. Every
time must be a whole minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone

from checkin.model import Flag, Source, Way
from tracing.model import (
    Ended,
    IndexCase,
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
    """`parts`: (end, start, how it ended) of what was joined to it; `rank_last`: hard to
    believe."""

    person: int
    venue: int
    zone: int | None
    start: int
    end: int
    upper: int
    ended: Ended
    implausible: bool = False
    parts: list[tuple[int, int, Ended]] = field(default_factory=list)

    def how(self) -> Ended:
        return max(self.parts, key=lambda part: part[:2])[2] if self.parts else self.ended


@dataclass(frozen=True)
class Told:
    """One trace to answer."""

    case: IndexCase
    world: World
    policy: Policy
    moment: int


@dataclass(frozen=True)
class Rules:
    """The lines of the specification that can be left out, to see whom they decide about."""

    clipped: bool = True
    isolated: bool = True
    half_open: bool = True
    every_hop: bool = True


SPECIFIED = Rules()


@dataclass(frozen=True)
class Piece:
    """Minutes without a gap that two people shared in one pair of stays."""

    source: int
    minutes: Minutes
    minimum: int
    place: int  # of its rank, 3 for what is hard to believe


@dataclass(frozen=True)
class Row:
    """What a list says of somebody: times in milliseconds, lengths in minutes."""

    tier: int
    first: int
    last: int
    minutes: int
    count: int
    place: int


@dataclass(frozen=True)
class Answer:
    """`since`: by hop and person, when they were first reached by so many hops. `pieces`: by hop
    and person, everything shared with those who carried it."""

    contacts: dict[int, Row]
    brief: dict[int, Row]
    since: dict[int, dict[int, int]]
    upper_bound_adds: dict[int, int]
    pieces: dict[int, dict[int, list[Piece]]]

    @property
    def tiers(self) -> dict[int, int]:
        return {person: row.tier for person, row in self.contacts.items()}


def answer(told: Told, max_tier: int | None = None, rules: Rules = SPECIFIED) -> Answer:
    presences = stays(told.world, told.moment)
    longest = merged(
        [Presence(**{**vars(one), "end": one.upper, "parts": []}) for one in presences]
    )
    contacts: dict[int, Row] = {}
    brief: dict[int, Row] = {}
    since: dict[int, dict[int, int]] = {}
    adds: dict[int, int] = {}
    shared: dict[int, dict[int, list[Piece]]] = {}
    for tier in range(1, (max_tier or told.policy.max_tier) + 1):
        allowed = carriers(told, since, tier, rules)
        found = shared[tier] = spread(told, presences, allowed, rules)
        enough = {q: qualifying(pieces, told.policy) for q, pieces in found.items()}
        for q, counted in enough.items():
            if counted and not reached(q, since):
                contacts[q] = row(tier, counted, told.policy)
        for q, pieces in found.items():
            if pieces and not enough[q] and not reached(q, since):
                brief.setdefault(q, row(tier, pieces, told.policy, brief=True))
        times = {q: min(p.minutes[0] for p in counted) for q, counted in enough.items() if counted}
        since[tier] = news(told, since, tier, times, rules)
        wider = spread(told, longest, allowed, rules)
        adds[tier] = sum(
            q not in contacts and not reached(q, since) and bool(qualifying(pieces, told.policy))
            for q, pieces in wider.items()
        )
    return Answer(
        contacts=contacts,
        brief={q: one for q, one in brief.items() if q not in contacts},
        since={tier: {q: t * 60_000 for q, t in people.items()} for tier, people in since.items()},
        upper_bound_adds=adds,
        pieces=shared,
    )


def reached(q: int, since: Mapping[int, Mapping[int, int]]) -> bool:
    return any(q in people for people in since.values())


def row(tier: int, counted: Sequence[Piece], policy: Policy, *, brief: bool = False) -> Row:
    return Row(
        tier=tier,
        first=min(piece.minutes[0] for piece in counted) * 60_000,
        last=max(piece.minutes[-1] + 1 for piece in counted) * 60_000,
        minutes=together(counted, policy),
        count=len(counted),
        place=max(2 if brief else 0, min(piece.place for piece in counted)),
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
        doubtful = bool(arrival.flags & Flag.IMPLAUSIBLE)
        found.append(Presence(human, arrival.venue, arrival.zone, a, end, upper, ended, doubtful))
    for out in own:
        lone = out.way == Way.OUT and out.key not in used
        if lone and out.source not in (*UNSEEN, Source.BUTTON):
            at = minute(out.at)
            doubtful = bool(out.flags & Flag.IMPLAUSIBLE)
            how = Ended.SEEN_LEAVING
            leaving = Presence(human, out.venue, out.zone, at, at + 1, at + 1, how, doubtful)
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
                    mine = one.parts or [(one.end, one.start, one.ended)]
                    one.parts = mine + (other.parts or [(other.end, other.start, other.ended)])
                    one.implausible |= other.implausible
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


def carriers(
    told: Told, since: Mapping[int, Mapping[int, int]], tier: int, rules: Rules
) -> dict[int, Callable[[int], bool]]:
    """Who carries this hop, and in which minutes."""
    if tier == 1:
        return {told.world.human(told.case.person): infectious(told)}
    return {
        p: free_from(p, t + told.policy.latency * 60, told, rules)
        for p, t in since[tier - 1].items()
        if p not in told.world.rejected
    }


def spread(
    told: Told,
    presences: Sequence[Presence],
    allowed: Mapping[int, Callable[[int], bool]],
    rules: Rules,
) -> dict[int, list[Piece]]:
    """Of everybody but the case the pieces shared with others who carry."""
    found: dict[int, list[Piece]] = {one.person: [] for one in presences}
    found.pop(told.world.human(told.case.person), None)
    later = 0 if rules.half_open else 1
    for one in presences:
        for other in presences:
            if one.person == other.person or one.venue != other.venue:
                continue
            if one.person not in allowed or other.person not in found:
                continue
            until = one.end + told.policy.tail + later
            shared = [
                t
                for t in range(max(one.start, other.start), min(until, other.end + later))
                if allowed[one.person](t)
            ]
            minimum = least(other.person, other.venue, told)
            found[other.person] += [
                Piece(one.person, run, minimum, place(one, other, run, minimum, told))
                for run in without_gaps(shared)
            ]
    return found


def place(one: Presence, other: Presence, run: Minutes, minimum: int, told: Told) -> int:
    venue = told.world.venues[other.venue]
    interview = told.world.interviews.get(other.person)
    masks_off = venue.masks_off
    if interview and interview.masked is not None:
        masks_off = not interview.masked
    if one.implausible or other.implausible:
        return 3
    if len(run) < minimum and not told.policy.cumulative:
        return 2
    if run[0] >= one.end or {one.how(), other.how()} == {Ended.ESTIMATED}:
        return 2
    same_zone = one.zone is not None and one.zone == other.zone
    physical = interview is not None and interview.physical
    close = same_zone or (venue.small and venue.indoor) or masks_off or physical
    return 0 if close else 1


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
    """Those that reach their minimum by themselves, or with others of the same source within 24
    hours that begin with one of them."""
    if not policy.cumulative:
        return [piece for piece in found if len(piece.minutes) >= piece.minimum]
    reached = []
    for piece in found:
        of_one = [other for other in found if other.source == piece.source]
        for minimum in {other.minimum for other in of_one}:
            counted = {t for o in of_one if o.minimum <= minimum for t in o.minutes}
            if piece.minimum <= minimum and any(
                inside(counted, s) >= minimum and any(s <= t < s + A_DAY for t in piece.minutes)
                for s in counted
                if s - 1 not in counted
            ):
                reached.append(piece)
                break
    return reached


def inside(counted: set[int], s: int) -> int:
    return sum(s <= t < s + A_DAY for t in counted)


def together(counted: Sequence[Piece], policy: Policy) -> int:
    if not policy.cumulative:
        return max(len(piece.minutes) for piece in counted)
    most = 0
    for source in {piece.source for piece in counted}:
        union = {t for piece in counted if piece.source == source for t in piece.minutes}
        most = max(most, *(inside(union, s) for s in union))
    return most


# Tiers


def news(
    told: Told,
    since: Mapping[int, Mapping[int, int]],
    tier: int,
    times: Mapping[int, int],
    rules: Rules,
) -> dict[int, int]:
    """Line 7: the earliest time per person and per hop count, where fewer hops were not as soon."""
    found = dict(times)
    for person, said in told.world.confirmed.items():
        by_hand = said.tier == tier and person not in told.world.rejected
        if by_hand and person != told.world.human(told.case.person):
            found[person] = min(minute(said.since), found.get(person, 10**12))
    return {
        q: t
        for q, t in found.items()
        if not any(
            q in since[m] and (since[m][q] <= t or not rules.every_hop) for m in range(1, tier)
        )
    }


def free_from(p: int, since: int, told: Told, rules: Rules) -> Callable[[int], bool]:
    isolated = told.world.isolations.get(p, ()) if rules.isolated else ()
    return lambda t: (
        (t >= since or not rules.clipped)
        and not any(minute(one.start) <= t < minute(one.end) for one in isolated)
    )
