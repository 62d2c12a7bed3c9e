"""Line lists of cases taken in: shown first, then stored whole, and again without any change."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import httpx

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_cases import CAN_THO, PHONES, Officers, make_golden_world, make_officers
from tests.make_people import audit_acts
from tests.make_venues import CAI_KHE, staff_client
from tracing.intake.pages_samples import dated
from tracing.intake.table import LIMIT

HEAD = "Mã ca,Khởi phát,Ngày lấy mẫu,SĐT,CCCD,Nguồn lây"
GOOD = (
    f"A,05/07/2021,,{PHONES[1]},,",
    "B,09/07/2021,,,092187001234,A",
    'C,,12/07/2021,,,"B; A"',
)
BAD = (
    "D,,,0912345679,,A",
    "E,01/01/2021,,,,",
    "F,09/07/2021,,1.23E+11,9.2187E+10,",
    "1.23E+11,09/07/2021,,,,",
    "G,,10/07/2021,,,G",
    "H,,10/07/2021,,,Z",
    "X,,10/07/2021,,,Y",
    "Y,,10/07/2021,,,X",
    "A,10/07/2021,,,,",
)


def listed(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows)).encode()


async def send(client: httpx.AsyncClient, body: bytes, *, confirm: bool, **chosen: str) -> Any:
    query = {"policy": "july", "area": CAI_KHE, "confirm": str(confirm).lower()} | chosen
    head = {"Content-Type": "text/csv"}
    return await client.post("/v1/case-lists", params=query, content=body, headers=head)


async def stored(service: Service) -> dict[str, tuple[str, str | None]]:
    """By the number of the list: the state of the case, and the number of its source."""
    async with connection(service.state["db"]) as db:
        rows = await db.fetch(
            "SELECT c.national_number, c.status, s.national_number AS source FROM case_file c"
            " LEFT JOIN case_file s ON s.id = c.source_case_id"
        )
    return {row["national_number"]: (row["status"], row["source"]) for row in rows}


async def officers_of(service: Service) -> Officers:
    await make_golden_world(service)
    return await make_officers(service)


async def test_a_list_is_shown_first_then_stored_and_again_without_any_change(
    service: Service,
) -> None:
    officers = await officers_of(service)
    body = listed(*GOOD, *BAD)

    shown = (await send(officers.opener, body, confirm=False)).json()
    before = await stored(service)
    done = (await send(officers.opener, body, confirm=True)).json()
    again = (await send(officers.opener, body, confirm=True)).json()
    new = listed(*GOOD, *BAD, "I,05/07/2021,,,,")
    more = (await send(officers.opener, new, confirm=False)).json()

    assert before == {}
    assert (shown["cases"], shown["known"], shown["links"], shown["taken"]) == (7, 0, 2, None)
    assert (more["cases"], more["known"]) == (8, 7)
    assert {(one["line"], one["column"]) for one in shown["bad"]} == {
        *((5, "onset"), (6, "onset"), (7, "phone"), (7, "document"), (8, "id")),
    }
    reasons = {one["line"]: one["reason"] for one in shown["bad"]}
    assert "format the column as text" in reasons[7]
    assert "format the column as text" in reasons[8]
    assert {one["value"] for one in shown["bad"] if one["line"] == 6} == {"01/01/2021"}
    odd = {(one["line"], one["id"]): one["odd"] for one in shown["odd"]}
    assert set(odd) == {(4, "C"), (9, "G"), (10, "H"), (11, "X"), (12, "Y"), (13, "A")}
    assert done["taken"] == {"opened": 7, "known": 0, "linked": 2, "kept": []}
    assert again["taken"] == {"opened": 0, "known": 7, "linked": 0, "kept": []}
    assert await stored(service) == {
        "A": ("opened", None),
        "B": ("opened", "A"),
        "C": ("opened", "B"),
        **dict.fromkeys("GHXY", ("opened", None)),
    }
    acts = [act for act, _ in await audit_acts(service)]
    assert acts == ["open-case"] * 7 + ["import-cases"] * 2


async def test_its_cases_wait_for_a_second_person_and_one_without_a_phone_is_nobody_here(
    service: Service,
) -> None:
    officers = await officers_of(service)
    await send(officers.opener, listed(*GOOD), confirm=True)
    cases = (await officers.opener.get("/v1/cases")).json()["cases"]
    ids = {one["national_number"]: one["id"] for one in cases}
    verdict = {"approved": True, "reason": "đã kiểm tra"}

    own = await officers.opener.post(f"/v1/cases/{ids['A']}/approval", json=verdict)
    known = await officers.approver.post(f"/v1/cases/{ids['A']}/approval", json=verdict)
    nobody = await officers.approver.post(f"/v1/cases/{ids['C']}/approval", json=verdict)

    assert own.status_code == 409
    assert len(known.json()["people"]) == 1
    assert (nobody.status_code, nobody.json()["people"]) == (200, [])
    for one in ids.values():
        assert (await officers.opener.get(f"/desk/cases/{one}")).status_code == 200


async def test_what_an_officer_said_stays_and_no_circle_comes_together_from_two_lists(
    service: Service,
) -> None:
    officers = await officers_of(service)
    await send(officers.opener, listed("A,05/07/2021,,,,", "B,09/07/2021,,,,A"), confirm=True)

    turned = await send(
        officers.opener,
        listed("A,05/07/2021,,,,B", "B,09/07/2021,,,,C", "C,01/07/2021,,,,"),
        confirm=True,
    )

    assert turned.json()["taken"] == {"opened": 1, "known": 2, "linked": 0, "kept": ["A", "B"]}
    assert {one: source for one, (_, source) in (await stored(service)).items()} == {
        "A": None,
        "B": "A",
        "C": None,
    }


async def test_a_list_that_was_cut_or_is_too_long_or_none_is_refused_as_a_whole(
    service: Service,
) -> None:
    officers = await officers_of(service)
    whole = listed(*(f"N{one},05/07/2021,,,," for one in range(300)))
    long = listed(*(f"N{one},05/07/2021,,,," for one in range(501)))

    answers = {
        "table-cut": await send(officers.opener, whole[:-8], confirm=True),
        "list-too-long": await send(officers.opener, long, confirm=True),
        "list-without-ids": await send(officers.opener, b"a,b\n1,2\n", confirm=True),
        "workbook-broken": await send(officers.opener, b"PK\x03\x04rest", confirm=True),
        "area-unknown": await send(officers.opener, whole, confirm=True, area="2025/99/"),
        "policy-unknown": await send(officers.opener, whole, confirm=False, policy="none"),
    }

    for name, answer in answers.items():
        assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{name}")
    elsewhere = await send(officers.opener, whole, confirm=False, area="2025/01/")
    assert elsewhere.json()["type"] == "/problems/area-unknown"
    tracer = await staff_client(service, Role.TRACER, area=CAN_THO)
    assert (await send(tracer, whole, confirm=True)).status_code == 403
    assert await stored(service) == {}


async def test_the_page_shows_what_would_be_done_and_does_it_on_the_word(service: Service) -> None:
    officers = await officers_of(service)
    chosen = {"policy": "july", "area": CAI_KHE}
    page, path = officers.opener, "/desk/case-list"

    form = await page.get(path)
    shown = await page.post(path, data=chosen, files={"file": ("ca.csv", listed(*GOOD, *BAD))})
    before = await stored(service)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown.text))
    fields.pop("next")
    done = await page.post(path, files={name: (None, text) for name, text in fields.items()})
    broken = await page.post(path, data=chosen, files={"file": ("ca.csv", b"")})
    sample = await page.get("/desk/samples/cases.csv")
    read = await page.post(path, data=chosen, files={"file": ("mau.csv", sample.content)})
    again = await page.post(path, data=chosen, files={"file": ("ca.csv", listed(*GOOD, *BAD))})
    long = listed(*(f"N{one},05/07/2021,,,," for one in range(501)))
    parts = await page.post(path, data=chosen, files={"file": ("ca.csv", long)})
    big = [
        await page.post(path, data=chosen, files={"file": ("ca.csv", b"x" * size)})
        for size in (LIMIT + 1, 2 * LIMIT)
    ]

    assert (form.status_code, shown.status_code, done.status_code) == (200, 200, 200)
    assert before == {}
    assert set(fields) == {"kept", "name", "policy", "area", "sheet", "encoding"}
    assert "1.23E+11" in shown.text
    assert "định dạng cột là văn bản" in shown.text
    assert len(await stored(service)) == 7
    assert broken.status_code == 422
    assert "<b>3</b>" in read.text
    assert "<b>0</b> ca sẽ mở</li><li><b>7</b> ca đã có" in again.text
    # the limit is said before, and what to do after
    assert "Tối đa 500 ca và 1 MB" in form.text
    assert parts.status_code == 422
    assert "Hãy gửi thành nhiều phần. Danh sách này có 501." in parts.text
    for one in big:
        assert one.status_code == 413
        assert "tối đa 1 MB. Hãy gửi thành nhiều phần." in one.text
    assert "/desk/case-list" in (await page.get("/desk")).text


def test_a_sample_is_of_the_last_weeks_whenever_it_is_fetched() -> None:
    text = "CT-001,05/07/2021\nattendFrom 2021-07-09T11:30, born 1987-01-18"

    later = dated(text, date(2026, 11, 22))

    assert later == "CT-001,13/11/2026\nattendFrom 2026-11-17T11:30, born 1987-01-18"
