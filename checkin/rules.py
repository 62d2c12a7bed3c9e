"""Decisions of check-in as pure functions: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from checkin.model import UNSEEN, Colour, Late, Reading, Standing, Visit, Way

OLDEST = timedelta(hours=72)  # what a phone without network may still bring
NEWEST = timedelta(minutes=2)  # clocks that run ahead

# An exit so soon after a scan at the same venue belongs to that stay: it was told already, or the
# person had checked in elsewhere meanwhile.
SAME_STAY = {Way.IN: timedelta(hours=12), Way.OUT: timedelta(hours=1)}
NEVER = datetime.min.replace(tzinfo=UTC)

LATE = (
    (timedelta(minutes=10), Late.MINUTES_10),
    (timedelta(hours=1), Late.HOUR),
    (timedelta(hours=6), Late.HOURS_6),
    (timedelta(hours=24), Late.HOURS_24),
)


def is_plausible_time(at: datetime, now: datetime) -> bool:
    """Within (−72 h, +2 min) of now."""
    return now - OLDEST < at < now + NEWEST


def lateness(at: datetime, now: datetime) -> Late:
    for bound, late in LATE:
        if now - at < bound:
            return late
    return Late.HOURS_72


def colour(standing: Standing, at: datetime) -> Colour:
    """The worse of what holds at `at`; green where nothing does."""
    worst = Colour.GREEN
    own, own_until, hold, hold_until = standing
    if own is not None and own_until is not None and at < own_until:
        worst = own
    if hold is not None and hold_until is not None and at < hold_until:
        worst = max(worst, hold)
    return worst


def has_valid_declaration(standing: Standing, at: datetime) -> bool:
    return standing.own is not None and standing.own_until is not None and at < standing.own_until


def way_at(direction: str, wanted: Way) -> Way | None:
    """The way a scan at a checkpoint of `direction` goes; None where it does not lead `wanted`."""
    return wanted if direction in ("both", wanted.name.lower()) else None


def visits(readings: Sequence[Reading]) -> list[Visit]:
    """A person's own stays, newest first: an `in` with the first `out` at that venue before the
    next `in` anywhere; an `out` that ends none of them is one without a beginning. What was not
    scanned is not guessed here."""
    found = []
    arrivals = [reading for reading in readings if reading.way is Way.IN]
    for n, arrival in enumerate(arrivals):
        following = arrivals[n + 1].at if n + 1 < len(arrivals) else None
        left = next(
            (
                reading.at
                for reading in readings
                if reading.way is Way.OUT
                and reading.venue_id == arrival.venue_id
                and reading.at > arrival.at
                and (following is None or reading.at <= following)
                and reading.source not in UNSEEN
            ),
            None,
        )
        found.append(
            Visit(
                venue=arrival.venue,
                zone=arrival.zone,
                arrived_at=arrival.at,
                left_at=left,
                party=arrival.party,
                code=arrival.code,
            )
        )
    ends = {visit.left_at for visit in found}
    found += [
        Visit(venue=end.venue, zone=end.zone, arrived_at=None, left_at=end.at, party=end.party)
        for n, end in enumerate(readings)
        if end.way is Way.OUT
        and end.source not in UNSEEN
        and end.at not in ends
        and not _follows_a_stay(end, readings[:n])
    ]
    return sorted(found, key=lambda visit: visit.arrived_at or visit.left_at or NEVER, reverse=True)


def _follows_a_stay(end: Reading, before: Sequence[Reading]) -> bool:
    here = [reading for reading in before if reading.venue_id == end.venue_id]
    return bool(here) and end.at - here[-1].at < SAME_STAY[here[-1].way]


def inside_since(readings: Sequence[Reading], venue_id: int) -> datetime | None:
    """When the person came in, where the last scan at this venue says that they are in it."""
    here = [reading for reading in readings if reading.venue_id == venue_id]
    return here[-1].at if here and here[-1].way is Way.IN else None


def up_to_hour(at: datetime) -> datetime:
    """The end of the hour `at` is in: the only clock that may stand beside a person."""
    at = at.astimezone(UTC)  # some zones count half hours
    whole = at.replace(minute=0, second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(hours=1)


def to_millisecond(at: datetime) -> datetime:
    """As PostgreSQL keeps it, so that a retry finds its row."""
    if at.microsecond % 1000 == 0:
        return at
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
