"""Where they went, read from a list of past visits: venues found by code and name, or made."""

from __future__ import annotations

from checkin.visit_rows import Reason
from tests.conftest import NOW
from tests.make_imports import LAN, MORNING, Importer, importer

__all__ = ["importer"]  # the fixture


async def test_venues_are_found_by_code_and_by_name(importer: Importer) -> None:
    # given
    await importer.rows(f"{LAN},{MORNING}")
    [code] = await importer.db.fetch("SELECT code FROM code")
    typed = f"{code['code'][:4]}-{code['code'][4:]}".lower()

    # when
    report = await importer.rows(
        f"{LAN.replace('Chợ Cái Răng', typed)},2021-07-19T11:00:00+07:00,",
        f"{LAN.replace('Chợ Cái Răng', 'CHỢ  CÁI RĂNG')},2021-07-19T12:00:00+07:00,",
        owner=None,
    )

    # then
    assert (report.arrivals, report.bad, report.venues) == (2, 0, 0)
    assert len({row["venue_id"] for row in await importer.scans()}) == 1


async def test_an_unknown_or_ambiguous_place_is_a_bad_row(importer: Importer) -> None:
    # given two venues of one name
    await importer.rows(f"{LAN},{MORNING}")
    await importer.db.execute(
        "INSERT INTO venue (organisation_id, name, kind, address, natural_key, created_at) "
        "SELECT organisation_id, 'Quán Ngon', 'cafe', k, k, $1 "
        "FROM venue, unnest('{a,b}'::text[]) k",
        NOW,
    )

    # when
    report = await importer.rows(
        f"Lan,,,Quán ngon,,{MORNING}",
        f"Lan,,,Quán lạ,,{MORNING}",
        f"Lan,,,Chợ Cái Răng,Lầu 9,{MORNING}",
        f"Lan,,, ,,{MORNING}",
        owner=None,
    )

    # then nothing of them is stored, the person neither
    assert [row["bad_reason"] for row in importer.bad()] == [
        Reason.VENUE_AMBIGUOUS,
        Reason.VENUE_UNKNOWN,
        Reason.ZONE_UNKNOWN,
        Reason.VENUE_MISSING,
    ]
    assert (report.bad, report.people) == (4, 0)


async def test_a_bad_row_makes_no_venue(importer: Importer) -> None:
    report = await importer.rows(
        f",,,Quán lạ,,{MORNING}",
        "Lan,,,Quán lạ,,2021-07-19T08:00:00,",
        "Lan,,,Quán lạ,,2021-05-19T08:00:00+07:00,",
    )

    assert (report.bad, report.old, report.venues) == (2, 1, 0)
    assert await importer.count("venue") == 0


async def test_a_made_venue_has_a_door_and_the_zones_that_were_named(importer: Importer) -> None:
    # when
    await importer.rows(f"Lan,,,Nhà hàng,Lầu 1,{MORNING}", f"Tú,,,Nhà hàng,lầu 1,{MORNING}")

    # then
    [venue] = await importer.db.fetch(
        "SELECT v.name, v.kind, c.code FROM venue v "
        "JOIN checkpoint p ON p.venue_id = v.id JOIN code c ON c.checkpoint_id = p.id"
    )
    assert (venue["name"], venue["kind"]) == ("Nhà hàng", "other")
    assert await importer.count("zone") == 1
    assert all(row["zone_id"] for row in await importer.scans())
