"""The health declaration: what is asked, and the verdict by policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from checkin.model import Colour
from checkin.rules import up_to_hour


class Symptom(StrEnum):
    """The six of the national form (tokhaiyte.vn), in the last 14 days."""

    FEVER = "fever"
    COUGH = "cough"
    SHORT_BREATH = "short_breath"
    PNEUMONIA = "pneumonia"
    SORE_THROAT = "sore_throat"
    TIREDNESS = "tiredness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`met_case`, `from_epidemic_area`, `met_sick`: hasPatient, hasFromSickCountry, hasSick of the
    form."""

    symptoms: frozenset[Symptom]
    met_case: bool
    from_epidemic_area: bool
    met_sick: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an earlier declaration came to; its answers stay sealed."""

    made: datetime
    verdict: Colour
    valid_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationPolicy:
    name: str
    green: timedelta
    amber: timedelta
    red: timedelta


# Validity: a day for «nothing», as the city gates of 2021 asked; the 14 days of 5053/QĐ-BYT for a
# contact.
# A correction ends either at once.
POLICY = DeclarationPolicy(
    name="vn-2021",
    green=timedelta(hours=24),
    amber=timedelta(hours=72),
    red=timedelta(days=14),
)


def verdict(answers: Answers) -> Colour:
    """Red: met a confirmed case. Amber: unwell, came from an epidemic area, or met somebody
    unwell."""
    if answers.met_case:
        return Colour.RED
    unwell = answers.symptoms or answers.from_epidemic_area or answers.met_sick
    return Colour.AMBER if unwell else Colour.GREEN


def valid_until(found: Colour, now: datetime, policy: DeclarationPolicy = POLICY) -> datetime:
    lengths = {Colour.GREEN: policy.green, Colour.AMBER: policy.amber, Colour.RED: policy.red}
    return up_to_hour(now + lengths[found])
