"""Pages of venues: the list. One venue: pages_venue.py; its form: pages_edit.py; taking in lists:
pages_import.py."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from accounts.access import staff_of
from accounts.state import State
from kit.db import connection
from kit.http import Endpoint
from venues import pages_display, pages_edit, pages_import, pages_venue, queries, queries_doors
from venues.api import VenueQuery, page_of_venues
from venues.api_posters import PART
from venues.intake_text import folded
from venues.poster import Format
from venues.register import scope_of


async def list_page(request: Request[State], form: VenueQuery) -> Response:
    scope, words = scope_of(staff_of(request)), folded(form.q).split()
    found, following = await page_of_venues(request, form)
    async with connection(request.state["db"]) as db:
        count = await queries.count_venues(db, scope, words)
        posters = await queries_doors.count_printable(db, scope, words)
    return request.state["pages"].html(
        request,
        "venues/list.html",
        venues=found,
        q=form.q,
        is_first=not form.after,
        following=following and "/venues?" + urlencode({"q": form.q, "after": following}),
        count=count,
        posters=posters,
        parts=range(1, -(-posters // PART) + 1),
        formats=list(Format),
        may_register=bool(scope.organisations or scope.areas),
    )


endpoints = [
    Endpoint("GET", "/venues", list_page, VenueQuery, page=True),
    *pages_edit.endpoints,
    *pages_venue.endpoints,
    *pages_display.endpoints,
    *pages_import.endpoints,
]
