"""The oracle's stays: when somebody is taken to have been in a place, read from their scans.
Like the oracle itself it shares nothing with the engine but the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone

from checkin.model import Flag, Source, Way
from tests.oracle_model import HALF_A_DAY, SAID, SEEN, UNSEEN, Presence, minute
from tracing.engine.model import Ended, Scan, World


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
    for told in world.told:
        if told.start < moment:
            at = (minute(told.start), minute(told.end), minute(told.end))
            human = world.human(told.person)
            found.append(Presence(human, told.venue, told.zone, *at, Ended.TOLD))
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
