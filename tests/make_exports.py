"""A case whose list leaves: the golden world traced to F2, with names that are hard on files."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.conftest import Service
from tests.golden import A, X, at, was
from tests.make_cases import (
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    released,
)
from tests.make_people import make_person, make_scans
from tracing.exports.formats import RECIPES, ListFormat

NAMES = ['=HYPERLINK("http://example.org","xem")', "+1", "@x", '";=1+1', "Đặng Thị Ngọc Hà"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """`people`: the ids of those who were added, by their names."""

    case_id: int
    case_number: str
    officers: Officers
    people: dict[str, int]

    async def export(self, name: str, purpose: str = "sampling") -> httpx.Response:
        """Let go by a second person where it names people."""
        if RECIPES[ListFormat(name)].names:
            await released(self.officers, self.case_id, name, purpose)
        path = f"/v1/cases/{self.case_id}/export?format={name}&purpose={purpose}"
        answer = await self.officers.opener.get(path)
        assert answer.status_code == 200, answer.text
        return answer

    async def numbers(self) -> dict[tuple[int, bool], set[str]]:
        """The numbers of the list by tier and whether they are brief."""
        found: dict[tuple[int, bool], set[str]] = {}
        for one in (await contacts_of(self.officers.opener, self.case_id))["contacts"]:
            found.setdefault((one["tier"], one["brief"]), set()).add(one["number"])
        return found


async def make_traced_case(service: Service, names: list[str] | None = None) -> Traced:
    """F1: P, W and whoever `names` calls (30 minutes with X at A); brief: U; F2: S, Q, B and T."""
    world = await make_golden_world(service)
    venue = world.venues[A]
    await make_scans(service, was(world.people[X], venue, at(10, "10:00"), at(10, "11:00")))
    people = {}
    for name in NAMES if names is None else names:
        people[name] = await make_person(service, name, "+84987654321")
        await make_scans(service, was(people[name], venue, at(10, "10:30"), at(10, "11:00")))
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    answer = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": 2})
    assert answer.status_code == 201, answer.text
    case = (await officers.opener.get(f"/v1/cases/{case_id}")).json()
    return Traced(case_id=case_id, case_number=case["number"], officers=officers, people=people)
