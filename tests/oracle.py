"""The semantics of tracing by brute force, minute by minute, over all tiers.

Written from the lines of the specification, not from the engine: presence is a set of minutes, and
everything is found by looking at every pair. Shares nothing with the engine but its model. Every
time must be a whole minute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta, timezone

from tests.oracle_model import (
    A_DAY,
    SPECIFIED,
    Answer,
    Minutes,
    Piece,
    Presence,
    Row,
    Rules,
    Told,
    minute,
)
from tests.oracle_stays import merged, stays
from tracing.engine.model import Ended, Policy


def answer(told: Told, max_tier: int | None = None, rules: Rules = SPECIFIED) -> Answer:
    presences = stays(told.world, told.moment)
    longest = merged(
        [Presence(**{**vars(one), "end": one.upper, "parts": []}) for one in presences]
    )
    contacts: dict[int, Row] = {}
    brief: dict[int, Row] = {}
    since: dict[int, dict[int, int]] = {}
    wider: dict[int, set[int]] = {}
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
        longer = spread(told, longest, allowed, rules)
        wider[tier] = {q for q, pieces in longer.items() if qualifying(pieces, told.policy)}
    return Answer(
        contacts=contacts,
        brief={q: one for q, one in brief.items() if q not in contacts},
        since={tier: {q: t * 60_000 for q, t in people.items()} for tier, people in since.items()},
        upper_bound_adds={
            tier: sum(
                q not in contacts
                and not reached(q, since)
                and not any(q in wider[before] for before in range(1, tier))
                for q in people
            )
            for tier, people in wider.items()
        },
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


def said_of(q: int, venue: int, told: Told) -> tuple[bool, bool]:
    """Whether masks were off and there was physical contact: by the kind of place, the interview,
    and what was told of that place."""
    world = told.world
    masks_off, physical = world.venues[venue].masks_off, False
    for said in (world.interviews.get(q), world.told_of.get((q, venue))):
        if said:
            physical = physical or said.physical
            masks_off = masks_off if said.masked is None else not said.masked
    return masks_off, physical


def place(one: Presence, other: Presence, run: Minutes, minimum: int, told: Told) -> int:
    venue = told.world.venues[other.venue]
    masks_off, physical = said_of(other.person, other.venue, told)
    if one.implausible or other.implausible:
        return 3
    if len(run) < minimum and not told.policy.cumulative:
        return 2
    if run[0] >= one.end or {one.how(), other.how()} == {Ended.ESTIMATED}:
        return 2
    same_zone = one.zone is not None and one.zone == other.zone
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
    masks_off, physical = said_of(q, venue, told)
    if physical:
        return 0
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
