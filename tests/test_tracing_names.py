"""Names: masked in every list, opened one by one with a purpose and an audit row."""

from __future__ import annotations

import asyncpg
import httpx
import pytest

from accounts import audit
from accounts.keydir import FIRST
from kit.db import connection
from tests.conftest import Service
from tests.golden import T
from tests.make_cases import (
    PHONES,
    Officers,
    approved_case,
    contacts_of,
    make_golden_world,
    make_officers,
    released,
)
from tests.make_people import audit_acts


async def reveal(client: httpx.AsyncClient, case_id: int, numbers: list[str]) -> httpx.Response:
    body = {"numbers": numbers, "purpose": "contact-tracing"}
    return await client.post(f"/v1/cases/{case_id}/contacts/reveal", json=body)


async def unrecorded(service: Service, officers: Officers, case_id: int) -> set[str]:
    """Names that the case gave without an audit row of this case about their person."""
    key, vault = service.state["keys"].audit.key(FIRST), service.state["vault"]
    numbers = [one["number"] for one in (await contacts_of(officers.opener, case_id))["contacts"]]
    answer = await reveal(officers.opener, case_id, numbers)
    named = set() if answer.is_error else {one["full_name"] for one in answer.json()["revealed"]}
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT about FROM audit WHERE case_id = $1", case_id)
        people = await db.fetch("SELECT id, sealed, key_id FROM person")
    recorded = {
        vault.open(*person)["full_name"]
        for person in people
        if audit.reference(key, person["id"]) in {row["about"] for row in rows}
    }
    return named - recorded


async def test_a_reveal_names_people_with_a_purpose_and_a_row_for_each(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    found = await contacts_of(officers.opener, case_id)

    answer = await reveal(officers.opener, case_id, [found["contacts"][0]["number"]])

    assert answer.json()["revealed"] == [
        {
            "number": found["contacts"][0]["number"],
            "full_name": "Chị P",
            "phone": "+84912000002",
            "address": "",
            "birth_year": 1990,
        }
    ]
    async with connection(service.state["db"]) as db:
        rows = await db.fetch("SELECT purpose, case_id, about FROM audit WHERE act = 'reveal-name'")
        assert [(row["purpose"], row["case_id"]) for row in rows] == [("contact-tracing", case_id)]
        assert rows[0]["about"] is not None
        assert await audit.first_broken(db, service.state["keys"].audit.key(FIRST)) is None


async def test_a_number_of_another_case_or_of_nobody_reveals_nothing(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    one, other = await approved_case(officers), await approved_case(officers)
    number = (await contacts_of(officers.opener, one))["contacts"][0]["number"]

    foreign = await reveal(officers.opener, other, [number])
    invented = await reveal(officers.opener, one, ["ZZZZZZZZ"])

    assert foreign.status_code == invented.status_code == 404
    assert await audit_acts(service, "reveal-name") == []


async def test_without_its_audit_row_no_name_is_revealed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)
    owner = await asyncpg.connect(service.settings.database_owner_url)

    await released(officers, case_id, "csv")

    # when the audit takes no row
    await owner.execute("REVOKE INSERT ON audit FROM chot_app")
    refused = await unrecorded(service, officers, case_id)
    page = await officers.opener.post(f"/desk/cases/{case_id}/reveal", data={"purpose": "sampling"})
    sheet = await officers.opener.get(f"/v1/cases/{case_id}/contacts.csv?purpose=sampling")
    await owner.execute("GRANT INSERT ON audit TO chot_app")
    await owner.close()

    # then nobody is named, neither by JSON nor by page nor by sheet
    assert refused == set()
    assert page.status_code == sheet.status_code == 500
    assert "Chị" not in page.text + sheet.text
    assert await unrecorded(service, officers, case_id) == set()

    # and the look finds names when the guard is off
    async def nothing(*_: object) -> int:
        return 0

    other = await approved_case(officers, phone=PHONES[T])
    monkeypatch.setattr(audit, "record_all", nothing)
    assert await unrecorded(service, officers, other) == {"Chị P"}


async def test_the_page_shows_names_only_after_the_button(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    case_id = await approved_case(officers)

    before = await officers.opener.get(f"/desk/cases/{case_id}")
    shown = await officers.opener.post(
        f"/desk/cases/{case_id}/reveal", data={"purpose": "quarantine"}
    )

    assert "Chị P" not in before.text
    assert {"Chị P", "Chị W", "Chị X"} <= {
        n for n in ("Chị P", "Chị W", "Chị X") if n in shown.text
    }
    assert shown.headers["cache-control"] == "no-store"
    assert len(await audit_acts(service, "reveal-name")) == 5


async def test_what_a_case_knows_of_places_is_sealed(service: Service) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    await approved_case(officers)

    async with connection(service.state["db"]) as db:
        told = await db.fetchval("SELECT sealed FROM case_file")
        block = await db.fetchval("SELECT list FROM run")
        alone = await db.fetchval("SELECT count(sealed) FROM contact")

    assert (b"+84" in told, alone) == (False, 0)
    assert "Chợ".encode() not in block
    assert b"contacts.met.person" not in block
