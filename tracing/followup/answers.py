"""What was done about contacts, in the wire form; the pages show the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.areas import area_name
from kit.db import connection
from tracing.answers import EventAnswer, WorkAnswer
from tracing.case import CaseFile
from tracing.desk import key_of
from tracing.followup import queries as followup_queries
from tracing.followup import queries_elsewhere
from tracing.followup.desk import said
from tracing.followup.last_exposure import Elsewhere, elsewhere
from tracing.followup.quarantine import Quarantine, quarantine
from tracing.runs.listing import Line
from tracing.state import State


async def work_answers(
    state: State, case: CaseFile, lines: Sequence[Line]
) -> dict[int, WorkAnswer]:
    """By person."""
    key, zone = key_of(state, case), state["settings"].zone
    people = [line.person_id for line in lines]
    done: dict[int, list[EventAnswer]] = defaultdict(list)
    async with connection(state["desk_db"]) as db:
        rules = await followup_queries.quarantine_rules(db, case.policy, case.policy_version)
        others = await elsewhere(db, state, case.id, lines)
        cases = await queries_elsewhere.cases_of(
            db, [*people, *filter(None, map(_via, lines))], case.id
        )
        for one in await followup_queries.events(db, case.id, people):
            done[one.person_id].append(
                EventAnswer(
                    act=one.act,
                    words=said(key, one.sealed),
                    by=one.by,
                    at=one.made,
                    undone=one.undone,
                )
            )

    def ends(line: Line, other: Elsewhere | None) -> Quarantine | None:
        if not line.close or line.test == "positive":  # isolated as a case, by other rules
            return None
        last = max(line.found.last_exposure, other.last) if other else line.found.last_exposure
        day = last.astimezone(zone).date()
        return quarantine(rules, line.tier, line.vaccinated, day)

    found = {}
    for line in lines:
        other = others.get(line.person_id)
        became, met = cases.get(line.person_id), cases.get(_via(line))
        met_at = line.found.path[-1].meeting if met else None
        found[line.person_id] = _answer(
            line,
            other,
            ends(line, other),
            Chain(
                became=became.number if became else None,
                met=met.number if met else None,
                before=met is not None
                and met_at is not None
                and met_at.start.astimezone(zone).date() < met.begins,
            ),
            done[line.person_id],
        )
    return found


def _via(line: Line) -> int:
    """Whom they met on the path, if that was not the case itself."""
    return line.found.path[-2].person_id if len(line.found.path) > 1 else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Numbers of the cases that a contact, and whom they met, became."""

    became: str | None
    met: str | None
    before: bool


def _answer(
    line: Line,
    other: Elsewhere | None,
    ends: Quarantine | None,
    chain: Chain,
    done: list[EventAnswer],
) -> WorkAnswer:
    return WorkAnswer(
        given_to=line.given_to,
        given_to_name=area_name(line.given_to),
        tracer=line.tracer,
        reached=line.reached,
        tries=line.tries,
        test=line.test,
        vaccinated=line.vaccinated,
        quarantine_until=ends.until if ends else None,
        home_until=ends.home_until if ends else None,
        other_lists=other.lists if other else 0,
        reached_elsewhere=bool(other and other.reached),
        became=chain.became,
        met_case=chain.met,
        before_its_period=chain.before,
        events=done,
    )
