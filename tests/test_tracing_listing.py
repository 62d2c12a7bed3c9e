"""The list of a run in one sealed block, and the rows that rest on it."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from datetime import date
from typing import Any, cast

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from checkin.vault import VaultDamaged, seal
from kit.db import connection
from tests import golden
from tests.conftest import Service
from tests.golden import A, G, P, S, W, X, at
from tests.make_cases import (
    GoldenWorld,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
)
from tests.test_tracing_contacts import void
from tracing import desk
from tracing.case import CaseFile
from tracing.engine.columns import ints
from tracing.engine.stay import stays
from tracing.engine.tiers import begin, hop
from tracing.engine.worklist import answer, roll
from tracing.finding import Names, finding_of
from tracing.runs import block, listing
from tracing.runs.queries_contacts import WHOLE


async def traced(service: Service, max_tier: int = 2) -> tuple[GoldenWorld, Officers, int]:
    world = await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    await again(officers, case_id, max_tier)
    return world, officers, case_id


async def again(officers: Officers, case_id: int, max_tier: int = 1) -> None:
    answer = await officers.opener.post(f"/v1/cases/{case_id}/runs", json={"max_tier": max_tier})
    assert answer.status_code == 201, answer.text


async def stored(service: Service, sql: str, *values: object) -> Any:
    async with connection(service.state["db"]) as db:
        return await db.fetch(sql, *values)


def test_an_opened_block_makes_the_findings_that_were_packed() -> None:
    # given the golden world, in which P became a case before X did
    world = replace(golden.WORLD, onsets={P: date(2021, 7, 9)})
    chains = begin(golden.CASE, world, golden.POLICY, golden.MOMENT)
    for _ in range(3):
        hop(chains, world, stays(world, golden.MOMENT))
    found = roll(chains, world, golden.CASE)
    names = Names(venues={number: f"Chợ {number}" for number in golden.VENUES}, zones={})
    told = answer(chains, world, found)

    packed = block.packed(found, names)
    opened = block.opened(packed)

    everybody = [*told.contacts, *told.brief]
    findings = opened.findings(ints(range(len(everybody))))
    assert findings == [finding_of(one, names, place) for place, one in enumerate(everybody)]
    assert opened.findings(ints([5, 0])) == [findings[5], findings[0]]
    assert {one.tier for one in everybody} == {1, 2}
    assert findings[0].why[-2:] == ("a-case", "possible-source")
    for before in as_stored_before(packed):
        assert block.opened(before).findings(ints(range(len(everybody)))) == findings


def as_stored_before(packed: bytes) -> list[bytes]:
    """At first, and then."""
    whole = msgspec.msgpack.decode(packed, type=block.Whole)
    columns = {name: block._widened(column) for names, column in whole.columns for name in names}
    zipped = io.BytesIO()
    head = np.frombuffer(msgspec.json.encode(whole.head), np.uint8)
    np.savez(zipped, head=head, **cast("dict[str, Any]", columns))
    deflated = block.Deflated(
        head=whole.head,
        columns={name: (one.dtype.str, one.tobytes()) for name, one in columns.items()},
    )
    return [*map(zlib.compress, (zipped.getvalue(), msgspec.msgpack.encode(deflated)))]


@pytest.mark.parametrize(
    "values",
    [
        np.zeros(0, np.int64),
        np.full(3, 7, np.int8),
        np.array([True, False]),
        np.array([-1, 254, 3], np.int64),
        np.array([1 << 40, (1 << 40) + 65_535], np.int64),
        np.array([-(1 << 31), (1 << 31) - 1], np.int64),
        np.array([0, 1 << 32, -5], np.int64),
        np.array([-(1 << 63), (1 << 63) - 1], np.int64),
    ],
)
def test_a_column_comes_out_as_it_went_in(values: npt.NDArray[Any]) -> None:
    column = block._widened(block._narrowed(values))

    assert (column.tolist(), column.dtype) == (values.tolist(), values.dtype)


async def test_a_block_opens_only_in_the_row_of_its_own_run(service: Service) -> None:
    _, officers, case_id = await traced(service)
    await stored(service, "UPDATE run SET list = (SELECT max(list) FROM run)")
    case = await desk_case(service, case_id)
    key = service.state["keys"].cases.key(case.number)
    [first, last] = await stored(service, "SELECT id, list FROM run ORDER BY id")
    broken = first["list"][:-1] + bytes([first["list"][-1] ^ 1])

    # the second run found all of the first again, and its list stands in the same place
    assert len(listing.opened_block(key, first["id"], first["list"]).person) == 7
    for run_id, sealed in ((last["id"], first["list"]), (first["id"], broken)):
        with pytest.raises(VaultDamaged):
            listing.opened_block(key, run_id, sealed)
    assert (await contacts_of(officers.opener, case_id))["run"]["id"] == last["id"]


async def test_a_block_stays_as_long_as_somebodys_row_rests_on_it(service: Service) -> None:
    # given a run as far as F2, then one that stops at F1, and then one for which W was never there
    world, officers, case_id = await traced(service)
    kept = "SELECT array_agg(list IS NOT NULL ORDER BY id) FROM run"
    await again(officers, case_id)
    [[after_f1]] = await stored(service, kept)
    everybody = await names(officers, case_id)
    await again(officers, case_id, 2)
    [[after_f2]] = await stored(service, kept)
    await void(service, world, W, at(7, "23:30"), G)
    await void(service, world, W, at(8, "00:15"), G)
    await again(officers, case_id, 2)
    [[after_all]] = await stored(service, kept)

    # then tier 2 stands where it stood, and whatever was found anew is gone
    assert after_f1 == [True, False, True]
    assert everybody == ["P", "W", "T", "Q", "S", "U", "B"]
    assert after_f2 == [False, False, False, True]
    assert after_all == [False, False, False, True, True], "W rests on what was found before"
    gone = (await officers.opener.get(f"/v1/cases/{case_id}/contacts?off_list=true")).json()
    assert [(one["name"][3], one["minutes"]) for one in gone["contacts"]] == [("W", 15)]


async def test_a_block_is_not_replaced_while_somebody_off_the_list_rests_on_it(
    service: Service,
) -> None:
    # given W, whom an earlier run took off the list, in the block of all who are on it
    world, officers, case_id = await traced(service)
    await void(service, world, W, at(7, "23:30"), G)
    await void(service, world, W, at(8, "00:15"), G)
    off = "UPDATE contact SET listed = false, off_list = 'not-exposed' WHERE person_id = $1"
    await stored(service, off, world.people[W])

    await again(officers, case_id, 2)

    gone = (await officers.opener.get(f"/v1/cases/{case_id}/contacts?off_list=true")).json()
    assert [(one["name"][3], one["minutes"]) for one in gone["contacts"]] == [("W", 15)]


async def test_tracing_again_writes_the_rows_that_changed_and_no_others(service: Service) -> None:
    # given that all was found before, but for S, whose rank is another now
    world, officers, case_id = await traced(service)
    where = "SELECT person_id, xmin::text FROM contact ORDER BY person_id"
    await stored(service, "UPDATE contact SET rank = 'high' WHERE person_id = $1", world.people[S])
    before = await stored(service, where)
    listed = (await contacts_of(officers.opener, case_id))["contacts"]

    await again(officers, case_id, 2)

    after = await stored(service, where)
    changed = [old[0] for old, new in zip(before, after, strict=True) if old != new]
    assert changed == [world.people[S]]
    now = (await contacts_of(officers.opener, case_id))["contacts"]
    assert [one["name"] for one in now] == [one["name"] for one in listed]
    assert {one["rank"] for one in listed if one["name"][3] == "S"} == {"high"}
    assert "high" not in {one["rank"] for one in now if one["name"][3] == "S"}


async def test_whoever_is_in_no_block_stands_in_their_place_and_carries_when_confirmed(
    service: Service,
) -> None:
    # given P as a row of its own, as entered by hand
    world, officers, case_id = await traced(service)
    case = await desk_case(service, case_id)
    key = service.state["keys"].cases.key(case.number)
    async with connection(service.state["desk_db"]) as db:
        listed = await listing.index(db, key, case, WHOLE)
        assert listed is not None
        lines = await listing.lines(db, key, listed)
    [found] = [line.found for line in lines if line.person_id == world.people[P]]
    own = seal(key, {"found": found}, world.people[P].to_bytes(8))
    sql = "UPDATE contact SET sealed = $2, state = 'confirmed' WHERE person_id = $1"
    await stored(service, sql, world.people[P], own)

    before = await names(officers, case_id)
    await void(service, world, X, at(9, "10:00"), A)
    await void(service, world, X, at(9, "11:00"), A)
    await again(officers, case_id, 2)

    # then no run finds P without the case's hour; confirmed, P stays and leads to those whom P met
    assert before == ["P", "W", "T", "Q", "S", "B", "U"]
    assert await names(officers, case_id) == ["W", "P", "T", "Q", "S", "B", "U"]
    [[sealed]] = await stored(
        service, "SELECT sealed IS NOT NULL FROM contact WHERE person_id = $1", world.people[P]
    )
    assert sealed


async def names(officers: Officers, case_id: int) -> list[str]:
    return [one["name"][3] for one in (await contacts_of(officers.opener, case_id))["contacts"]]


async def desk_case(service: Service, case_id: int) -> CaseFile:
    return await desk.read_case(service.state, desk.Desk(staff_id=0, areas=[""]), case_id)
