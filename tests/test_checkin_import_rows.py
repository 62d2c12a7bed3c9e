"""Rows of a list of past visits: times as they are written, faults told and given back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.visit_rows import EPOCH, MILLISECOND, BadRow, Column, Fault, Reason, milliseconds
from tests.conftest import NOW
from tests.make_imports import LAN, MORNING, Importer, importer, judged

__all__ = ["importer"]  # the fixture

LATEST = datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "column", "reason"),
    [
        ("2021-07-19T08:00:00,", "arrived_at", Reason.NO_OFFSET),
        ("19/07/2021 08:00,", "arrived_at", Reason.NO_TIME),
        (",", "arrived_at", Reason.NO_TIME),
        ("2021-07-19T08:00:00+07:00,2021-07-19T09:00:00", "left_at", Reason.NO_OFFSET),
        ("2021-07-19T08:00:00+07:00,2021-07-19T08:00:00+07:00", "left_at", Reason.LEFT_BEFORE),
        ("1970-01-01T00:00:00Z,", "arrived_at", Reason.CLOCK_UNSET),
        ("2100-01-01T00:00:00Z,", "arrived_at", Reason.FUTURE),
        ("2021-07-19T08:00:00+07:00,2100-01-01T00:00:00Z", "left_at", Reason.FUTURE),
        ("0001-01-01T00:00:00+14:00,", "arrived_at", Reason.CLOCK_UNSET),
        ("9999-12-31T23:59:59-12:00,", "arrived_at", Reason.FUTURE),
    ],
)
def test_a_time_that_cannot_be_is_a_bad_row(times: str, column: str, reason: Reason) -> None:
    # given
    cells = f"{LAN},{times}".split(",")

    # when
    chunk = judged(cells)

    # then
    fault = Fault(Column(column), reason)
    assert chunk.bad == [BadRow(line=2, cells=cells, faults=(fault,))]
    assert not chunk.visits


async def test_a_bad_row_stands_in_a_file_as_it_came(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},gestern,", f"{LAN},{MORNING}")

    # then the good one is stored
    assert (report.bad, report.arrivals) == (1, 1)
    [row] = importer.bad()
    assert (row["full_name"], row["arrived_at"]) == ("Nguyễn Thị Lan", "gestern")
    assert (row["bad_line"], row["bad_column"]) == ("2", "arrived_at")
    assert row["bad_reason"] == Reason.NO_TIME
    assert importer.said == [f"line 2: arrived_at: {Reason.NO_TIME}"]


@given(
    st.datetimes(timezones=st.sampled_from([UTC, NOW.tzinfo])),
    st.sampled_from(["seconds", "milliseconds", "microseconds"]),
)
def test_a_time_is_read_to_the_millisecond(at: datetime, timespec: str) -> None:
    # given
    text = at.isoformat(timespec=timespec)
    told = datetime.fromisoformat(text)

    # when the second of two rows is read by what is remembered of the first
    chunk = judged(*[f"{LAN},{text},".split(",")] * 2, latest=LATEST)

    # then
    if chunk.bad:
        assert told < EPOCH
        return
    _, _, first, _, _, _, second, _ = chunk.visits
    assert timedelta() <= told - (EPOCH + timedelta(milliseconds=first)) < MILLISECOND
    assert first == second


@pytest.mark.parametrize(
    "text",
    [
        "2021-07-20T08:30:00+07:00",
        "2021-07-20 08:30+07:00",
        "2021-07-20T01:30:00.000Z",
        "20210720T083000+0700",
        " 2021-07-20T01:30Z ",
    ],
)
def test_forms_of_a_time_that_the_documents_name_are_read(text: str) -> None:
    told = milliseconds(datetime(2021, 7, 20, 1, 30, tzinfo=UTC))

    assert judged(f"{LAN},{text},".split(","), latest=LATEST).visits[2] == told


@pytest.mark.parametrize("seconds", ["00", "30"])
def test_an_offset_with_seconds_is_not_taken_for_a_time_with_seconds(seconds: str) -> None:
    # given what stands where the seconds of a usual time are
    times = [f"2021-07-20T08+07:{part}:15.25" for part in ("00", seconds)]

    # when
    chunk = judged(*(f"{LAN},{text},".split(",") for text in times), latest=LATEST)

    # then
    told = milliseconds(datetime.fromisoformat(times[1]))
    assert chunk.visits[6] == told


def test_all_faults_of_a_row_are_told() -> None:
    # given
    row = ["Tr\0ần", "", "", "Quán lạ", "x" * 300, "gestern", "2100-01-01T00:00:00Z"]

    # when
    [bad] = judged(row, ["", "-", "N/A", "", "", "", ""]).bad[:1]
    [_, empty] = judged(row, ["", "-", "N/A", "", "", "x", ""]).bad

    # then nothing is said twice of what could not be read
    assert bad.faults == (
        Fault(Column.FULL_NAME, Reason.UNPRINTABLE),
        Fault(Column.ZONE, Reason.TOO_LONG),
        Fault(Column.ARRIVED_AT, Reason.NO_TIME),
        Fault(Column.LEFT_AT, Reason.FUTURE),
        Fault(Column.VENUE, Reason.VENUE_UNKNOWN),
    )
    assert empty.faults == (
        Fault(Column.ARRIVED_AT, Reason.NO_TIME),
        Fault(None, Reason.NOBODY),
        Fault(Column.VENUE, Reason.VENUE_MISSING),
    )


async def test_all_faults_of_a_row_stand_in_the_file_of_bad_rows(importer: Importer) -> None:
    # when
    await importer.rows(f"Lan,,,Quán lạ,,gestern,,{'' * 3}", owner=None)

    # then
    [row] = importer.bad()
    assert row["bad_column"] == "arrived_at | venue"
    assert row["bad_reason"] == f"{Reason.NO_TIME} | {Reason.VENUE_UNKNOWN}"
    assert importer.said == [f"line 2: arrived_at: {Reason.NO_TIME}; venue: {Reason.VENUE_UNKNOWN}"]


async def test_bad_rows_can_be_corrected_in_their_file_and_imported(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},2021-07-19T08:00:00,", f"{LAN},{MORNING}")
    corrected = importer.bad_rows.read_text("utf-8-sig").replace("08:00:00,", "07:00:00+07:00,")

    # when
    report = await importer.file(corrected.encode())

    # then
    assert (report.arrivals, report.bad, report.people) == (1, 0, 0)


async def test_bad_rows_are_for_their_owner_only(importer: Importer) -> None:
    await importer.rows(f"{LAN},,")

    assert importer.bad_rows.stat().st_mode & 0o777 == 0o600
