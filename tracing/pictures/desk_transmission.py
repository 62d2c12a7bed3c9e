"""Who infected whom, as an officer asks for it and says it."""

from __future__ import annotations

from kit.db import connection, transaction
from kit.errors import Conflict, Unprocessable
from tracing import queries
from tracing.acting import Acting, note
from tracing.case import approved_case
from tracing.desk import Desk, case_in
from tracing.pictures import queries_transmission
from tracing.pictures.queries_transmission import Wanted
from tracing.pictures.transmission import Transmission, transmission
from tracing.state import State

MOST = 2000
"""Cases in one picture; of more, the latest."""


class SourceUnknown(Unprocessable):
    """There is no approved case of this number in your areas."""


class OwnSource(Unprocessable):
    """Nobody infects themselves: the source is another case."""


class SourceCircle(Conflict):
    """That case was itself infected by this one, or by somebody this one infected."""


async def look(state: State, desk: Desk, wanted: Wanted) -> Transmission:
    """Numbers and days of one's own cases and no names, so it is not in the audit; nor is the list
    of cases."""
    async with connection(state["desk_db"]) as db:
        nodes, total = await queries_transmission.nodes(db, desk.areas, wanted, MOST)
        found = await queries_transmission.meetings(db, [one.id for one in nodes])
    return transmission(nodes, found, total)


async def name_source(state: State, desk: Desk, case_id: int, number: str | None) -> None:
    """Which case infected this one; None: nobody knows."""
    async with transaction(state["desk_db"]) as db:
        await queries.lock_sources(db)
        await queries.lock_case(db, case_id)
        case = approved_case(await case_in(db, case_id, desk))
        source = None
        if number is not None:
            source = await queries_transmission.case_of_number(db, number, desk.areas)
            if source is None:
                raise SourceUnknown
            if source == case_id:
                raise OwnSource
            if await queries_transmission.was_infected_by(db, source, case_id):
                raise SourceCircle
        await queries.name_source(db, case_id, source)
        acting = Acting(db=db, state=state, desk=desk, case=case)
        await note(acting, "name-source", {"source": source})
