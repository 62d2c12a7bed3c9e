"""JSON of what a contact said of meeting the case."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from kit.db import DatabaseAway
from kit.errors import NotFound
from kit.http import Endpoint, reply
from tracing.case import CaseClosed, CaseNotApproved
from tracing.desk import case_id_of, contact_number_of, desk_of
from tracing.point import Relation
from tracing.points import interviews
from tracing.points.queries_interviews import Said
from tracing.state import State


class Interview(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that is known of it, in place of what was before. `masked`: null leaves it to the kind of
    place; after physical contact no minimum of minutes counts."""

    masked: bool | None = None
    physical: bool = False
    relation: Relation | None = None


class InterviewAnswer(Struct, frozen=True, kw_only=True):
    """`traced`: the case was traced anew; null where nothing was changed, false where another trace
    is under way: once it has ended, the case is traced again."""

    number: str
    masked: bool | None
    physical: bool
    relation: str | None
    traced: bool | None


async def read_interview(request: Request[State]) -> Response:
    """What a contact said of meeting the case"""
    number = contact_number_of(request)
    _, _, said = await interviews.said_by(
        request.state, desk_of(request), case_id_of(request), number
    )
    return reply(_answer(number, said, None))


async def hear_contact(request: Request[State], form: Interview) -> Response:
    """Keep what a contact said of meeting the case; the case is traced anew"""
    mine, number = desk_of(request, access_table.INTERVIEWER), contact_number_of(request)
    said = Said(masked=form.masked, physical=form.physical, relation=str(form.relation or ""))
    heard = await interviews.hear(request.state, mine, case_id_of(request), number, said)
    return reply(_answer(number, heard.said, heard.traced))


def _answer(number: str, said: Said, traced: bool | None) -> InterviewAnswer:
    return InterviewAnswer(
        number=number,
        masked=said.masked,
        physical=said.physical,
        relation=said.relation or None,
        traced=traced,
    )


PATH = "/v1/cases/{case_id:int}/contacts/{number}/interview"
READ = (NotFound, CaseNotApproved, CaseClosed, DatabaseAway)
ANSWER = {200: InterviewAnswer}

endpoints = [
    Endpoint("GET", PATH, read_interview, None, ANSWER, READ),
    Endpoint("PUT", PATH, hear_contact, Interview, ANSWER, READ),
]
