"""What a guard and a visitor are told while the database stalls."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.conftest import Service
from tests.make_gates import a_gate
from tests.make_phones import signed_up


async def test_all_who_wait_for_a_stalled_database_are_told_in_time_to_come_again(
    service: Service,
) -> None:
    # given a gate and a phone whose tables do not answer
    gate, venue = await a_gate(service)
    phone = await signed_up(service)
    await gate.get("/v1/gate")
    service.clock.tick(days=1)  # another day, whose scans nobody has counted
    owner = await asyncpg.connect(service.settings.database_owner_url)
    await owner.execute("BEGIN; LOCK TABLE scan, standing, person IN ACCESS EXCLUSIVE MODE")

    # when more ask than a statement can be waited for one after the other
    asked = [gate.get("/v1/gate") for _ in range(4)]
    answers = await asyncio.gather(*asked, phone.get("/v1/me/pass"), phone.get(f"/V/{venue.code}"))
    await owner.close()

    # then
    assert [answer.status_code for answer in answers] == [503] * 6
    assert all("retry-after" in answer.headers for answer in answers)
    types = [answer.json()["type"] for answer in answers[:5]]
    assert types.count("/problems/overdue") >= 4
    assert (await gate.get("/v1/gate")).status_code == 200
