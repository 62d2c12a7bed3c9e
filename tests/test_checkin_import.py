"""Past visits out of a file: each becomes an arrival and, where it is told, a departure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from checkin.model import Late, Source, Way
from checkin.pseudonym import ServiceDays, block
from checkin.visit_place import Place
from checkin.visit_report import lines
from checkin.visit_scans import COLUMNS, DayScans, ending, new_scans
from kit.keys import KeyShelf
from tests.make_imports import LAN, MORNING, Importer, importer

__all__ = ["importer"]  # the fixture


async def test_a_visit_becomes_an_arrival_and_a_departure(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},{MORNING}")

    # then
    arrival, departure = await importer.scans()
    assert arrival["at"] == datetime.fromisoformat("2021-07-19T01:00:00+00:00")
    assert departure["at"] == datetime.fromisoformat("2021-07-19T02:30:00+00:00")
    assert [row["way"] for row in (arrival, departure)] == [Way.IN, Way.OUT]
    for row in (arrival, departure):
        assert (row["late"], row["source"]) == (Late.IMPORTED, Source.IMPORT)
        assert (row["party"], row["flags"], row["checkpoint_id"]) == (0, 0, None)
    assert arrival["subject"] == departure["subject"]
    assert (report.rows, report.arrivals, report.departures, report.people) == (1, 1, 1, 1)
    assert not importer.bad_rows.exists()


async def test_a_second_run_stores_nothing(importer: Importer) -> None:
    # given
    rows = [f"{LAN},{MORNING}", "Trần Văn Bình,,,Quán Ngon,Lầu 2,2021-07-18T10:00:00+07:00,"]
    first = await importer.rows(*rows)
    before = await importer.scans()

    # when
    second = await importer.rows(*rows)

    # then
    assert (first.arrivals, first.people, first.venues) == (2, 2, 2)
    assert (second.arrivals, second.departures, second.people, second.venues) == (0, 0, 0, 0)
    assert second.repeated == 2
    assert await importer.scans() == before
    assert await importer.count("person") == 2


async def test_a_visit_that_stands_twice_in_a_file_is_stored_once(importer: Importer) -> None:
    report = await importer.rows(*[f"{LAN},{MORNING}"] * 2)

    assert (report.arrivals, report.departures, report.repeated) == (1, 1, 1)


async def test_a_visit_over_midnight_has_a_subject_a_day(importer: Importer) -> None:
    # when
    await importer.rows(f"{LAN},2021-07-18T23:30:00+07:00,2021-07-19T00:20:00+07:00")

    # then
    arrival, departure = await importer.scans()
    days = importer.target.days
    assert arrival["subject"] != departure["subject"]
    assert days.people([arrival["subject"]], date(2021, 7, 18)) == days.people(
        [departure["subject"]], date(2021, 7, 19)
    )


async def test_an_end_at_the_beginning_of_the_next_visit_is_kept(importer: Importer) -> None:
    # given two visits that touch at one venue: both scans of 9:30 have one key
    next_room = "2021-07-19T09:30:00+07:00,2021-07-19T10:00:00+07:00"

    # when
    report = await importer.rows(f"{LAN},{MORNING}", f"{LAN},{next_room}")

    # then both arrivals stand, and the first one's end beside it
    assert (report.arrivals, report.departures) == (2, 1)
    assert [row["way"] for row in await importer.scans()] == [Way.IN, Way.IN, Way.OUT]
    [amended] = await importer.db.fetch("SELECT * FROM amendment")
    assert amended["at"] == datetime.fromisoformat("2021-07-19T08:00:00+07:00")
    assert amended["left_at"] == datetime.fromisoformat("2021-07-19T09:30:00+07:00")
    again = await importer.rows(f"{LAN},{MORNING}", f"{LAN},{next_room}")
    assert (again.arrivals, again.departures, again.lost) == (0, 0, 0)
    assert await importer.count("amendment") == 1


async def test_an_end_at_a_beginning_stored_earlier_is_kept_too(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},2021-07-19T09:30:00+07:00,")

    # when
    report = await importer.rows(f"{LAN},{MORNING}")

    # then
    assert (report.arrivals, report.departures) == (1, 0)
    assert await importer.count("amendment") == 1


async def test_an_arrival_at_the_moment_of_a_stored_end_is_reported(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")

    # when
    report = await importer.rows(f"{LAN},2021-07-19T09:30:00+07:00,")

    # then
    assert (report.arrivals, report.lost) == (0, 1)
    assert not report.complete


async def test_the_same_moment_in_two_offsets_is_one_visit(importer: Importer) -> None:
    report = await importer.rows(
        f"{LAN},2021-07-19T08:00:00+07:00,", f"{LAN},2021-07-19T01:00:00.000999Z,"
    )

    assert (report.arrivals, report.repeated) == (1, 1)


async def test_old_rows_are_refused_with_their_count_and_what_to_change(importer: Importer) -> None:
    # given the oldest day that is kept, and two before it
    ages = ["2021-06-29T00:00:00+07:00", "2021-06-28T23:59:00+07:00", "2021-06-01T12:00:00+07:00"]

    # when
    report = await importer.rows(*(f"{LAN},{at}," for at in ages))

    # then
    assert (report.arrivals, report.bad, report.old) == (1, 0, 2)
    told = "\n".join(lines(report, 21, importer.bad_rows))
    assert "2 rows of 2021-06-01 to 2021-06-28 are older than the 21 days" in told
    assert "CHOT_RETENTION_DAYS" in told
    assert not importer.bad_rows.exists()


async def test_an_archive_takes_any_day_and_makes_it(importer: Importer) -> None:
    # when
    report = await importer.rows(f"{LAN},2019-03-01T12:00:00+07:00,", kept_days=None)

    # then
    assert (report.arrivals, report.old) == (1, 0)
    assert date(2019, 3, 1) in importer.target.days.known()


async def test_rows_lie_on_disk_in_no_order_of_the_file(importer: Importer) -> None:
    # given
    people = [f"Người {n},,,Chợ,,2021-07-19T08:00:{n:02}+07:00," for n in range(60)]

    # when
    await importer.rows(*people)

    # then
    ids = [row["id"] for row in await importer.db.fetch("SELECT id FROM person ORDER BY ctid")]
    subjects = [
        r["subject"] for r in await importer.db.fetch("SELECT subject FROM scan ORDER BY ctid")
    ]
    assert ids == sorted(ids)
    assert subjects == sorted(subjects)


def test_new_scans_keep_one_row_a_key_and_the_arrival_of_it(tmp_path: Path) -> None:
    # given
    days, day = ServiceDays(KeyShelf(tmp_path / "days", 16), UTC), date(2000, 1, 1)
    days.make(day)
    arrival, departure = ending(Place(7, None))
    in_zone, _ = ending(Place(7, 3))
    scans = DayScans(day=day)
    scans.add(block(5), 20, departure, 10)
    scans.add(block(5), 20, in_zone, 20)
    scans.add(block(5), 20, arrival, 20)
    scans.add(block(5), 10, arrival, 10)

    # when
    new = new_scans(scans.sorted_rows(days), {})

    # then
    assert (len(new.rows), new.arrivals, new.lost, len(new.shared)) == (2, 2, 0, 1)
    [end] = scans.shared_ends(new.shared, days)
    assert end.subject == days.subject(5, day)
    assert end.left_at - end.at == timedelta(milliseconds=10)
    assert len(COLUMNS) == 9
