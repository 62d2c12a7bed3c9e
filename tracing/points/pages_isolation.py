"""The page of when a contact was isolated."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.errors import Problem, Unprocessable
from kit.http import Endpoint, see_other
from tracing.desk import Desk, case_id_of, contact_number_of, desk_of, id_of
from tracing.names import NOBODY, masked_people
from tracing.points import isolation
from tracing.points.form import local_time
from tracing.points.isolation import IsolatedAlready, Isolating, IsolationImplausible, Place
from tracing.state import State

PLACES = {
    Place.HOME: "At home",
    Place.CENTRE: "Isolation centre",
    Place.HOTEL: "Hotel",
    Place.HOSPITAL: "Medical facility",
}


class IsolationPage(Struct, frozen=True, kw_only=True):
    starts: str = ""
    ends: str = ""
    place: Place = Place.HOME


class LanguageQuery(Struct, frozen=True):
    lang: str = ""


async def isolation_page(request: Request[State], form: LanguageQuery) -> Response:
    return await _page(request, desk_of(request, access_table.INTERVIEWER), IsolationPage(), None)


async def _page(
    request: Request[State], mine: Desk, typed: IsolationPage, wrong: Problem | None
) -> Response:
    state, number = request.state, contact_number_of(request)
    found = await isolation.isolations_of(state, mine, case_id_of(request), number)
    known = await masked_people(state, [found.person_id])
    return state["pages"].html(
        request,
        "tracing/isolation.html",
        200 if wrong is None else wrong.status,
        case=found.case,
        number=number,
        person=known.get(found.person_id, NOBODY),
        isolations=found.isolations,
        places=PLACES,
        typed=typed,
        wrong=wrong,
        staff=access.staff_of(request),
    )


async def isolate_page(request: Request[State], form: IsolationPage) -> Response:
    mine, number = desk_of(request, access_table.INTERVIEWER), contact_number_of(request)
    try:
        starts = local_time(request, "starts", form.starts)
        ends = local_time(request, "ends", form.ends)
        if starts is None or ends is None:
            raise IsolationImplausible
        asked = Isolating(starts=starts, ends=ends, place=form.place)
        await isolation.isolate(request.state, mine, case_id_of(request), number, asked)
    except (Unprocessable, IsolatedAlready) as wrong:
        return await _page(request, mine, form, wrong)
    return see_other(f"/desk/cases/{case_id_of(request)}#{number}")


async def take_back_page(request: Request[State]) -> Response:
    mine, number = desk_of(request, access_table.INTERVIEWER), contact_number_of(request)
    which, case_id = id_of(request, "isolation_id"), case_id_of(request)
    await isolation.take_back(request.state, mine, case_id, number, which)
    return see_other(f"/desk/cases/{case_id}/contacts/{number}/isolations")


PATH = "/desk/cases/{case_id:int}/contacts/{number}/isolations"

endpoints = [
    Endpoint("GET", PATH, isolation_page, LanguageQuery, page=True),
    Endpoint("POST", PATH, isolate_page, IsolationPage, page=True),
    Endpoint("POST", f"{PATH}/{{isolation_id:int}}/withdrawal", take_back_page, page=True),
]
