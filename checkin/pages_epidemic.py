"""The page on which epidemic areas are listed, ended and withdrawn, with everything that ever
was."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from accounts import areas
from accounts.access import staff_of
from accounts.areas import Area, area_name
from checkin import epidemic
from checkin.api_epidemic import AreaColour, edition_of
from checkin.declaration import POLICY
from checkin.epidemic import (
    Change,
    EpidemicAreaChanged,
    EpidemicAreaUnknown,
    EpidemicDaysWrong,
    keepers_areas,
)
from checkin.model import Colour
from checkin.queries_epidemic import NewEdition
from checkin.state import State
from kit.errors import Problem
from kit.http import Endpoint, see_other
from venues.model import WordsMissing
from venues.rules import said

SHOWN = 50
CHOICES = 12  # areas that a typed name may mean
Text = Annotated[str, Meta(max_length=200)]


class AreasPage(Struct, frozen=True):
    """`before` as it stands in an address: what is no edition is the newest ones."""

    before: str = ""
    lang: str = ""


class ListForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`place` as typed; `area` is the one of its meanings that was chosen."""

    place: Text = ""
    area: Text = ""
    since: str = ""
    until: str = ""
    verdict: AreaColour = AreaColour.AMBER
    source: Text = ""


class ChangeForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`until`: its last day; none, with `withdrawn`: it should never have been listed."""

    until: str = ""
    source: Text = ""
    withdrawn: bool = False


class Wrong(Struct, frozen=True):
    """At which entry (0: the new one), and what was typed there."""

    problem: Problem | None
    edition: int
    typed: str = ""


async def areas_page(request: Request[State], form: AreasPage) -> Response:
    return await _page(request, ListForm(), Wrong(None, 0), (), form.before)


async def _page(
    request: Request[State],
    typed: ListForm,
    wrong: Wrong,
    choices: tuple[Area, ...],
    before: str = "",
) -> Response:
    state, staff = request.state, staff_of(request)
    start = int(before) if before.isdecimal() and 0 < len(before) < 10 and int(before) else None
    log = await epidemic.log(state, staff, start, SHOWN)
    rules = await epidemic.rules_of_today(state)
    mine = tuple(keepers_areas(staff))
    facts: dict[str, Any] = {
        "standing": [one for one in rules.areas if one.area.startswith(mine)] if mine else [],
        "log": log,
        "older": log[-1].area.edition if len(log) == SHOWN else None,
        "policy": rules.policy,
        "dated": rules.policy.edition != POLICY.edition,
        "names": {one.area.area: area_name(one.area.area) for one in log}
        | {one.area: area_name(one.area) for one in rules.areas},
        "choices": [(one, areas.full_name(one.path)) for one in choices],
        "today": state["days"].day(state["clock"]()),
    }
    status = 200 if wrong.problem is None else wrong.problem.status
    return state["pages"].html(
        request, "checkin/epidemic.html", status, typed=typed, wrong=wrong, staff=staff, **facts
    )


async def list_area(request: Request[State], form: ListForm) -> Response:
    """Of several places of that name, the page asks which."""
    staff = staff_of(request)
    meant = _meant(form, tuple(keepers_areas(staff)))
    try:
        if not meant:
            raise EpidemicAreaUnknown
        if len(meant) > 1:
            return await _page(request, form, Wrong(None, 0), meant)
        first = _day(form.since)
        if first is None:
            raise EpidemicDaysWrong
        new = NewEdition(
            area=meant[0].path,
            since=first,
            until=_day(form.until),
            verdict=Colour[form.verdict.name],
            source=said(form.source),
            withdrawn=False,
            replaces=None,
        )
        await epidemic.begin(request.state, staff, new)
    except Problem as problem:
        if problem.status >= 500:
            raise
        return await _page(request, form, Wrong(problem, 0), ())
    return see_other("/epidemic-areas")


def _meant(form: ListForm, mine: tuple[str, ...]) -> tuple[Area, ...]:
    """What the place means among the areas of the account; one where it was chosen already."""
    if not mine:
        return ()
    text = form.place.strip()
    found = tuple(one for one in areas.search(text, 200) if one.path.startswith(mine))
    chosen = tuple(one for one in found if one.path == form.area)
    return chosen or found[:CHOICES]


async def change_area(request: Request[State], form: ChangeForm) -> Response:
    number, staff = edition_of(request), staff_of(request)
    try:
        entry = await epidemic.entry(request.state, staff, number)
        asked = Change(
            until=entry.area.until if form.withdrawn else _last_day(form.until),
            verdict=entry.area.verdict,
            source=said(form.source),
            withdrawn=form.withdrawn,
        )
        await epidemic.change(request.state, staff, number, asked)
    except (EpidemicAreaChanged, EpidemicDaysWrong, WordsMissing) as problem:
        return await _page(request, ListForm(), Wrong(problem, number, form.source), ())
    return see_other("/epidemic-areas")


def _last_day(text: str) -> date:
    found = _day(text)
    if found is None:
        raise EpidemicDaysWrong
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise EpidemicDaysWrong from None


PAGE = "/epidemic-areas"

endpoints: list[Endpoint] = [
    Endpoint("GET", PAGE, areas_page, AreasPage, page=True),
    Endpoint("POST", PAGE, list_area, ListForm, page=True),
    Endpoint("POST", f"{PAGE}/{{edition:int}}", change_area, ChangeForm, page=True),
]
