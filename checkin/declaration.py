"""The health declaration: what is asked, and the verdict by policy and the listed areas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
class ListedArea:
    """An epidemic area as the authority lists it: from the day `since` to its last day `until`
    (None: it goes on). `edition` names this version of the entry."""

    edition: int
    area: str
    since: date
    until: date | None
    verdict: Colour
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """`met_case`, `from_epidemic_area`, `met_sick`: hasPatient, hasFromSickCountry, hasSick of the
    form. `listed`: the area of the list they were in last; `left_on`: their last day there, None
    where they did not say."""

    symptoms: frozenset[Symptom]
    met_case: bool
    from_epidemic_area: bool
    met_sick: bool
    listed: ListedArea | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a declaration came to, with its answers as the vault sealed them."""

    made: datetime
    verdict: Colour
    valid_until: datetime
    sealed: bytes
    key_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclarationPolicy:
    """In force from its day until the next one is. `elsewhere`: an area with an outbreak that is
    not on the list; `area_days`: how long having been in an epidemic area counts."""

    name: str
    version: int
    in_force_from: date
    green_hours: int
    amber_hours: int
    red_hours: int
    symptoms: Colour
    met_case: Colour
    met_sick: Colour
    elsewhere: Colour
    area_days: int
    source: str

    def lasts(self, colour: Colour) -> timedelta:
        hours = {
            Colour.GREEN: self.green_hours,
            Colour.AMBER: self.amber_hours,
            Colour.RED: self.red_hours,
        }
        return timedelta(hours=hours[colour])

    @property
    def edition(self) -> str:
        """As it stands on a declaration: 'vn-2021/1'."""
        return f"{self.name}/{self.version}"


# A day for «nothing», as the city gates of 2021 asked; 14 days for a contact and for whoever comes
# from an epidemic area.
POLICY = DeclarationPolicy(
    name="vn-2021",
    version=1,
    in_force_from=date(2020, 1, 1),  # the day of no text: before anybody declared
    green_hours=24,
    amber_hours=72,
    red_hours=14 * 24,
    symptoms=Colour.AMBER,
    met_case=Colour.RED,
    met_sick=Colour.AMBER,
    elsewhere=Colour.AMBER,
    area_days=14,
    source="14 days: 5053/QĐ-BYT, 3 December 2020; colours and hours: chosen here",
)


def verdict(
    answers: Answers, now: datetime, today: date, policy: DeclarationPolicy = POLICY
) -> tuple[Colour, datetime]:
    """The worst of the answers, and until when it holds; a correction ends it at once. `today` is
    the local day of `now`."""
    claims = [
        (policy.met_case, answers.met_case),
        (policy.symptoms, bool(answers.symptoms)),
        (policy.met_sick, answers.met_sick),
        (policy.elsewhere, answers.from_epidemic_area and answers.listed is None),
    ]
    found = [(Colour.GREEN, policy.lasts(Colour.GREEN))]
    found += [(colour, policy.lasts(colour)) for colour, holds in claims if holds]
    left = area_days_left(answers, today, policy)
    if answers.listed is not None and left > 0:
        found.append((answers.listed.verdict, timedelta(days=left)))
    worst, lasts = max(found)
    return worst, up_to_hour(now + lasts)


def area_days_left(answers: Answers, today: date, policy: DeclarationPolicy = POLICY) -> int:
    """For how many days from now the listed area still counts: from their last day in it while it
    was an epidemic area. 0 where that is over, or where they left before it was one."""
    area = answers.listed
    if area is None:
        return 0
    last = min(answers.left_on or today, area.until or today, today)
    if last < area.since:
        return 0
    return max(0, policy.area_days - (today - last).days)
