"""The clock of a case: green only where everybody whom it may concern was reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from kit.db import connection
from tests.conftest import NOW, Service
from tests.make_cases import (
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tracing import desk
from tracing.clock import ClockState, Reached, clock
from tracing.engine.contact import Coverage

WHOLE = Coverage(begins=date(2021, 7, 8), kept_from=date(2021, 7, 1), missing=(), days=4)


async def shown(officers: Officers, **changed: Any) -> tuple[dict[str, Any], str, str]:
    """Its clock, its page, and what its run says of days."""
    case_id = await approved_case(officers, **changed)
    case = (await officers.opener.get(f"/v1/cases/{case_id}")).json()
    page = await officers.opener.get(f"/desk/cases/{case_id}", headers={"Accept-Language": "vi"})
    run = (await contacts_of(officers.opener, case_id))["run"]
    return case["clock"], page.text, run["coverage"]["sentence"]


async def test_where_nobody_could_be_traced_the_clock_is_never_green(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)

    unknown, page, _ = await shown(officers, phone="", document="092087001234")
    before, _, empty = await shown(officers, isolated="2021-07-05T12:00:00+07:00")
    gone, _, missing = await shown(
        officers, onset="2021-05-01", isolated="2021-05-05T12:00:00+07:00"
    )

    assert (unknown["state"], unknown["gaps"]) == ("nobody", ["person-unknown"])
    assert "Chưa có ai để liên hệ" in page
    assert "không biết ai có số điện thoại" in page
    why = page[page.index("Vẫn có thể có người đã tiếp xúc") :]  # of an empty list
    assert "<li>hệ thống không biết ai có số điện thoại" in why
    assert (before["state"], before["gaps"]) == ("nobody", ["period-empty"])
    assert "không có gì để truy vết" in empty
    assert (gone["state"], gone["gaps"]) == ("nobody", ["days-missing"])
    assert "không còn dữ liệu nào" in missing
    for wish, count in {"nobody": 3, "done": 0, "running": 0, "overdue": 0}.items():
        found = (await officers.opener.get(f"/v1/cases?clock={wish}")).json()["cases"]
        assert len(found) == count, wish


async def test_what_is_missing_takes_the_green_from_a_case_whose_f1_were_all_reached(
    service: Service,
) -> None:
    await make_golden_world(service)
    case_id = await approved_case(await make_officers(service))
    async with connection(service.state["desk_db"]) as db:
        case = await desk.case_in(db, case_id, desk.Desk(staff_id=0, areas=[""]))
    found = Reached(f1=2, stopped=NOW + timedelta(minutes=10), coverage=WHOLE)
    gaps = replace(WHOLE, missing=(date(2021, 7, 8),))

    def state(reached: Reached | None) -> ClockState:
        return clock(case, reached, NOW + timedelta(minutes=70)).state

    assert state(found) is ClockState.DONE
    assert state(replace(found, coverage=gaps)) is ClockState.PARTLY
    assert clock(replace(case, people=()), found, NOW).state is ClockState.PARTLY
    assert state(replace(found, f1=0)) is ClockState.NOBODY
    assert state(replace(found, stopped=None)) is ClockState.OVERDUE
    assert state(None) is ClockState.OVERDUE
