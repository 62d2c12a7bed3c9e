"""The page of a case's own places and times: the days drawn, the map, and the same in words."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.http import Endpoint
from tracing import words
from tracing.desk import case_id_of, desk_of
from tracing.engine.columns import milliseconds
from tracing.engine.model import Doubt, Ended
from tracing.pictures import desk_history
from tracing.pictures.api_history import history_answer
from tracing.pictures.timeline import lines
from tracing.state import State

LANE, MARGIN = 30, 8  # pixels of a drawn day
AXIS = 22
KNOWN = {Ended.SCANNED, Ended.STAFF, Ended.BUTTON, Ended.CORRECTED, Ended.SEEN_LEAVING}
DOUBTS = {
    Doubt.TWO_VENUES: "at two places at once",
    Doubt.OUT_BEFORE_IN: "a check-out before the check-in",
    Doubt.IMPLAUSIBLE: "a scan outside opening hours, without the code of the door's screen, or"
    " far from the one before",
}


async def history_page(request: Request[State]) -> Response:
    mine = desk_of(request, access_table.CASE_OPENER)
    seen = await desk_history.look(request.state, mine, case_id_of(request))
    isolated = seen.case.isolated
    return request.state["pages"].html(
        request,
        "tracing/history.html",
        case=seen.case,
        found=history_answer(seen),
        lines=lines(seen.history, milliseconds(isolated) if isolated else None),
        ended=words.ENDED,
        doubts=DOUBTS,
        how=_how,
        lane=LANE,
        margin=MARGIN,
        axis=AXIS,
        staff=access.staff_of(request),
    )


def _how(ended: str) -> str:
    """By what the end of a visit is drawn."""
    return "known" if ended in KNOWN else "told" if ended == "told" else "estimated"


endpoints = [
    Endpoint("POST", "/desk/cases/{case_id:int}/history", history_page, page=True),
]
