"""The forms of a point as people type them, and what they say; times are those of the service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.requests import Request

from accounts import areas
from accounts.areas import area_name
from tracing.case import DayImplausible
from tracing.point import PointFacts, PointKind, Stayed, WardUnknown
from tracing.points.answers import PointAnswer
from tracing.state import State

MASKS = {"on": True, "off": False}
Text = Annotated[str, Meta(max_length=400)]
Lines = Annotated[str, Meta(max_length=40_000)]
LOCAL = "%Y-%m-%dT%H:%M"


class FactsForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Texts as typed: what is wrong with them is said on the form."""

    kind: PointKind = PointKind.HOME
    name: Text = ""
    address: Text = ""
    ward: Text = ""
    start: Text = ""
    end: Text = ""
    who: Text = "case"
    masks: Text = ""
    unknown: Text = ""
    flight: Text = ""
    plate: Text = ""
    route: Text = ""
    seat: Text = ""


class PeopleForm(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`people`: one a line; the rest holds for all of them."""

    people: Lines = ""
    start: Text = ""
    end: Text = ""
    masks: Text = ""
    physical: bool = False


def form_of(request: Request[State], point: PointAnswer) -> FactsForm:
    zone = request.state["settings"].zone
    masks = {True: "on", False: "off", None: ""}[point.masked]
    return FactsForm(
        kind=PointKind(point.kind),
        name=point.name,
        address=point.address,
        ward=area_name(point.area),
        start=point.start.astimezone(zone).strftime(LOCAL),
        end=point.end.astimezone(zone).strftime(LOCAL),
        who="case" if point.with_case else "listed",
        masks=masks,
        unknown=str(point.unknown or ""),
        flight=point.flight,
        plate=point.plate,
        route=point.route,
        seat=point.seat,
    )


def facts(request: Request[State], form: FactsForm) -> PointFacts:
    return PointFacts(
        kind=form.kind,
        name=form.name,
        address=form.address,
        area=_ward(form.ward),
        start=_needed("start", local_time(request, "start", form.start)),
        end=_needed("end", local_time(request, "end", form.end)),
        with_case=form.who != "listed",
        masked=MASKS.get(form.masks),
        unknown=int(form.unknown) if form.unknown.isdecimal() and len(form.unknown) < 6 else 0,
        flight=form.flight,
        plate=form.plate,
        route=form.route,
        seat=form.seat,
    )


def _ward(text: str) -> str:
    if not text:
        return ""
    found = areas.find_ward(text) or areas.find_ward(text, areas.SYSTEMS[0])
    if found is None:
        raise WardUnknown(field="ward")
    return found.path


def common(request: Request[State], form: PeopleForm) -> Stayed:
    return Stayed(
        start=local_time(request, "start", form.start),
        end=local_time(request, "end", form.end),
        physical=form.physical,
        masked=MASKS.get(form.masks),
    )


def local_time(request: Request[State], name: str, text: str) -> datetime | None:
    """'2021-07-11T12:00' as a browser's field gives it, in the time of the service."""
    try:
        typed = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise DayImplausible(field=name) from None
    return typed and typed.replace(tzinfo=request.state["settings"].zone)


def typed_day(name: str, text: str) -> date | None:
    """'2021-07-11' as a browser's field gives it."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise DayImplausible(field=name) from None


def _needed(name: str, at: datetime | None) -> datetime:
    if at is None:
        raise DayImplausible(field=name)
    return at
