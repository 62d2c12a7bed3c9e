"""The wire forms of cases, for JSON; the pages show the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from msgspec import Struct

from accounts.areas import area_name
from tracing.case import CaseFile, contact_number
from tracing.case_days import DayDoubt, Ruler, days_of, doubts
from tracing.clock import Clock
from tracing.followup.queries import Counters
from tracing.names import Named
from tracing.queries_references import SameReference


class PersonAnswer(Struct, frozen=True, kw_only=True):
    """A record of the case's own person; `number` names it inside this case."""

    number: str
    name: str
    phone: str


class ClockAnswer(Struct, frozen=True, kw_only=True):
    """`state` is running, overdue, done, late, partly (all who were found were reached, but `gaps`
    says why there may be others), nobody (to reach) or off; `minutes` since the opening, until all
    F1 were reached. `gaps`: person-unknown, period-empty, days-missing."""

    state: str
    minutes: int
    gaps: list[str]


class CountersAnswer(Struct, frozen=True, kw_only=True):
    """Of the contacts on the list that this account sees and nobody rejected, and `rejected`.
    `other`: brief ones and those of later tiers; `not_given`: to no ward yet."""

    close: int
    other: int
    reached: int
    sampled: int
    positive: int
    negative: int
    awaiting: int
    not_given: int
    rejected: int


class CaseAnswer(Struct, frozen=True, kw_only=True):
    """`historic`: the policy was not in force on the day of onset. `people`: from the approval on,
    masked; several where a phone is shared. `changes`: how often something was put right or found
    out; an approval names it. `untraced`: how many changes the list does not know of
    yet; until it is traced again no file of it leaves. `same_reference`: other cases with this
    laboratory reference in one's areas, which may be this one; `same_reference_elsewhere`: there
    are some in other areas. Who sees some contacts of the case alone is
    told no day, no area, no laboratory reference, no national number and no people."""

    id: int
    number: str
    national_number: str | None
    disease: str
    lab_reference: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    met_source: date | None
    area: str
    area_name: str
    policy: str
    policy_version: int
    historic: bool
    day_doubts: list[DayDoubt]
    purpose: str
    status: str
    opened_at: datetime
    opened_by: str | None
    decided_by: str | None
    changes: int
    untraced: int
    same_reference: list[str]
    same_reference_elsewhere: bool
    clock: ClockAnswer
    counters: CountersAnswer
    people: list[PersonAnswer]


class CasesAnswer(Struct, frozen=True):
    """`next` goes into `before` for older ones; null at the end."""

    cases: list[CaseAnswer]
    next: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an answer about a case says beside its file. `people`: None for who does not see the
    whole case."""

    ruler: Ruler
    key: bytes
    untraced: int
    same: SameReference
    clock: Clock
    counters: Counters
    people: Mapping[int, Named] | None


def case_answer(case: CaseFile, told: Told) -> CaseAnswer:
    whole = told.people is not None
    return CaseAnswer(
        id=case.id,
        number=case.number,
        national_number=case.national_number if whole else None,
        disease=case.disease,
        lab_reference=case.lab_reference if whole else "",
        onset=case.onset if whole else None,
        sampled=case.sampled if whole else None,
        isolated=case.isolated if whole else None,
        met_source=case.met_source if whole else None,
        area=case.area if whole else "",
        area_name=area_name(case.area) if whole else "",
        policy=case.policy,
        policy_version=case.policy_version,
        historic=told.ruler.policy.historic(case.anchor),
        day_doubts=doubts(days_of(case), told.ruler) if whole else [],
        purpose=case.purpose,
        status=case.status,
        opened_at=case.opened_at,
        opened_by=case.opener,
        decided_by=case.decider,
        changes=case.changes,
        untraced=told.untraced,
        same_reference=[*told.same.numbers] if whole else [],
        same_reference_elsewhere=whole and told.same.elsewhere,
        clock=ClockAnswer(
            state=told.clock.state,
            minutes=told.clock.elapsed // timedelta(minutes=1),
            gaps=list(told.clock.gaps),
        ),
        counters=CountersAnswer(**asdict(told.counters)),
        people=[
            PersonAnswer(
                number=contact_number(told.key, one), name=known.full_name, phone=known.phone
            )
            for one, known in (told.people or {}).items()
        ],
    )
