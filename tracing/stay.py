"""From scans to stays: when somebody was where, and how the end is known.

A scan is never changed by what comes later, so the same facts in any order give the same stays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from checkin.model import Source, Way
from tracing.model import DAY, HOUR, MINUTE, NO_DOUBT, Doubt, Ended, Scan, Stay, World

LONGEST = 12 * HOUR  # nobody is taken to have stayed longer where no out was seen
NEVER = 1 << 62

SEEN = {
    Source.EXIT: Ended.SCANNED,
    Source.POSTER: Ended.SCANNED,
    Source.GATE: Ended.STAFF,
    Source.STAFF: Ended.STAFF,
    Source.IMPORT: Ended.STAFF,
}
UNSEEN = frozenset({Source.CLOSING, Source.TIMER})
# A button can be pressed anywhere; so can what was uploaded late.
SAID = frozenset({Source.BUTTON, Source.UPLOAD})


def stays(world: World, moment: int) -> list[Stay]:
    """Every stay begun by `moment`, by human being; none ends after it."""
    found: list[Stay] = []
    for human, own in _scans_by_human(world, moment).items():
        own.sort(key=attrgetter("at", "venue", "person"))
        found += _two_venues_flagged(joined(_judged(human, own, world, moment)))
    return found


def at_most(judged: Iterable[Stay]) -> list[Stay]:
    """The same stays, each as long as the facts allow."""
    return joined(
        replace(stay, end=stay.upper) if stay.end < stay.upper else stay for stay in judged
    )


def joined(judged: Iterable[Stay]) -> list[Stay]:
    """Stays of one person at one venue and zone that touch or overlap, as one; sorted by place."""
    whole: list[Stay] = []
    for stay in sorted(judged, key=_by_place):
        last = whole[-1] if whole else None
        if last and stay.start <= last.end and _by_place(last)[:-1] == _by_place(stay)[:-1]:
            ends = stay if stay.end >= last.end else last
            whole[-1] = replace(
                ends,
                start=last.start,
                upper=max(last.upper, stay.upper),
                doubts=last.doubts | stay.doubts,
            )
        else:
            whole.append(stay)
    return whole


def _by_place(stay: Stay) -> tuple[int, int, int, int]:
    return (stay.person, stay.venue, -1 if stay.zone is None else stay.zone, stay.start)


def _scans_by_human(world: World, moment: int) -> dict[int, list[Scan]]:
    own: dict[int, list[Scan]] = defaultdict(list)
    for scan in world.scans:
        if scan.way == Way.REFUSED or scan.at > moment:
            continue
        amended = world.amendments.get(scan.key) if world.amendments else None
        if amended is None or not amended.void:
            own[world.human(scan.person)].append(scan)
    return own


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """An arrival in its surroundings: what the end of its stay is judged by.

    `following`: the next arrival anywhere. `outs`: those at the venue until then, in order;
    `out`: the first of them that tells the end.
    `began`: the first scan of the unbroken stay this one continues, else its own time.
    """

    human: int
    arrival: Scan
    following: int
    outs: Sequence[Scan]
    out: Scan | None
    began: int


def _judged(human: int, own: Sequence[Scan], world: World, moment: int) -> list[Stay]:
    """`own`: all scans of one human being in order of time."""
    arrivals = [scan for scan in own if scan.way == Way.IN]
    outs = [scan for scan in own if scan.way == Way.OUT]
    times = [scan.at for scan in arrivals]
    lone = {scan.key: scan for scan in outs if scan.source not in UNSEEN}
    unbroken: dict[tuple[int, int | None], tuple[int, int]] = {}
    found: list[Stay] = []
    for arrival in arrivals:
        at, venue, place = arrival.at, arrival.venue, (arrival.venue, arrival.zone)
        later = bisect_right(times, at)
        following = times[later] if later < len(times) else NEVER
        began, until = unbroken.get(place, (at, at))
        here = [out for out in outs if out.venue == venue and at < out.at <= following]
        visit = _Visit(
            human=human,
            arrival=arrival,
            following=following,
            outs=here,
            out=next((out for out in here if _ends(out, arrival)), None),
            began=began if at <= until else at,
        )
        if visit.out:
            lone.pop(visit.out.key, None)
        stay = _stay(visit, world, moment)
        unbroken[place] = (visit.began, max(stay.end, until if at <= until else at))
        found.append(stay)
    return _doubted(found, lone.values()) + _seen_leaving(human, lone.values(), moment)


def _stay(visit: _Visit, world: World, moment: int) -> Stay:
    arrival = visit.arrival
    end, ended = _best_end(visit, world)
    doubts = NO_DOUBT
    amended = world.amendments.get(arrival.key) if world.amendments else None
    if amended and amended.left_at is not None:
        if amended.left_at > arrival.at:
            end, ended = amended.left_at, Ended.CORRECTED
        else:
            doubts = frozenset({Doubt.OUT_BEFORE_IN})
    upper = end
    if ended in (Ended.NEXT_SCAN, Ended.ESTIMATED):
        upper = max(end, _cap(visit, world))
    return Stay(
        person=visit.human,
        venue=arrival.venue,
        zone=arrival.zone,
        start=arrival.at,
        end=min(end, moment),
        upper=min(upper, moment),
        ended=ended,
        doubts=doubts,
    )


def _best_end(visit: _Visit, world: World) -> tuple[int, Ended]:
    """An out seen, or said in time; else the earlier of the next arrival and the estimate."""
    if visit.out:
        return visit.out.at, SEEN.get(visit.out.source, Ended.BUTTON)
    estimate = _estimate(visit, world)
    if visit.following <= estimate:
        return visit.following, Ended.NEXT_SCAN
    return estimate, Ended.ESTIMATED


def _ends(out: Scan, arrival: Scan) -> bool:
    return out.source in SEEN or (out.source in SAID and out.at - arrival.at <= LONGEST)


def _estimate(visit: _Visit, world: World) -> int:
    """A shift counts from the first scan of an unbroken stay: staff may scan all day long."""
    arrival = visit.arrival
    shift = world.shifts.get((visit.human, arrival.venue)) if world.shifts else None
    if shift and visit.began + shift * MINUTE > arrival.at:
        return visit.began + shift * MINUTE
    return arrival.at + world.venues[arrival.venue].typical_stay * MINUTE


def _cap(visit: _Visit, world: World) -> int:
    """The latest end: what closed the stay without seeing anyone is good for this alone.

    A late button is later than the next arrival or than 12 h, so it never decides.
    """
    arrival = visit.arrival
    cap = min(visit.following, arrival.at + LONGEST)
    closes = world.venues[arrival.venue].closes
    if closes is not None:
        local = arrival.at + world.offset
        closing = local - local % DAY + closes * MINUTE
        cap = min(cap, (closing if closing > local else closing + DAY) - world.offset)
    return min([cap, *(out.at for out in visit.outs if out.source in UNSEEN)])


def _doubted(found: list[Stay], lone: Collection[Scan]) -> list[Stay]:
    """Flags an arrival that follows an out at its venue which no arrival claims: a wrong clock?"""
    if not lone:
        return found
    starts = [stay.start for stay in found]
    for index, stay in enumerate(found):
        earlier = bisect_left(starts, stay.start)
        after = starts[earlier - 1] if earlier else -NEVER
        if any(
            out.venue == stay.venue and max(after, stay.start - LONGEST - 1) < out.at <= stay.start
            for out in lone
        ):
            found[index] = replace(stay, doubts=stay.doubts | {Doubt.OUT_BEFORE_IN})
    return found


def _seen_leaving(human: int, lone: Iterable[Scan], moment: int) -> list[Stay]:
    """Presence in the minute of an out without an in, unless it was a button pressed anywhere."""
    found = []
    for out in lone:
        if out.source != Source.BUTTON:
            start = out.at - out.at % MINUTE
            end = min(start + MINUTE, moment)
            stay = Stay(
                person=human,
                venue=out.venue,
                zone=out.zone,
                start=start,
                end=end,
                upper=end,
                ended=Ended.SEEN_LEAVING,
            )
            found.append(stay)
    return found


def _two_venues_flagged(own: list[Stay]) -> list[Stay]:
    """Nobody is at two venues at once, and nothing here says which of the two is wrong."""
    if len(own) < 2:
        return own
    ordered = sorted(own, key=attrgetter("start"))
    doubted: set[int] = set()
    for index, stay in enumerate(ordered):
        for other in range(index + 1, len(ordered)):
            if ordered[other].start >= stay.end:
                break
            if ordered[other].venue != stay.venue:
                doubted |= {index, other}
    for index in doubted:
        doubts = ordered[index].doubts | {Doubt.TWO_VENUES}
        ordered[index] = replace(ordered[index], doubts=doubts)
    return ordered
