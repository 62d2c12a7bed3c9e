"""Lists that leave: no formula in them, every name with its audit row, and the operator's own."""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import os
import stat
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

import app
from accounts import audit
from accounts.keydir import FIRST
from accounts.model import Role
from checkin.model import PhoneNumberWrong
from commands import trace
from commands.trace import day_of
from kit.db import connection
from tests.conftest import Service
from tests.golden import A, X, at, was
from tests.make_cases import (
    CAN_THO,
    PHONES,
    Officers,
    approved_case,
    make_golden_world,
    make_officers,
    released,
)
from tests.make_people import audit_acts, make_person, make_scans
from tests.make_venues import staff_client
from tests.test_kit_sheet import FORMULA
from tracing.break_glass import Order, Outcome, TraceRefused, break_glass
from tracing.case import DayImplausible, PolicyUnknown, Purpose

JULY = "the specification's worked example (july, version 1)"
NAMES = [
    '=HYPERLINK("http://example.org","xem")',
    "+1",
    "-1",
    "@x",
    "＝1+1",
    "\t=1+1",
    "\u200b=1+1",
    '";=1+1',
    "Nguyễn Văn A\n=1+1",
    "Nguyễn Thị Hoa",
]


async def case_with_contacts_called(service: Service, names: list[str]) -> tuple[Officers, int]:
    """The case's id; everybody named met X at A for half an hour, after the golden world."""
    world = await make_golden_world(service)
    venue = world.venues[A]
    await make_scans(service, was(world.people[X], venue, at(10, "10:00"), at(10, "11:00")))
    for name in names:
        person = await make_person(service, name, "+84987654321")
        await make_scans(service, was(person, venue, at(10, "10:30"), at(10, "11:00")))
    officers = await make_officers(service)
    return officers, await approved_case(officers)


