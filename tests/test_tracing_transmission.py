"""Who infected whom: the picture's layout, and the cases an officer may see in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.outbreak import outbreak, store
from kit.db import connection, transaction
from tests.conftest import Service
from tests.golden import P, W
from tests.make_cases import (
    PHONES,
    approved_case,
    make_golden_world,
    make_officers,
    open_case,
)
from tests.make_people import audit_acts
from tests.make_venues import CAI_KHE
from tracing.pictures import desk_transmission
from tracing.pictures.layout import SCALES, WIDTH, parents, picture
from tracing.pictures.transmission import Known, Meeting, Node, Transmission, transmission

FIRST = date(2021, 7, 1)
CASES = 1000


def node(number: int, day: int, source: int | None = None) -> Node:
    return Node(
        id=number,
        number=f"F0-2107{day:02d}-{number:05d}",
        onset=FIRST + timedelta(days=day),
        sampled=None,
        area=CAI_KHE,
        source_id=source,
        source=None,
        elsewhere=False,
    )


def linked(found: Transmission) -> dict[int, int]:
    return {case: link.source for case, link in parents(found).items()}


def invented() -> Transmission:
    made = outbreak(CASES, 2021, FIRST + timedelta(days=60))
    nodes = [
        node(place + 1, (one.onset - FIRST).days, None if one.source is None else one.source + 1)
        for place, one in enumerate(made)
    ]
    meetings = [
        Meeting(case_id=at + 1, contact_id=place + 1, tier=1)
        for place, one in enumerate(made)
        for at in one.met
    ]
    return transmission(nodes, meetings, len(nodes))


def test_a_case_stands_behind_its_source_else_behind_the_last_it_met() -> None:
    nodes = [node(1, 0), node(2, 3), node(3, 5, source=1), node(4, 6)]
    met = [Meeting(case_id=2, contact_id=3, tier=1), Meeting(case_id=4, contact_id=1, tier=2)]
    found = transmission(nodes, [*met, Meeting(case_id=2, contact_id=4, tier=1)], 4)

    assert linked(found) == {3: 1, 4: 2}
    assert [(one.source, one.target, one.known) for one in found.links] == [
        (1, 3, Known.SOURCE),
        (1, 4, Known.CONTACT),
        (2, 3, Known.CONTACT),
        (2, 4, Known.CONTACT),
    ]


def test_circles_unknown_sources_and_a_source_that_fell_ill_later_are_drawn_all_the_same() -> None:
    circle = [node(1, 4, source=3), node(2, 2, source=1), node(3, 3, source=2)]
    rest = [node(4, 5, source=99), node(5, 1, source=4), node(6, 6, source=6)]
    found = transmission([*circle, *rest], [], 6)

    drawn = picture(found)

    assert linked(found) == {1: 3, 3: 2, 5: 4}
    assert len(found.links) == 4  # the circle is whole, though it begins somewhere
    assert len({(spot.x, spot.y) for spot in drawn.spots.values()}) == 6


def test_a_chain_may_be_longer_than_python_can_call_itself() -> None:
    drawn = picture(transmission([node(n, n % 60, n - 1) for n in range(1, 1500)], [], 1499))

    assert len(drawn.spots) == 1499


def test_no_line_to_a_case_crosses_another_case() -> None:
    found = invented()
    drawn = picture(found)

    rows: dict[float, list[tuple[float, int]]] = {}
    for case, spot in drawn.spots.items():
        rows.setdefault(spot.y, []).append((spot.x, case))
    for case, link in drawn.parent.items():
        to, source = drawn.spots[case], drawn.spots[link.source]
        first, last = sorted((to.x, source.x))
        between = [one for x, one in rows[to.y] if first <= x <= last]
        assert set(between) <= {case, link.source}, link


def test_labels_of_a_thousand_cases_leave_each_other_room_at_every_scale() -> None:
    drawn = picture(invented())
    spots = list(drawn.spots.values())

    shown = [sum(one.named_from in SCALES[: n + 1] for one in spots) for n in range(len(SCALES))]

    assert shown == sorted(shown)
    assert (shown[0] > 0.05 * CASES, shown[-1] > 0.9 * CASES) == (True, True), shown
    for scale in SCALES:
        named = [one for one in spots if one.named_from and one.named_from <= scale]
        at = sorted(
            (WIDTH / 100 * scale * one.x, drawn.height / 100 * scale * one.y) for one in named
        )
        for place, (x, y) in enumerate(at):
            near = [other for other in at[place + 1 : place + 60] if other[0] - x < 36]
            assert not [other for other in near if abs(other[1] - y) < 12]


async def test_an_officer_sees_numbers_of_their_own_cases_and_who_infected_whom(
    service: Service,
) -> None:
    # given X, on whose list P and W stand, who are cases too;
    # somebody of another province infected W, says an officer there
    await make_golden_world(service)
    officers = await make_officers(service)
    country = await make_officers(service, area="")
    case = await approved_case(officers)
    second = await approved_case(officers, phone=PHONES[P], onset="2021-07-12", isolated=None)
    third = await approved_case(officers, phone=PHONES[W], onset="2021-07-14", isolated=None)
    far = await approved_case(
        country, phone="+84911111111", onset="2021-07-01", isolated=None, area="2025/79/"
    )
    await open_case(officers.opener, phone=PHONES[5], onset="2021-07-12", isolated=None)
    numbers = {one["id"]: one["number"] for one in await listed(country.opener)}

    async def name(client: Any, of: int, source: str | None) -> int:
        answer = await client.post(f"/v1/cases/{of}/source", json={"source": source})
        return int(answer.status_code)

    assert await name(officers.opener, second, numbers[case]) == 204
    assert await name(country.opener, third, numbers[far]) == 204
    assert await name(officers.opener, second, numbers[far]) == 422
    assert await name(officers.opener, second, numbers[second]) == 422
    assert await name(officers.opener, far, None) == 404
    found = (await officers.opener.get("/v1/transmission")).json()
    later = (await officers.opener.get("/v1/transmission?since=2021-07-11")).json()
    nobody = (await officers.opener.get("/v1/transmission?area=2025/79/")).json()
    whole = (await country.opener.get("/v1/transmission")).json()
    page = await officers.opener.get("/desk/graph?lang=en")
    drawn = await officers.opener.get("/v1/transmission.svg")
    graph = await officers.opener.get("/v1/transmission.graphml?since=2021-07-11")

    assert [(one["id"], one["source"], one["elsewhere"]) for one in found["cases"]] == [
        (case, None, False),
        (second, numbers[case], False),
        (third, None, True),
    ]
    assert (found["total"], found["unknown"], found["elsewhere"]) == (3, 1, 1)
    assert [(one["source"], one["target"], one["known"]) for one in found["links"]] == [
        (numbers[case], numbers[second], "source"),
        (numbers[case], numbers[third], "contact"),
    ]
    assert [one["source"] for one in later["cases"]] == [numbers[case], None]
    assert nobody["cases"] == []
    assert (len(whole["cases"]), whole["elsewhere"]) == (4, 0)
    assert numbers[far] not in page.text + drawn.text
    assert page.text.count('class="case') == 3
    assert "1 were infected by cases of other areas" in page.text
    svg, xml = map(ElementTree.fromstring, (drawn.text, graph.text))
    assert (len(svg.findall(".//{*}circle")), len(xml.findall(".//{*}node"))) == (3, 2)
    assert "Chị" not in page.text + drawn.text + graph.text
    assert len(await audit_acts(service, "name-source")) == 2


async def listed(client: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get("/v1/cases")).json()["cases"]
    return found


async def test_the_source_of_a_case_is_named_on_its_page(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    others = await make_officers(service, area="2025/79/")
    case = await approved_case(officers)
    second = await approved_case(officers, phone=PHONES[P], onset="2021-07-12", isolated=None)
    number = next(one["number"] for one in await listed(officers.opener) if one["id"] == case)
    path = f"/desk/cases/{second}/source"

    wrong = await officers.opener.post(f"{path}?lang=en", data={"source": "F0-210720-00000"})
    kept = await officers.opener.post(path, data={"source": number.lower()})
    shown = await officers.opener.get(path)

    # and nobody is above their own source
    numbers = {one["id"]: one["number"] for one in await listed(officers.opener)}
    circle = await officers.opener.post(
        f"/v1/cases/{case}/source", json={"source": numbers[second]}
    )
    told = await officers.opener.post(
        f"/desk/cases/{case}/source", data={"source": numbers[second]}
    )

    assert circle.json()["type"] == "/problems/source-circle"
    assert told.status_code == 409
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    assert (kept.status_code, f'value="{number}"' in shown.text) == (303, True)
    for answer in (await others.opener.get(path), await others.opener.post(path, data={})):
        assert answer.status_code == 404


async def test_a_source_that_fell_ill_later_is_taken_and_told(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    later = await approved_case(officers)
    first = await approved_case(officers, phone=PHONES[P], onset="2021-07-08", isolated=None)
    numbers = {one["id"]: one["number"] for one in await listed(officers.opener)}
    path = f"/desk/cases/{first}/source"

    kept = await officers.opener.post(path, data={"source": numbers[later]})
    page = (await officers.opener.get(f"{kept.headers['location']}?lang=en")).text
    graph = (await officers.opener.get("/desk/graph?lang=en")).text
    file = (await officers.opener.get("/v1/transmission.svg")).text

    assert kept.headers["location"] == path
    assert "it fell ill later than this case: 10/07/2021, not before 08/07/2021" in page
    assert f"{numbers[later]} <span" in graph
    assert graph.count("fell ill later") == 1
    for text in (graph, file):  # the label makes room for the arrow's head beside the dot
        assert text.count('marker-end="url(#arrow)"') == 1
        assert (text.count('<text x="20"'), text.count('<text x="6"')) == (1, 1)


def test_an_arrow_to_a_case_of_the_same_day_has_a_line_to_point_along() -> None:
    drawn = picture(transmission([node(1, 4), node(2, 4, source=1)], [], 2))

    assert [drawn.spots[one].turned for one in (1, 2)] == [False, True]
    assert drawn.spots[1].x == drawn.spots[2].x
    assert drawn.spots[1].y != drawn.spots[2].y


async def test_of_more_cases_than_a_picture_holds_the_latest_are_shown(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_transmission, "MOST", 20)
    officers = await make_officers(service)
    async with transaction(service.state["db"]) as db:
        made = outbreak(50, 1, date(2021, 7, 20))
        await store(db, made, CAI_KHE)
    async with connection(service.state["db"]) as db:
        latest = await db.fetchval(
            "SELECT number FROM case_file ORDER BY onset DESC, id DESC LIMIT 1"
        )

    found = (await officers.opener.get("/v1/transmission")).json()

    assert (found["total"], len(found["cases"])) == (50, 20)
    assert latest in {one["number"] for one in found["cases"]}
