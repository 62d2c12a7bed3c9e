"""A case who meets people in three places of July 2021, traced."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tests.golden import ALL_OF_JULY, at, july_policy, place, was
from tracing.engine.contact import Tiers
from tracing.engine.model import IndexCase, Policy, Scan, Scans, World
from tracing.engine.worklist import trace_world

CASE, MET, OTHER, CARD = 1, 2, 3, 4
HALL, BAR, KIOSK = 1, 2, 3
VENUES = {
    HALL: place(HALL, typical_stay=40),
    BAR: place(BAR, masks_off=True),
    KIOSK: place(KIOSK, small=True),
}
POLICY = july_policy()
INDEX = IndexCase(person=CASE, onset=date(2021, 7, 10), sampled=date(2021, 7, 12))
NOW = at(14, "12:00")


def world(*stays: Sequence[Scan]) -> World:
    scans = [scan for stay in stays for scan in stay]
    return World(scans=Scans.of(scans), venues=VENUES, kept_days=ALL_OF_JULY)


def trace(told: World, policy: Policy = POLICY, case: IndexCase = INDEX) -> Tiers:
    return trace_world(case, told, policy, NOW)


def listed(found: Tiers) -> set[int]:
    return {one.person for one in found.contacts}


def brief(found: Tiers) -> set[int]:
    return {one.person for one in found.brief}


def both(venue: int, start: int, end: int) -> World:
    return world(was(CASE, venue, start, end), was(MET, venue, start, end))
