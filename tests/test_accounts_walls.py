"""Route by route: what is of another area or another venue is not there. Every staff route with an
id in its path is walked, so that a new one is covered by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from msgspec import inspect

import app
from accounts.access_table import ACCESS, VENUES, Who
from accounts.model import Role
from kit.db import connection
from kit.http import Endpoint, Form
from tests.conftest import NOW, Service
from tests.make_cases import CAN_THO, CASE, approved_case, make_officers
from tests.make_holds import Held, held
from tests.make_venues import make_venue, staff_client
from tests.test_checkin_epidemic import listed
from tests.test_tracing_alerts import check_in
from tests.test_tracing_isolation import FORM as ISOLATION
from tests.test_tracing_points import HOME

__all__ = ["held"]  # the fixture

ELSEWHERE = "2025/79/"
NO_OBJECT = {"GET /desk/samples/{name}"}  # files that are the same for everybody
ROUTES = [
    one
    for one in app.endpoints
    if ACCESS[one.name].who is Who.STAFF and "{" in one.path and one.name not in NO_OBJECT
]
NOT_THERE = {403, 404}
# Their object went by another route before, or its form names somebody who is not of it.
SPENT = {
    "POST /venues/{venue_id:int}/gates/{gate_id:int}/revoke",
    "POST /v1/cases/{case_id:int}/points/{point_id:int}/removals",
    "POST /desk/cases/{case_id:int}/contacts/{number}/isolations/{isolation_id:int}/withdrawal",
}
LONGER = {"onset": "2021-07-09", "isolated": CASE["isolated"], "reason": "hồ sơ"}
# Where a form is weighed before anybody looks whose it is for: one that is taken.
FORMS: dict[str, dict[str, Any]] = {
    "POST /v1/cases/{case_id:int}/corrections": LONGER,
    "POST /v1/cases/{case_id:int}/points": HOME,
    "PUT /v1/cases/{case_id:int}/points/{point_id:int}": HOME,
    "POST /v1/cases/{case_id:int}/contacts/{number}/isolations": ISOLATION,
    "POST /v1/cases/{case_id:int}/holds": {
        "colour": "red",
        "until": (NOW + timedelta(days=14)).isoformat(),
        "note": "Cách ly tại nhà",
    },
    "POST /desk/cases/{case_id:int}/contacts/work": {"do": "no-answer:{number}"},
    "POST /desk/cases/{case_id:int}/contacts/verdicts": {"do": "confirmed:{number}"},
}
SAMPLES = Path(__file__).parent.parent / "tracing/samples"
STAY = {"place": "Nhà hàng", "start": HOME["start"], "end": HOME["end"]}
LISTS: dict[str, tuple[str, dict[str, Any]]] = {
    "POST /v1/cases/{case_id:int}/contact-lists": ("contacts.csv", {}),
    "POST /v1/cases/{case_id:int}/guest-lists": ("guests.json", STAY),
}
# Of a venue; all others are of a case, but for the list of epidemic areas.
OF_VENUES = [one for one in ROUTES if ACCESS[one.name] == VENUES]


async def filled(held: Held) -> dict[str, str]:
    """Something behind every id that a path names."""
    service, opener, approver = held.service, held.officers.opener, held.officers.approver
    case = f"/v1/cases/{held.case_id}"
    hold = await held.stand()
    venue = await make_venue(service)
    await check_in(held.citizen, venue, service.clock())
    await held.citizen.post("/v1/me/objections", json={"words": "nhầm người"})
    corrections = await made(opener, f"{case}/corrections", LONGER)
    point = await made(opener, f"{case}/points", HOME | {"people": [{"name": "Lê Thị Mẹ"}]})
    isolations = await made(opener, f"{case}/contacts/{held.number}/isolations", ISOLATION)
    asked = {"what": "csv", "purpose": "sampling", "reason": "gửi quận"}
    release = await made(opener, f"{case}/releases", asked)
    keeper = await staff_client(service, Role.ADMIN, area="")
    door = f"/v1/checkpoints/{venue.checkpoint_id}"
    await made(keeper, f"{door}/gates", {"name": "Máy 1"})
    gates = (await keeper.get(f"/v1/venues/{venue.id}/gates")).json()["gates"]
    display = await made(keeper, f"{door}/displays", None)
    alerts = (await approver.get("/v1/alerts")).json()["alerts"]
    async with connection(service.state["db"]) as db:
        run_id = await db.fetchval("SELECT max(id) FROM run WHERE case_id = $1", held.case_id)
    found = {
        "case_id": held.case_id,
        "run_id": run_id,
        "hold_id": hold,
        "number": held.number,
        "correction_id": corrections["corrections"][0]["id"],
        "point_id": point["point"]["id"],
        "isolation_id": isolations["isolations"][0]["id"],
        "release_id": release["id"],
        "reference": alerts[0]["reference"],
        "venue_id": venue.id,
        "checkpoint_id": venue.checkpoint_id,
        "gate_id": gates[0]["id"],
        "display_id": display["id"],
        "edition": await listed(opener),
    }
    return {name: str(value) for name, value in found.items()}


async def made(client: httpx.AsyncClient, path: str, form: object) -> Any:
    answer = await client.post(path, json=form)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def status(client: httpx.AsyncClient, endpoint: Endpoint, ids: Mapping[str, str]) -> int:
    """With a form that is whole, so that nothing but whose it is stands in the way."""
    path = re.sub(r"{(\w+)(?::int)?}", lambda name: ids[name[1]], endpoint.path)
    sent: dict[str, Any] = {}
    if endpoint.form is not None:
        form = whole(endpoint.form, ids) | FORMS.get(endpoint.name, {})
        by = "params" if endpoint.method == "GET" else "data" if endpoint.page else "json"
        sent[by] = form
    elif endpoint.name in FORMS:  # a page that reads its fields itself
        sent = {"data": {name: text.format(**ids) for name, text in FORMS[endpoint.name].items()}}
    elif endpoint.name in LISTS:
        name, query = LISTS[endpoint.name]
        head = {"content-type": endpoint.takes[0]}
        sent = {"content": (SAMPLES / name).read_bytes(), "params": query, "headers": head}
    return (await client.request(endpoint.method, path, **sent)).status_code


def whole(form: Form, ids: Mapping[str, str]) -> dict[str, Any]:
    """All that it must have, of the kinds that it names, and whatever is to be said in words."""
    known: dict[str, Any] = dict.fromkeys(("reason", "answer", "words", "name", "source"), "lý do")
    known |= {"number": ids["number"], "numbers": [ids["number"]]}
    known |= {"checkpoint": int(ids["checkpoint_id"]), "sure": True}
    kind = inspect.type_info(form)
    assert isinstance(kind, inspect.StructType)
    return {
        one.encode_name: known.get(one.encode_name, None) or value_of(one.type)
        for one in kind.fields
        if one.required or one.encode_name in known
    }


def value_of(kind: inspect.Type) -> Any:
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=about):
            examples = (about or {}).get("examples")
            return examples[0] if examples else value_of(inner)
        case inspect.StrType(min_length=length):
            return "x" * (length or 1)
        case inspect.IntType(ge=least):
            return least or 1
        case inspect.BoolType():
            return True
        case inspect.EnumType(cls=cls):
            return next(iter(cls)).value
        case inspect.DateTimeType():
            return NOW.isoformat()
        case inspect.ListType(item_type=inner):
            return [value_of(inner)]
        case inspect.StructType():
            return {}
        case inspect.UnionType(types=(first, *_)):
            return value_of(first)
    raise AssertionError(f"say here what {kind} may be")


async def walk(
    routes: Iterable[Endpoint], clients: Mapping[Role, httpx.AsyncClient], ids: Mapping[str, str]
) -> dict[tuple[str, Role], int]:
    """What each of these accounts is answered where its role may ask, when it is let in."""
    found = {
        (one.name, role): await status(client, one, ids)
        for one in routes
        for role, client in clients.items()
        if role in ACCESS[one.name].roles
    }
    assert {name for name, _ in found} == {one.name for one in routes}, "a route nobody walked"
    return {which: code for which, code in found.items() if code not in NOT_THERE}


async def accounts(service: Service, **scope: Any) -> dict[Role, httpx.AsyncClient]:
    return {role: await staff_client(service, role, **scope) for role in Role}


async def test_staff_of_another_area_find_nothing_behind_any_path(held: Held) -> None:
    ids = await filled(held)

    assert await walk(ROUTES, await accounts(held.service, area=ELSEWHERE), ids) == {}


async def test_staff_of_another_venue_find_nothing_behind_any_path(held: Held) -> None:
    ids, service = await filled(held), held.service
    other = await make_venue(service)  # in the same ward
    of_venue = await accounts(service, venue_id=other.id)
    of_organisation = await accounts(service, organisation_id=other.organisation_id)

    assert await walk(ROUTES, of_venue, ids) == {}
    assert await walk(ROUTES, of_organisation, ids) == {}


async def test_what_stands_in_another_is_not_reached_through_ones_own(held: Held) -> None:
    """The first id of the path is the account's own, the others are not."""
    service, ids = held.service, await filled(held)
    venue = await make_venue(service, area=ELSEWHERE)
    case_id = await approved_case(await make_officers(service, ELSEWHERE), area=ELSEWHERE)
    within = [one for one in ROUTES if one.path.count("{") > 1]
    staff = await accounts(service, area=ELSEWHERE)
    of_venues = [one for one in within if one in OF_VENUES and "/display/" not in one.path]
    screens = [one for one in within if "/display/" in one.path]
    of_cases = [one for one in within if one not in OF_VENUES]

    found = await walk(of_venues, staff, ids | {"venue_id": str(venue.id)})
    found |= await walk(of_cases, staff, ids | {"case_id": str(case_id)})
    found |= await walk(screens, staff, ids | {"checkpoint_id": str(venue.checkpoint_id)})

    assert found == {}


async def test_whoever_it_is_for_is_let_in(held: Held) -> None:
    """Or the walks above would find nothing for another reason."""
    ids = await filled(held)
    admin = await staff_client(held.service, Role.ADMIN, area=CAN_THO)
    coordinator = await staff_client(held.service, Role.COORDINATOR, area=CAN_THO)

    shut = set()
    for one in sorted(ROUTES, key=lambda one: one.method != "GET"):
        client = admin if one in OF_VENUES else coordinator
        if await status(client, one, ids) in NOT_THERE:
            shut.add(one.name)

    assert shut == SPENT
