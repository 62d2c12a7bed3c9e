"""The golden world in a database, and the officers who trace in it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from accounts.model import Role
from tests import golden
from tests.conftest import Service
from tests.make_people import make_person, make_scans
from tests.make_venues import CAI_KHE, make_venue, staff_client
from tracing.engine.model import Scan

CAN_THO = "2025/92/"
PHONES = {person: f"+8491200000{person}" for person in range(1, 10)}
NAMES = dict(zip(range(1, 10), "XPQRSTBUW", strict=True))

CASE = {
    "phone": PHONES[golden.X],
    "onset": "2021-07-10",
    "isolated": "2021-07-11T12:00:00+07:00",
    "policy": "july",
    "lab_reference": "CDC-CT 4711",
    "area": CAI_KHE,
}

references = itertools.count(5000)

JULY_POLICY = """
INSERT INTO policy (name, version, disease, in_force, days_before_symptomatic,
    days_before_asymptomatic, asymptomatic_from_source, min_minutes_masked, min_minutes_unmasked,
    metres, tail, cumulative, latency, look_back_from, look_back_to, max_tier, source)
VALUES ('july', 1, 'covid-19', '[2021-07-01,)', 2, 2, false, 15, 15, 2, 0, false, 0, 14, 1, 4,
    'the specification''s worked example')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenWorld:
    """`people` and `venues`: id by the number in `tests/golden.py`."""

    people: Mapping[int, int]
    venues: Mapping[int, int]

    def scans(self) -> list[Scan]:
        return [
            replace(one, person=self.people[one.person], venue=self.venues[one.venue])
            for one in golden.SCANS
        ]


async def make_golden_world(service: Service) -> GoldenWorld:
    """Everybody's name is 'Chị' and their letter."""
    async with service.state["db"].acquire() as db:
        await db.execute(JULY_POLICY)
    people = {
        number: await make_person(service, f"Chị {NAMES[number]}", PHONES[number])
        for number in NAMES
    }
    venues = {
        number: (await make_venue(service, name=f"Chợ {letter}")).id
        for number, letter in zip(golden.VENUES, "ACDEG", strict=True)
    }
    world = GoldenWorld(people=people, venues=venues)
    await make_scans(service, world.scans())
    return world


@dataclass(frozen=True, slots=True, kw_only=True)
class Officers:
    opener: httpx.AsyncClient
    approver: httpx.AsyncClient


async def make_officers(service: Service, area: str = CAN_THO) -> Officers:
    """Two coordinators, so that only their being two accounts makes a difference."""
    return Officers(
        opener=await staff_client(service, Role.COORDINATOR, area=area),
        approver=await staff_client(service, Role.COORDINATOR, area=area),
    )


async def open_case(opener: httpx.AsyncClient, **changed: Any) -> dict[str, Any]:
    """Under a laboratory reference of its own, unless one is given."""
    own = {"lab_reference": f"CDC-CT {next(references)}"}
    answer = await opener.post("/v1/cases", json=CASE | own | changed)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def approve(approver: httpx.AsyncClient, case_id: int) -> httpx.Response:
    form = {"approved": True, "reason": "phiếu xét nghiệm đã kiểm tra"}
    return await approver.post(f"/v1/cases/{case_id}/approval", json=form)


async def approved_case(officers: Officers, **changed: Any) -> int:
    case_id: int = (await open_case(officers.opener, **changed))["id"]
    answer = await approve(officers.approver, case_id)
    assert answer.status_code == 200, answer.text
    return case_id


async def contacts_of(client: httpx.AsyncClient, case_id: int) -> dict[str, Any]:
    answer = await client.get(f"/v1/cases/{case_id}/contacts?limit=1000")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def released(
    officers: Officers, case_id: int, what: str, purpose: str = "sampling"
) -> dict[str, Any]:
    """Asked for by the opener, let go by the other."""
    path = f"/v1/cases/{case_id}/releases"
    form = {"what": what, "purpose": purpose, "reason": "gửi trung tâm y tế quận"}
    asked = await officers.opener.post(path, json=form)
    assert asked.status_code == 201, asked.text
    verdict = {"approved": True, "reason": "đã gọi trung tâm y tế"}
    verdict |= {"people": asked.json()["people"]}
    answer = await officers.approver.post(f"{path}/{asked.json()['id']}/decision", json=verdict)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
