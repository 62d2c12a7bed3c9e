"""Lists that are uploaded are read in a thread of their own, one after the other."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlencode

import httpx

from accounts.model import Role
from tests import test_tracing_line_list as cases
from tests import test_tracing_people_list as people
from tests.conftest import Service
from tests.make_venues import CAI_KHE, make_organisation, staff_client
from venues.reading import read_aside

HANGS = 30  # seconds; nothing is measured by them
VENUES = "Tên,Địa chỉ\nQuán Ngon,12 Lê Lợi\n"


async def test_every_list_is_read_while_all_that_check_passwords_and_trace_are_busy(
    service: Service,
) -> None:
    # given
    officers, case_id = await people.traced(service)
    company = await make_organisation(service, "Chợ")
    venue = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)
    free, busy = Event(), ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(busy)
    held = loop.run_in_executor(None, free.wait)

    async def send(client: httpx.AsyncClient, path: str, kind: str, body: bytes) -> int:
        answer = await client.post(path, content=body, headers={"Content-Type": kind})
        return answer.status_code

    opener, case = officers.opener, f"/v1/cases/{case_id}"
    sent = (
        send(venue, "/v1/venues/import", "text/csv", VENUES.encode()),
        send(
            *(opener, f"/v1/case-lists?policy=july&area={CAI_KHE}", "text/csv"),
            cases.listed(*cases.GOOD),
        ),
        send(opener, f"{case}/contact-lists", "text/csv", people.listed(*people.ROWS)),
        send(
            *(opener, f"{case}/guest-lists?{urlencode(people.STAY)}", "application/json"),
            b'{"guests": []}',
        ),
    )
    # when / then
    try:
        assert set(await asyncio.wait_for(asyncio.gather(*sent), HANGS)) == {200}
        assert not held.done()
    finally:
        free.set()
        await held


async def test_lists_wait_for_one_another_and_nobody_reads_what_is_no_longer_awaited() -> None:
    # given one that is being read and two that wait
    begun, free = Event(), Event()
    read = []

    def reading(name: str) -> str:
        read.append(name)
        begun.set()
        free.wait()
        return name

    first, second, third = (asyncio.ensure_future(read_aside(reading, name)) for name in "abc")
    await asyncio.to_thread(begun.wait)
    # when the second's deadline passes
    second.cancel()
    await asyncio.wait([second])
    free.set()
    # then
    assert (await first, await third) == ("a", "c")
    assert read == ["a", "c"]
