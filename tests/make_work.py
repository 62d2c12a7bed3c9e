"""The golden case with its contacts in two wards, its officers, and a tracer of each ward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.golden import U, W
from tests.make_cases import (
    CAN_THO,
    GoldenWorld,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tests.make_venues import CAI_KHE, staff_client

OTHER_WARD = "2025/92/31135/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`number`: by the letter of a contact: P and B live in Cái Khế, W and U in the other ward."""

    service: Service
    world: GoldenWorld
    officers: Officers
    verifier: httpx.AsyncClient
    here: httpx.AsyncClient
    there: httpx.AsyncClient
    case_id: int
    number: dict[str, str]

    @property
    def path(self) -> str:
        return f"/v1/cases/{self.case_id}"

    @property
    def page(self) -> str:
        return f"/desk/cases/{self.case_id}"

    async def work(
        self, act: str, *letters: str, by: httpx.AsyncClient | None = None, **more: Any
    ) -> httpx.Response:
        form = {"act": act, "numbers": [self.number[one] for one in letters]} | more
        return await (by or self.officers.opener).post(f"{self.path}/contacts/work", json=form)

    async def judge(
        self, verdict: str, *letters: str, by: httpx.AsyncClient | None = None, **more: Any
    ) -> httpx.Response:
        form = {"verdict": verdict, "numbers": [self.number[one] for one in letters]} | more
        return await (by or self.verifier).post(f"{self.path}/contacts/verdicts", json=form)

    async def give(self, *letters: str, **more: Any) -> httpx.Response:
        form = {"numbers": [self.number[one] for one in letters]} | more
        return await self.officers.opener.post(f"{self.path}/contacts/assignments", json=form)

    async def case(self, client: httpx.AsyncClient | None = None) -> dict[str, Any]:
        found: dict[str, Any] = (await (client or self.officers.opener).get(self.path)).json()
        return found

    async def listed(self, client: httpx.AsyncClient | None = None, **query: Any) -> list[str]:
        """Letters in the order of the list."""
        answer = await (client or self.officers.opener).get(f"{self.path}/contacts", params=query)
        assert answer.status_code == 200, answer.text
        return [one["name"][3] for one in answer.json()["contacts"]]

    async def contact(self, letter: str) -> dict[str, Any]:
        found = await contacts_of(self.officers.opener, self.case_id)
        return next(one for one in found["contacts"] if one["number"] == self.number[letter])


@pytest.fixture
async def desk(service: Service) -> Desk:
    world = await make_golden_world(service)
    async with connection(service.state["db"]) as db:
        people = [world.people[one] for one in (W, U)]
        await db.execute("UPDATE person SET area = $2 WHERE id = ANY($1)", people, OTHER_WARD)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    found = await contacts_of(officers.opener, case_id)
    return Desk(
        service=service,
        world=world,
        officers=officers,
        verifier=await staff_client(service, Role.VERIFIER, area=CAN_THO),
        here=await staff_client(service, Role.TRACER, area=CAI_KHE),
        there=await staff_client(service, Role.TRACER, area=OTHER_WARD),
        case_id=case_id,
        number={one["name"][3]: one["number"] for one in found["contacts"]},
    )
