"""The order in which people work a list, and why somebody stands where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tracing.model import MINUTE, Contact, Doubt, Ended, Exposure, Rank, Reason, Why

ORDER = {rank: place for place, rank in enumerate(Rank)}
BOTH_ESTIMATED = (Ended.ESTIMATED, Ended.ESTIMATED)


def in_order(contacts: Iterable[Contact]) -> tuple[Contact, ...]:
    """By rank, then whole seconds together, then the latest exposure; the person breaks ties."""
    return tuple(
        sorted(
            contacts,
            key=lambda one: (
                ORDER[one.rank],
                -(one.together // 1000),
                -one.last_exposure,
                one.person,
            ),
        )
    )


def ranked(found: Sequence[Exposure], counted: Sequence[Exposure], together: int) -> Contact:
    """`found`: all exposures of one person; `counted`: those that made them what they are."""
    decisive = min(counted, key=lambda one: (ORDER[rank(one)], -one.length, -one.end))
    return Contact(
        person=decisive.person,
        rank=rank(decisive),
        together=together,
        first_exposure=min(one.start for one in counted),
        last_exposure=max(one.end for one in counted),
        exposures=tuple(found),
        reasons=tuple(
            Reason(
                why=why,
                venue=decisive.venue,
                zone=decisive.zone,
                minutes=together // MINUTE,
                minimum=decisive.minimum // MINUTE,
            )
            for why in _reasons(decisive)
        ),
    )


def rank(exposure: Exposure) -> Rank:
    if not exposure.reached or exposure.tail_only or exposure.ended == BOTH_ESTIMATED:
        return Rank.LOW
    close = exposure.same_zone or exposure.small_indoor
    return Rank.HIGH if close or exposure.physical or not exposure.masked else Rank.MEDIUM


def _reasons(exposure: Exposure) -> list[Why]:
    """What pulls down first, then what pulls up, then what to doubt."""
    summed = exposure.reached and exposure.length < exposure.minimum
    claims = [
        (Why.BRIEF, not exposure.reached),
        (Why.TAIL_ONLY, exposure.tail_only),
        (Why.BOTH_ESTIMATED, exposure.ended == BOTH_ESTIMATED),
        (Why.PHYSICAL, exposure.physical),
        (Why.MASK_OFF, not exposure.masked),
        (Why.SAME_ZONE, exposure.same_zone),
        (Why.SMALL_INDOOR, exposure.small_indoor),
        (Why.SAME_VENUE, not (exposure.same_zone or exposure.small_indoor)),
        (Why.SUMMED, summed),
        (Why.TWO_VENUES, Doubt.TWO_VENUES in exposure.doubts),
        (Why.OUT_BEFORE_IN, Doubt.OUT_BEFORE_IN in exposure.doubts),
    ]
    return [why for why, holds in claims if holds]
