"""Who spent time with a case while it was infectious: exposures, minima, the first tier.

What each line decides, and where the law leaves it open, stands in `docs/tracing.md`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from operator import attrgetter

from tracing.model import (
    DAY,
    MINUTE,
    Contact,
    Coverage,
    Exposure,
    IndexCase,
    Interval,
    Interview,
    Policy,
    Stay,
    TierOne,
    World,
)
from tracing.ranking import in_order, ranked
from tracing.stay import at_most, stays

EPOCH = date(1970, 1, 1)
AS_THE_VENUE = Interview()


def first_tier(case: IndexCase, world: World, policy: Policy, moment: int) -> TierOne:
    """The contacts of `case` by what is known at `moment`.

    ValueError for a case with neither onset nor sample, KeyError for a scan at an unknown venue.
    """
    period = infectious_period(case, world, policy, moment)
    human = world.human(case.person)
    judged = stays(world, moment)
    met = exposures(human, judged, period, world, policy)
    listed = {person for person, found in met.items() if any(one.reached for one in found)}
    others = [stay for stay in judged if stay.person not in listed]
    wider = exposures(human, at_most(others), period, world, policy)
    return TierOne(
        period=period,
        contacts=in_order(_contact(met[person], policy) for person in listed),
        brief=in_order(_contact(met[person], policy) for person in met.keys() - listed),
        coverage=coverage(period, world),
        upper_bound_adds=sum(any(one.reached for one in found) for found in wider.values()),
    )


def infectious_period(case: IndexCase, world: World, policy: Policy, moment: int) -> Interval:
    """From 00:00 local of the policy's first day until isolation, its last day, or now.

    Empty (start = end) for a case isolated before it was infectious.
    """
    anchor = case.onset or case.sampled
    if anchor is None:
        raise ValueError("a case needs the day of its onset or of its sample")
    before = policy.days_before_symptomatic if case.onset else policy.days_before_asymptomatic
    first = anchor - timedelta(days=before)
    if policy.asymptomatic_from_source and not case.onset and case.met_source:
        first = case.met_source
    ends = [moment]
    if case.isolated is not None:
        ends.append(case.isolated)
    if policy.days_after is not None:
        ends.append(_midnight(anchor + timedelta(days=policy.days_after + 1), world.offset))
    start = _midnight(first, world.offset)
    return Interval(start=start, end=max(start, min(ends)))


def coverage(period: Interval, world: World) -> Coverage:
    begins = _local_day(period.start, world.offset)
    days = 0
    if period.start < period.end:
        days = (_local_day(period.end - 1, world.offset) - begins).days + 1
    wanted = [begins + timedelta(days=index) for index in range(days)]
    return Coverage(
        begins=begins,
        kept_from=min(world.kept_days, default=None),
        missing=tuple(day for day in wanted if day not in world.kept_days),
    )


def exposures(
    source: int, judged: Iterable[Stay], period: Interval, world: World, policy: Policy
) -> dict[int, list[Exposure]]:
    """What everybody else shared with `source` during `period`, by person, in order of time.

    Only the departure of `source` is prolonged by the tail.
    """
    present = _present(judged)
    tail = policy.tail * MINUTE
    met: dict[int, list[Exposure]] = defaultdict(list)
    for here in present.values():
        for stay in [stay for stay in here.stays if stay.person == source]:
            for other in here.around(stay.start, stay.end + tail):
                start = max(stay.start, other.start, period.start)
                end = min(stay.end + tail, other.end, period.end)
                if start < end and other.person != source:
                    shared = Interval(start=start, end=end)
                    met[other.person].append(_exposure(stay, other, shared, world, policy))
    for found in met.values():
        found.sort(key=attrgetter("start", "end", "venue"))
        if policy.cumulative and len(found) > 1:
            found[:] = _summed(found)
    return dict(met)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """The stays at one venue by their start, so that few are looked at for each of the case."""

    stays: Sequence[Stay]
    starts: Sequence[int]
    longest: int

    def around(self, start: int, end: int) -> Sequence[Stay]:
        first = bisect_left(self.starts, start - self.longest)
        return self.stays[first : bisect_left(self.starts, end)]


def _present(judged: Iterable[Stay]) -> Mapping[int, _Present]:
    by_venue: dict[int, list[Stay]] = defaultdict(list)
    for stay in judged:
        by_venue[stay.venue].append(stay)
    present = {}
    for venue, here in by_venue.items():
        here.sort(key=attrgetter("start", "person"))
        present[venue] = _Present(
            stays=here,
            starts=[stay.start for stay in here],
            longest=max(stay.end - stay.start for stay in here),
        )
    return present


def _exposure(stay: Stay, other: Stay, shared: Interval, world: World, policy: Policy) -> Exposure:
    venue = world.venues[stay.venue]
    interview = world.interviews.get(other.person, AS_THE_VENUE)
    masked = not venue.masks_off if interview.masked is None else interview.masked
    minimum = policy.min_minutes_masked if masked else policy.min_minutes_unmasked
    if interview.physical:
        minimum = 0
    return Exposure(
        source=stay.person,
        person=other.person,
        venue=venue.id,
        zone=other.zone,
        same_zone=stay.zone is not None and stay.zone == other.zone,
        start=shared.start,
        end=shared.end,
        ended=(stay.ended, other.ended),
        masked=masked,
        physical=interview.physical,
        small_indoor=venue.small and venue.indoor,
        tail_only=stay.end <= shared.start,
        minimum=minimum * MINUTE,
        reached=shared.end - shared.start >= minimum * MINUTE,
        doubts=stay.doubts | other.doubts,
    )


def _summed(found: Sequence[Exposure]) -> list[Exposure]:
    """A piece counts if it lies in 24 hours whose pieces sum to a minimum no piece is above.

    A minute spent in two of the pieces counts once.
    """
    reached: set[int] = set()
    for minimum in {piece.minimum for piece in found}:
        counted = [piece for piece in found if piece.minimum <= minimum]
        for day, together in _days(counted):
            if together >= minimum:
                reached.update(
                    index
                    for index, piece in enumerate(found)
                    if piece.minimum <= minimum and piece.start < day.end and day.start < piece.end
                )
    return [
        replace(piece, reached=True) if index in reached else piece
        for index, piece in enumerate(found)
    ]


def _days(found: Iterable[Exposure]) -> Iterator[tuple[Interval, int]]:
    """Every 24 hours that begin with a piece, and the time together in them.

    No other 24 hours hold more: a beginning moved into a piece loses what the end gains, or more.
    """
    spans: list[Interval] = []
    for piece in found:
        if spans and piece.start <= spans[-1].end:
            end = max(spans[-1].end, piece.end)
            spans[-1] = Interval(start=spans[-1].start, end=end)
        else:
            spans.append(Interval(start=piece.start, end=piece.end))
    for index, first in enumerate(spans):
        day = Interval(start=first.start, end=first.start + DAY)
        together = sum(max(0, min(span.end, day.end) - span.start) for span in spans[index:])
        yield day, together


def _contact(found: Sequence[Exposure], policy: Policy) -> Contact:
    counted = [one for one in found if one.reached] or found
    together = max(one.length for one in counted)
    if policy.cumulative:
        together = max(together for _, together in _days(counted))
    return ranked(found, counted, together)


def _midnight(day: date, offset: int) -> int:
    return (day - EPOCH).days * DAY - offset


def _local_day(at: int, offset: int) -> date:
    return EPOCH + timedelta(days=(at + offset) // DAY)
