"""A case with contacts one of whom can be held, its officers, and that contact's phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from accounts.model import Citizen
from kit.db import connection
from tests.conftest import Service
from tests.make_cases import (
    GoldenWorld,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tracing.case import contact_number

NOTE = "Cách ly tại nhà theo quyết định 12, gọi 1022"


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A case with contacts, the two officers, and the phone of one contact."""

    service: Service
    world: GoldenWorld
    officers: Officers
    case_id: int
    number: str
    person_id: int
    citizen: httpx.AsyncClient

    @property
    def path(self) -> str:
        return f"/v1/cases/{self.case_id}/holds"

    async def propose(self, client: httpx.AsyncClient | None = None, **changed: Any) -> Any:
        until = (self.service.clock() + timedelta(days=14)).isoformat()
        form = {"number": self.number, "colour": "red", "until": until, "note": NOTE} | changed
        return await (client or self.officers.opener).post(self.path, json=form)

    async def decide(self, hold_id: int, client: httpx.AsyncClient | None = None) -> Any:
        form = {"approved": True, "reason": "đã xem danh sách F1"}
        chosen = client or self.officers.approver
        return await chosen.post(f"{self.path}/{hold_id}/decision", json=form)

    async def stand(self) -> int:
        hold_id: int = (await self.propose()).json()["id"]
        answer = await self.decide(hold_id)
        assert answer.status_code == 200, answer.text
        return hold_id

    async def own(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.citizen.get("/v1/me/standing")).json()
        return found


@pytest.fixture
async def held(service: Service) -> Held:
    world = await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    contact = next(
        one for one in (await contacts_of(officers.opener, case_id))["contacts"] if not one["brief"]
    )
    person_id = await person_of(service, case_id, contact["number"])
    return Held(
        service=service,
        world=world,
        officers=officers,
        case_id=case_id,
        number=contact["number"],
        person_id=person_id,
        citizen=await device(service, person_id),
    )


async def person_of(service: Service, case_id: int, number: str) -> int:
    async with connection(service.state["db"]) as db:
        case_number = await db.fetchval("SELECT number FROM case_file WHERE id = $1", case_id)
        people = await db.fetch("SELECT person_id FROM contact WHERE case_id = $1", case_id)
    key = service.state["keys"].cases.key(case_number)
    ids: list[int] = [row["person_id"] for row in people]
    return next(one for one in ids if contact_number(key, one) == number)


async def device(service: Service, person_id: int) -> httpx.AsyncClient:
    citizen = Citizen(person_id=person_id, generation=0)
    token = service.state["device_tokens"].issue(citizen, service.clock())
    return await service.client(Authorization=f"Bearer {token}")
