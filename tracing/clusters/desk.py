"""Clusters as an officer asks for them: of the cases of one's areas, with its row in the audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from accounts import audit
from accounts.keydir import FIRST
from kit.db import transaction
from kit.errors import Unprocessable
from tracing.case import Purpose
from tracing.clusters import queries as clusters_queries
from tracing.clusters.footfall import Span, find_clusters
from tracing.clusters.rules import Clusters
from tracing.desk import Desk, policy_of
from tracing.finding import Names
from tracing.runs import background
from tracing.state import State

LONGEST = 60  # days; more than any scan may be kept


class SpanImplausible(Unprocessable):
    """The days go from the first to the last, at most 60 of them, and none is in the future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Of the cases of one disease, by the days on which they may have been infected."""

    disease: str
    since: date
    until: date


async def search(state: State, desk: Desk, asked: Search) -> tuple[Clusters, Names]:
    """Reads where every approved case of the desk's areas has been; the look stands in the
    audit."""
    now = state["clock"]()
    span = _span(asked, state["days"].day(now))
    async with transaction(state["desk_db"]) as db:
        found = await clusters_queries.cluster_cases(db, desk.areas, asked.disease, span.since)
        made_under = {(one.policy, one.policy_version) for one in found}
        policies = {rules: await policy_of(db, *rules) for rules in made_under}
        entry = audit.Entry(
            act="look-for-clusters",
            staff_id=desk.staff_id,
            purpose=Purpose.INVESTIGATION,
            facts={
                "disease": asked.disease,
                "since": asked.since,
                "until": asked.until,
                "cases": [one.id for one in found],
            },
        )
        await audit.record(db, state["keys"].audit.key(FIRST), entry, now)
    cases = [(one, policies[one.policy, one.policy_version]) for one in found]
    async with background.slot(state):
        return await find_clusters(state["desk_db"], state["days"], cases, span, now)


def _span(asked: Search, today: date) -> Span:
    longest = timedelta(days=LONGEST - 1)
    if not asked.since <= asked.until <= today or asked.until - asked.since > longest:
        raise SpanImplausible
    return Span(since=asked.since, until=asked.until)
