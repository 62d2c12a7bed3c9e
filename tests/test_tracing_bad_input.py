"""What changes or breaks while it is in use: nothing half done, and a clear answer."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from kit.db import connection
from kit.table import TableCut, read_rows
from tests.conftest import Service
from tests.golden import P, W
from tests.make_cases import approved_case, contacts_of, make_golden_world, make_officers
from tests.make_people import link
from tracing.trace import Hops


async def test_people_merged_while_a_trace_runs_are_one_from_the_next_trace_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    before = await contacts_of(officers.opener, case_id)
    whole = Hops.contacts

    async def merged_meanwhile(made: Hops) -> Any:
        traced = await whole(made)
        await link(service, world.people[P], world.people[W])
        return traced

    monkeypatch.setattr(Hops, "contacts", merged_meanwhile)
    during = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
    same = await contacts_of(officers.opener, case_id)
    monkeypatch.undo()
    after = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
    found = await contacts_of(officers.opener, case_id)

    def names(listed: dict[str, Any]) -> set[str]:
        return {one["name"] for one in listed["contacts"]}

    assert (during.status_code, after.status_code) == (201, 201)
    assert names(same) == names(before) >= {"C. P.", "C. W."}
    assert len(names(found) & {"C. P.", "C. W."}) == 1
    assert len(names(found)) == len(names(before)) - 1


async def test_a_policy_in_use_can_be_deleted_by_nobody(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    async with connection(service.state["db"]) as db:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await db.execute("DELETE FROM policy WHERE name = 'july'")
    owner = await asyncpg.connect(service.settings.database_owner_url)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await owner.execute("DELETE FROM policy WHERE name = 'july'")
    await owner.close()

    again = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
    assert again.status_code == 201


def test_a_file_of_1_200_000_rows_that_was_cut_in_the_middle_is_refused_at_its_end() -> None:
    row = b"Hoa,0912345678,09/07/2021\n"
    head = "Họ tên,SĐT,Tiếp xúc đầu\n".encode()
    whole = head + row * 1_200_000
    middle = len(head) + 600_000 * len(row) + 6
    seen = 0

    def read() -> None:
        nonlocal seen
        for line, _ in read_rows(whole[:middle], "list.csv"):
            seen = line

    with pytest.raises(TableCut) as refused:
        read()

    assert seen == refused.value.facts["line"] == 600_002


async def test_a_list_larger_than_its_limit_is_refused_before_it_is_read(service: Service) -> None:
    officers = await make_officers(service)
    head = {"Content-Type": "text/csv"}

    answer = await officers.opener.post(
        "/v1/case-lists?policy=july&area=", content=b"x" * (1 << 20) + b"x", headers=head
    )

    assert (answer.status_code, answer.json()["limit"]) == (413, 1 << 20)