async def test_a_sheet_with_names_that_are_formulas_runs_nothing_and_keeps_its_rows(
    service: Service,
) -> None:
    officers, case_id = await case_with_contacts_called(service, NAMES)
    officer = officers.opener
    for one in ("xlsx", "csv"):
        await released(officers, case_id, one, "quarantine")

    sheet = await officer.get(f"/v1/cases/{case_id}/contacts.xlsx?purpose=quarantine")
    text = await officer.get(f"/v1/cases/{case_id}/contacts.csv?purpose=quarantine")

    book = openpyxl.load_workbook(io.BytesIO(sheet.content))
    assert book.sheetnames == ["Người tiếp xúc của ca này", "Về danh sách này"]
    rows = [list(row) for row in book.worksheets[0].iter_rows()]
    cells = [cell for one in book.worksheets for row in one.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert len(rows) == 1 + len(NAMES) + 4
    assert rows[0][2].value == "Họ và tên"
    names = {str(row[2].value) for row in rows[1:]}
    assert {name for name in NAMES if "\t" not in name} <= names
    assert {row[4].value for row in rows if row[2].value == "Nguyễn Thị Hoa"} == {"+84987654321"}
    about = {row[0].value: row[1].value for row in book.worksheets[1].iter_rows()}
    assert about["Số người tiếp xúc"] == str(len(NAMES) + 4)
    read = list(csv.reader(io.StringIO(text.content.decode("utf-8-sig"), newline="")))
    assert len(read) == len(rows)
    assert not [cell for row in read for cell in row if FORMULA.match(cell)]
    assert "attachment" in sheet.headers["content-disposition"]


async def test_an_export_writes_a_row_for_each_name_and_one_with_the_count(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    release = (await released(officers, case_id, "xlsx"))["id"]
    await officers.opener.get(f"/v1/cases/{case_id}/contacts.xlsx?purpose=sampling")

    acts = [act for act, _ in await audit_acts(service)]
    assert acts[5:] == ["reveal-name"] * 4 + ["export-contacts"]
    async with connection(service.state["db"]) as db:
        facts = await db.fetchval("SELECT facts FROM audit WHERE act = 'export-contacts'")
        assert facts == f'{{"count": 4, "format": "xlsx", "release": {release}}}'
        assert await audit.first_broken(db, service.state["keys"].audit.key(FIRST)) is None


async def test_exporting_is_a_right_of_its_own_and_needs_a_purpose(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)

    refused = await tracer.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    aimless = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv")
    curious = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=curiosity")

    assert refused.status_code == 403
    assert aimless.status_code == curious.status_code == 422
    assert await audit_acts(service, "export-contacts") == []


def order(folder: Path, **changed: object) -> Order:
    wanted = Order(
        phone=PHONES[X],
        document="",
        onset=date(2021, 7, 10),
        sampled=None,
        isolated=None,
        policy="july",
        purpose=Purpose.INVESTIGATION,
        output=folder / "contacts.csv",
        language="en",
    )
    return replace(wanted, **changed)  # type: ignore[arg-type]


async def test_the_operator_gets_a_file_of_his_own_and_the_audit_his_question_first(
    service: Service, tmp_path: Path
) -> None:
    await make_golden_world(service)

    found = await break_glass(service.settings, order(tmp_path), service.clock())

    text = (tmp_path / "contacts.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert found.count == len(rows) == 4
    assert found.complete
    assert found.coverage == "Every day of the infectious period from 08/07/2021 is kept."
    assert rows[0]["full_name"] == "Chị P"
    assert rows[0]["phone"] == "'+84912000002"
    assert rows[0]["first_exposure"] == "2021-07-09 10:30"
    assert rows[0]["minutes"] == "30"
    assert rows[0]["basis"] == f"{JULY}; 2021-07-20 12:00; {found.coverage}"
    assert rows[0]["reason"] == "30 min at Chợ A at the same time"
    assert rows[0]["path"] == (
        "F0 → F1 (row 1): Chợ A, 2021-07-09 10:30 – 2021-07-09 11:00, 30 min"
    )
    assert stat.S_IMODE(os.stat(tmp_path / "contacts.csv").st_mode) == 0o600
    acts = [act for act, _ in await audit_acts(service)]
    assert acts == ["operator-trace"] + ["reveal-name"] * 4


async def test_the_operators_question_is_recorded_even_when_it_finds_nothing(
    service: Service, tmp_path: Path
) -> None:
    await make_golden_world(service)

    with pytest.raises(PolicyUnknown):
        await break_glass(service.settings, order(tmp_path, policy="vn-0"), service.clock())
    assert not (tmp_path / "contacts.csv").exists()
    with pytest.raises(TraceRefused, match="nobody is known here under this number"):
        await break_glass(service.settings, order(tmp_path, phone="0987654321"), service.clock())

    assert not (tmp_path / "contacts.csv").exists()
    assert [act for act, _ in await audit_acts(service)] == ["operator-trace"] * 2


async def test_the_operator_is_told_of_nobody_only_where_somebody_was_looked_for(
    service: Service, tmp_path: Path
) -> None:
    await make_golden_world(service)

    async def asked(**changed: object) -> Outcome:
        return await break_glass(service.settings, order(tmp_path, **changed), service.clock())

    for wrong in (
        {"onset": date(2100, 1, 1)},
        {"onset": date(1970, 1, 1)},
        {"isolated": service.clock() + timedelta(days=1)},
    ):
        with pytest.raises(DayImplausible):
            await asked(**wrong)
    with pytest.raises(TraceRefused, match="no day is left to trace"):
        await asked(isolated=service.clock() - timedelta(days=30))
    found = await asked(
        onset=date(2021, 5, 20), isolated=service.clock() - timedelta(days=40), language="vi"
    )

    assert (found.count, found.complete) == (0, False)
    assert found.coverage.startswith("Thời kỳ lây truyền")


async def test_the_operators_trace_needs_keys_a_phone_and_a_new_file(
    service: Service, tmp_path: Path
) -> None:
    await make_golden_world(service)
    without_keys = replace(service.settings, key_dir=tmp_path / "elsewhere")
    taken = order(tmp_path, output=tmp_path / "there.csv")
    taken.output.write_text("mine")

    with pytest.raises(TraceRefused, match="no keys"):
        await break_glass(without_keys, order(tmp_path), service.clock())
    with pytest.raises(TraceRefused, match="there already"):
        await break_glass(service.settings, taken, service.clock())
    nowhere = order(tmp_path, output=tmp_path / "missing" / "contacts.csv")
    with pytest.raises(TraceRefused, match=r"missing/contacts\.csv cannot be made: No such file"):
        await break_glass(service.settings, nowhere, service.clock())
    with pytest.raises(PhoneNumberWrong):
        await break_glass(service.settings, order(tmp_path, phone="x"), service.clock())

    assert not (tmp_path / "elsewhere").exists()
    assert taken.output.read_text() == "mine"
    assert await audit_acts(service) == []


def test_the_command_takes_a_day_as_people_write_it_and_says_which_forms_it_knows() -> None:
    assert day_of("20/11/2026") == day_of("2026-11-20") == date(2026, 11, 20)
    for wrong in ("11/20/2026", "20.11.2026", "20/11", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="write 10/07/2021 or 2021-07-10"):
            day_of(wrong)


async def test_the_operator_reads_each_path_by_the_rows_of_the_file(
    service: Service, tmp_path: Path
) -> None:
    await make_golden_world(service)
    told: list[tuple[int, int, int]] = []

    await break_glass(
        service.settings,
        order(tmp_path, max_tier=2),
        service.clock(),
        lambda *step: told.append(step),
    )

    text = (tmp_path / "contacts.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    [number] = [place for place, row in enumerate(rows, 1) if row["full_name"] == "Chị P"]
    [path] = [row["path"] for row in rows if row["full_name"] == "Chị Q"]
    assert path == (
        f"F0 → F1 (row {number}): Chợ A, 2021-07-09 10:30 – 2021-07-09 11:00, 30 min"
        f" → F2 (row {rows.index(next(r for r in rows if r['path'] == path)) + 1}): "
        "Chợ D, 2021-07-09 12:30 – 2021-07-09 13:00, 30 min"
    )
    assert {tier for tier, _, _ in told} == {1, 2}
    beyond = order(tmp_path, max_tier=5, output=tmp_path / "more.csv")
    with pytest.raises(TraceRefused, match="F4"):
        await break_glass(service.settings, beyond, service.clock())


async def test_the_operators_command_ends_well_only_with_somebody_or_with_every_day(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await make_golden_world(service)
    wanted = ["trace", "--phone", PHONES[X], "--policy", "july", "--purpose", "investigation"]
    options = argparse.ArgumentParser()
    trace.add(options.add_subparsers())
    parsed = options.parse_args([*wanted, "--onset", f"{app.now():%Y-%m-%d}", "--output", "x"])
    parsed.output = tmp_path / "now.csv"

    ended = await asyncio.to_thread(trace.trace, parsed, service.settings)

    said = capsys.readouterr().err
    assert ended == 1
    assert "no all-clear" in said
    assert "0 people" in said
