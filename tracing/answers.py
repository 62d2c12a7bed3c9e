"""The wire forms of contacts, for JSON; the pages show the same. Of cases: case_answers.py."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct

from tracing import words
from tracing.finding import Meeting
from tracing.names import Named
from tracing.run_answers import RunAnswer
from tracing.runs.listing import Line
from tracing.runs.queries_contacts import OffList
from tracing.words import Because, Translate


class ExposureAnswer(Struct, frozen=True, kw_only=True):
    """`ends`: how the end of the case's and of the contact's stay is known."""

    venue: str
    zone: str | None
    same_zone: bool
    start: datetime
    end: datetime
    minutes: int
    ends: list[str]
    masked: bool
    reached: bool


class StepAnswer(Struct, frozen=True, kw_only=True):
    """One step of a path: to F`tier` of this number; no exposure where somebody entered it by
    hand."""

    tier: int
    number: str
    exposure: ExposureAnswer | None


class EventAnswer(Struct, frozen=True, kw_only=True):
    """One thing that was done; `at` is its hour. `undone`: somebody took it back."""

    act: str
    words: str
    by: str
    at: datetime
    undone: bool


class WorkAnswer(Struct, frozen=True, kw_only=True):
    """`given_to` is the area that works on the contact, '' none. `test` is '', awaiting, positive
    or negative; `vaccinated` null: nobody asked. Quarantine is by the case's policy from the last
    exposure over all cases, its last days; both null where the policy has no rule, the first alone
    where it asks for no quarantine. `other_lists`: of how many other cases this person is a close
    contact too; `reached_elsewhere`: somebody called.
    `became`: the number of their own case. `met_case`: of whom they met on the path, who became a
    case; `before_its_period`: they met before that case's own period, so this list alone has
    them."""

    given_to: str
    given_to_name: str
    tracer: str | None
    reached: bool
    tries: int
    test: str
    vaccinated: bool | None
    quarantine_until: date | None
    home_until: date | None
    other_lists: int
    reached_elsewhere: bool
    became: str | None
    met_case: str | None
    before_its_period: bool
    events: list[EventAnswer]


class ContactAnswer(Struct, frozen=True, kw_only=True):
    """`number` names the person inside this case only; name and phone are masked. `brief`: the
    minimum was not reached, and no verifier confirmed the contact all the same. `path`: from the
    case to this person; before its last step each is the earliest exposure. `count`: exposures to
    people one tier above; F2 and beyond list the earliest and the best of them. `off_list`: why no
    longer on the list; who was confirmed stays on it all the same."""

    number: str
    name: str
    phone: str
    tier: int
    brief: bool
    state: str
    rank: str
    minutes: int
    first_exposure: datetime
    last_exposure: datetime
    area: str
    venues: list[str]
    reason: str
    count: int
    exposures: list[ExposureAnswer]
    path: list[StepAnswer]
    off_list: str | None
    work: WorkAnswer


class ContactsAnswer(Struct, frozen=True):
    """In the order to work them, brief ones last; `next` goes into `start`, null at the end."""

    run: RunAnswer
    contacts: list[ContactAnswer]
    next: int | None


class RevealedAnswer(Struct, frozen=True, kw_only=True):
    number: str
    full_name: str
    phone: str
    address: str
    birth_year: int | None


class RevealAnswer(Struct, frozen=True):
    revealed: list[RevealedAnswer]


def contact_answer(
    line: Line, person: Named, work: WorkAnswer, translate: Translate
) -> ContactAnswer:
    found = line.found
    return ContactAnswer(
        number=line.number,
        name=person.full_name,
        phone=person.phone,
        tier=line.tier,
        brief=line.brief,
        state=line.state,
        rank=line.rank,
        minutes=found.minutes,
        first_exposure=found.first_exposure,
        last_exposure=found.last_exposure,
        area=line.area,
        venues=list(dict.fromkeys(one.venue for one in found.meetings)),
        reason=reason(line, translate),
        count=found.count,
        exposures=[exposure_answer(one) for one in found.meetings],
        path=[
            StepAnswer(
                tier=line.tier - len(line.path) + place,
                number=number,
                exposure=None if step.meeting is None else exposure_answer(step.meeting),
            )
            for place, (number, step) in enumerate(zip(line.path, found.path, strict=True), 1)
        ],
        off_list=translate(words.OFF_LIST[OffList(line.off_list)]) if line.off_list else None,
        work=work,
    )


def exposure_answer(one: Meeting) -> ExposureAnswer:
    return ExposureAnswer(
        venue=one.venue,
        zone=one.zone,
        same_zone=one.same_zone,
        start=one.start,
        end=one.end,
        minutes=one.minutes,
        ends=list(one.ended),
        masked=one.masked,
        reached=one.reached,
    )


def reason(line: Line, translate: Translate) -> str:
    found = line.found
    decisive = found.path[-1].meeting if found.path else None
    because = Because(
        venue=found.venue,
        minutes=found.minutes if decisive is None else decisive.minutes,
        minimum=found.minimum,
        together=found.minutes,
    )
    return words.reason(translate, found.why, because)
