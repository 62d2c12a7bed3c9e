"""The page of what a contact said of meeting the case."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access, access_table
from kit.http import Endpoint, see_other
from tracing import words
from tracing.desk import case_id_of, contact_number_of, desk_of
from tracing.names import NOBODY, masked_people
from tracing.point import Relation
from tracing.points import interviews
from tracing.points.form import MASKS
from tracing.points.queries_interviews import Said
from tracing.state import State


class InterviewForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    masks: str = ""
    physical: bool = False
    relation: Relation | None = None


class InterviewQuery(Struct, frozen=True):
    lang: str = ""


async def interview_page(request: Request[State], form: InterviewQuery) -> Response:
    state, number = request.state, contact_number_of(request)
    mine = desk_of(request, access_table.INTERVIEWER)
    case, person, said = await interviews.said_by(state, mine, case_id_of(request), number)
    known = await masked_people(state, [person])
    return state["pages"].html(
        request,
        "tracing/interview.html",
        case=case,
        number=number,
        person=known.get(person, NOBODY),
        said=said,
        relations=words.RELATIONS,
        staff=access.staff_of(request),
    )


async def hear_page(request: Request[State], form: InterviewForm) -> Response:
    mine, case_id = desk_of(request, access_table.INTERVIEWER), case_id_of(request)
    number = contact_number_of(request)
    said = Said(
        masked=MASKS.get(form.masks), physical=form.physical, relation=str(form.relation or "")
    )
    await interviews.hear(request.state, mine, case_id, number, said)
    return see_other(f"/desk/cases/{case_id}#{number}")


PATH = "/desk/cases/{case_id:int}/contacts/{number}/interview"

endpoints = [
    Endpoint("GET", PATH, interview_page, InterviewQuery, page=True),
    Endpoint("POST", PATH, hear_page, InterviewForm, page=True),
]
