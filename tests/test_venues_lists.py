"""Lists of venues on a page: what is on them, in which order, and how one is sent."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

from accounts.area_words import dictionary_order
from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_venues import (
    make_organisation,
    make_venue,
    staff_client,
)
from tests.test_venues_pages import CAFE, keeper
from venues.model import VenueKind


async def test_who_keeps_one_venue_is_not_offered_to_register_others(service: Service) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)

    listed = await staff.get("/venues")
    refused = [
        await staff.get("/venues/new"),
        await staff.get("/venues/import"),
    ]
    tried = await staff.post("/venues/new", data=CAFE | {"organisation": "Của tôi"})

    assert "/venues/new" not in listed.text
    assert {answer.status_code for answer in refused} == {403}
    assert tried.status_code == 422
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM venue") == 1


async def test_an_empty_list_says_what_to_do_first(service: Service) -> None:
    page = await (await keeper(service)).get("/venues")

    assert "Chưa có địa điểm nào" in page.text
    assert 'href="/venues/new"' in page.text
    assert 'href="/venues/import"' in page.text


async def test_a_long_list_goes_on_over_the_page_and_keeps_the_search(service: Service) -> None:
    company = await make_organisation(service, "Hợp Phố")
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)
    lines = "\n".join(f"Tiệm {n},{n} Đề Thám" for n in range(120))
    await staff.post(
        "/v1/venues/import",
        content=f"Tên,Địa chỉ\n{lines}\n".encode(),
        headers={"Content-Type": "text/csv"},
    )

    seen: set[str] = set()
    path = "/venues?q=tiem"
    for expected in (50, 50, 20):
        page = await staff.get(path)
        names = set(re.findall(r"<b>(Tiệm \d+)</b>", page.text))
        assert len(names) == expected
        seen |= names
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        path = unescape(following[1]) if following else ""
    assert len(seen) == 120
    assert path == ""


async def test_a_list_sent_from_the_page_is_reported_readably(service: Service) -> None:
    staff = await keeper(service)
    table = "Tên cơ sở,Địa chỉ\nTiệm A,1 Đề Thám\n,2 Đề Thám\n".encode()

    report = await staff.post("/venues/import", files={"file": ("Tiệm.csv", table, "text/csv")})
    nothing = await staff.post("/venues/import", files={"file": ("", b"", "text/csv")})
    broken = await staff.post("/venues/import", files={"file": ("a.xlsx", b"PK\x03\x04", "x/y")})
    no_form = await staff.post("/venues/import", content=b"x")

    assert report.status_code == 200
    assert "<b>1</b> địa điểm mới" in report.text
    assert "<td>3</td><td>Tên</td><td>Thiếu tên.</td><td>2 Đề Thám</td>" in report.text
    assert (nothing.status_code, broken.status_code, no_form.status_code) == (422, 422, 400)
    assert "Hãy chọn một tệp có nội dung." in nothing.text
    assert "không phải là tệp Excel" in broken.text


async def test_every_kind_has_its_words_in_both_languages(service: Service) -> None:
    staff = await keeper(service)

    for language in ("vi", "en"):
        page = await staff.get("/venues/new", params={"lang": language})
        options = re.findall(r'<option value="([a-z_]+)">([^<(]+) \(', page.text)
        assert {kind for kind, _ in options} == set(VenueKind)
        assert len({words for _, words in options}) == len(VenueKind)


IN_ORDER = [
    *("10 giờ", "Án", "An Bình", "Ăn Ngon", "Âu Cơ", "Ba", "Bà", "Bả", "bã", "Bá", "Bạ", "Ban"),
    *("Dừa", "Đá", "Oanh", "Ốc", "Ơn", "Ưu", "Y tế"),
]


async def test_venues_and_kinds_stand_in_dictionary_order_the_rest_last(service: Service) -> None:
    company = await make_organisation(service)
    for name in sorted(IN_ORDER, reverse=True):
        await make_venue(service, organisation_id=company, name=name)
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)

    first = (await staff.get("/v1/venues?limit=5")).json()
    rest = (await staff.get(f"/v1/venues?limit=100&after={quote(first['next'])}")).json()
    form = await staff.get("/venues/new", headers={"accept-language": "vi"})
    kinds = re.findall(r'<option value="\w+">([^<(]+) \(', form.text)

    assert [venue["name"] for venue in first["venues"] + rest["venues"]] == IN_ORDER
    assert kinds == [*sorted(kinds[:-1], key=dictionary_order), "Khác"]
    assert len(kinds) == len(VenueKind)
