"""The page of where a case may have been infected."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from accounts import access
from kit.http import Endpoint
from tracing import desk
from tracing.casework.api_backward import backward_answer
from tracing.desk import case_id_of, desk_of
from tracing.state import State


async def look_back_page(request: Request[State]) -> Response:
    mine, case_id = desk_of(request), case_id_of(request)
    found, names = await desk.look_back(request.state, mine, case_id)
    case = await desk.read_case(request.state, mine, case_id)
    return request.state["pages"].html(
        request,
        "tracing/backward.html",
        case=case,
        found=backward_answer(found, names),
        staff=access.staff_of(request),
    )


endpoints = [Endpoint("POST", "/desk/cases/{case_id:int}/backward", look_back_page, page=True)]
