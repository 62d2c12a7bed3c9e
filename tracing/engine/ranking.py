"""The order in which people work a list, and why somebody stands where they stand."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from tracing.engine.columns import Bools, Small
from tracing.engine.contact import Exposure, Exposures, Rank, Reason, Why
from tracing.engine.model import DOUBT_BIT, ENDED_NUMBER, MINUTE, Doubt, Ended

ESTIMATED = ENDED_NUMBER[Ended.ESTIMATED]
BOTH_ESTIMATED = (Ended.ESTIMATED, Ended.ESTIMATED)
PLACES = (Rank.HIGH, Rank.MEDIUM, Rank.LOW, Rank.LOW)  # the last one: hard to believe
DOUBTED = {
    Why.TWO_VENUES: Doubt.TWO_VENUES,
    Why.OUT_BEFORE_IN: Doubt.OUT_BEFORE_IN,
    Why.IMPLAUSIBLE: Doubt.IMPLAUSIBLE,
}


def placed(found: Exposures) -> Small:
    """The number of each one's rank, the best first; what is hard to believe comes after all."""
    implausible: Bools = found.doubts & DOUBT_BIT[Doubt.IMPLAUSIBLE] != 0
    guessed = (found.source_ended == ESTIMATED) & (found.person_ended == ESTIMATED)
    low = ~found.reached | found.tail_only | guessed
    close = found.same_zone | found.small_indoor | found.physical | ~found.masked
    return np.select([implausible, low, close], [3, 2, 0], 1).astype(np.int8)


def reasons(
    decisive: Exposure, together: int, masks_off: Collection[int] | None = None
) -> tuple[Reason, ...]:
    """`decisive`: the exposure that the rank rests on. `masks_off`: the places that ask for it;
    None where that is not known of any."""
    by_place = masks_off is None or decisive.venue in masks_off
    return tuple(
        Reason(
            why=why,
            venue=decisive.venue,
            zone=decisive.zone,
            minutes=decisive.length // MINUTE,
            minimum=decisive.minimum // MINUTE,
            together=together // MINUTE,
        )
        for why in _claims(decisive, together, by_place)
    )


def _claims(exposure: Exposure, together: int, by_place: bool) -> list[Why]:
    """What pulls down first, then what pulls up, then what to doubt."""
    whole_day = exposure.ended == (Ended.TOLD_DAY, Ended.TOLD_DAY)
    summed = exposure.reached and exposure.length < exposure.minimum
    longer = not summed and together // MINUTE > exposure.length // MINUTE
    claims = [
        (Why.BRIEF, not exposure.reached),
        (Why.TAIL_ONLY, exposure.tail_only),
        (Why.BOTH_ESTIMATED, exposure.ended == BOTH_ESTIMATED),
        (Why.PHYSICAL, exposure.physical),
        (Why.MASK_OFF, not exposure.masked and by_place),
        (Why.MASK_OFF_TOLD, not exposure.masked and not by_place),
        (Why.WHOLE_DAY, whole_day),
        (Why.SAME_ZONE, exposure.same_zone and not whole_day),
        (Why.SMALL_INDOOR, exposure.small_indoor and not whole_day),
        (Why.SAME_VENUE, not (exposure.same_zone or exposure.small_indoor or whole_day)),
        (Why.SUMMED, summed),
        (Why.LONGER, longer),
        *((why, doubt in exposure.doubts) for why, doubt in DOUBTED.items()),
    ]
    return [why for why, holds in claims if holds]
