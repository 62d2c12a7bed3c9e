"""The wire forms of points, for JSON; the page shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from msgspec import Struct

from accounts.areas import area_name
from tracing.case_answers import CountersAnswer
from tracing.names import NOBODY, Named
from tracing.point_stays import place_name
from tracing.points.desk import Changed, ShownPoint
from tracing.points.people import Refused


class ListedAnswer(Struct, frozen=True, kw_only=True):
    """Somebody who is listed at a point; `number` names them inside this case only, name and phone
    are masked. `alike`: the number of somebody of the same name at another point of the case, maybe
    the same person listed twice. `start` and `end` are null where they are the point's."""

    number: str
    alike: str | None
    name: str
    phone: str
    start: datetime | None
    end: datetime | None
    seat: str
    relation: str | None
    physical: bool
    masked: bool | None


class PointAnswer(Struct, frozen=True, kw_only=True):
    """`place`: what lists and paths call it. `counters`: of the listed who are contacts.
    `withdrawn`: why it counts no more, null while it does."""

    id: int
    kind: str
    place: str
    name: str
    address: str
    area: str
    area_name: str
    start: datetime
    end: datetime
    with_case: bool
    masked: bool | None
    unknown: int
    flight: str
    plate: str
    route: str
    seat: str
    people: list[ListedAnswer]
    counters: CountersAnswer
    made_by: str
    withdrawn: str | None
    withdrawn_by: str | None


class PointsAnswer(Struct, frozen=True):
    points: list[PointAnswer]


class RefusedAnswer(Struct, frozen=True, kw_only=True):
    """`line`: which of the people sent, from 1; the rest is a problem as of a request of its
    own."""

    line: int
    type: str
    title: str
    field: str | None


class PointsChangedAnswer(Struct, frozen=True, kw_only=True):
    """`traced`: the case was traced anew; else it is once the trace under way has ended."""

    point: PointAnswer
    refused: list[RefusedAnswer]
    traced: bool


def changed_answer(changed: Changed, people: Mapping[int, Named]) -> PointsChangedAnswer:
    return PointsChangedAnswer(
        point=point_answer(changed.point, people),
        refused=[refused_answer(one) for one in changed.refused],
        traced=changed.traced,
    )


def refused_answer(refused: Refused) -> RefusedAnswer:
    found = refused.problem
    field = found.facts.get("field")
    return RefusedAnswer(
        line=refused.line,
        type=f"/problems/{found.slug()}",
        title=found.title(),
        field=None if field is None else str(field),
    )


def point_answer(shown: ShownPoint, people: Mapping[int, Named]) -> PointAnswer:
    point, facts = shown.point, shown.point.facts
    return PointAnswer(
        id=point.id,
        kind=facts.kind,
        place=place_name(facts),
        name=facts.name,
        address=facts.address,
        area=facts.area,
        area_name=area_name(facts.area),
        start=facts.start,
        end=facts.end,
        with_case=facts.with_case,
        masked=facts.masked,
        unknown=facts.unknown,
        flight=facts.flight,
        plate=facts.plate,
        route=facts.route,
        seat=facts.seat,
        people=[
            ListedAnswer(
                number=number,
                alike=alike or None,
                name=(known := people.get(one.people[0], NOBODY)).full_name,
                phone=known.phone,
                start=one.stayed.start,
                end=one.stayed.end,
                seat=one.stayed.seat,
                relation=one.stayed.relation,
                physical=one.stayed.physical,
                masked=one.stayed.masked,
            )
            for number, alike, one in zip(shown.numbers, shown.alike, point.listed, strict=True)
        ],
        counters=CountersAnswer(**asdict(shown.counters)),
        made_by=shown.maker,
        withdrawn=point.why or None,
        withdrawn_by=shown.voider or None,
    )
