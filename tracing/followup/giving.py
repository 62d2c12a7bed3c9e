"""To whom contacts are given, as the forms of the pages offer and say it."""

from __future__ import annotations

from accounts.areas import area_name
from kit.db import Connection
from tracing.followup import queries
from tracing.followup.desk import Giving

OWN_WARD, BACK = "own", "back"


def giving(to: str, tracer: str) -> Giving:
    """As typed: '' leaves them where they are; a tracer is a number."""
    return Giving(
        own_ward=to == OWN_WARD,
        area={OWN_WARD: None, BACK: ""}.get(to, to or None),
        tracer=int(tracer) if tracer.isdecimal() and len(tracer) < 10 else None,
    )


async def tracers(db: Connection) -> list[tuple[int, str, str]]:
    """(account, name, area in words) of everybody to choose from."""
    known = await queries.tracers(db)
    return [(one, name, area_name(area)) for one, name, area in known]
