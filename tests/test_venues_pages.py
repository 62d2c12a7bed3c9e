"""The pages of venues: what is typed wrong comes back, and what is another's is not there."""

from __future__ import annotations

import re
from html import unescape

import httpx
import numpy
import zxingcpp

from accounts.model import Role
from kit.db import connection
from tests.conftest import Service
from tests.make_venues import (
    CAI_KHE,
    MadeVenue,
    make_checkpoint,
    make_organisation,
    make_venue,
    make_zone,
    staff_client,
)
from venues.code import address, printed
from venues.poster import Format
from venues.qr import qr_path

CAFE = {
    "name": "Cà phê Hợp Phố",
    "kind": "cafe",
    "address": "8 Đề Thám",
    "ward": "Phường Cái Khế, Quận Ninh Kiều, Cần Thơ",
    "position": "10.0361, 105.7800",
    "opens": "18:00",
    "closes": "02:00",
    "contact_phone": "0912 345 678",
}


async def keeper(service: Service, name: str = "Hợp Phố") -> httpx.AsyncClient:
    company = await make_organisation(service, name)
    return await staff_client(service, Role.VENUE_STAFF, organisation_id=company)


def value(page: httpx.Response, name: str) -> str:
    found = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return unescape(found[1])


async def test_a_venue_registered_on_the_page_can_be_printed_from_its_own(
    service: Service,
) -> None:
    staff = await keeper(service)

    stored = await staff.post("/venues/new", data=CAFE)
    page = await staff.get(stored.headers["location"])
    [poster, *_] = re.findall(r'href="(/v1/checkpoints/[^"]+)"', page.text)
    printed_poster = await staff.get(unescape(poster))

    assert stored.status_code == 303
    assert "Cà phê Hợp Phố" in page.text
    assert "Phường Cái Khế, Quận Ninh Kiều, Thành phố Cần Thơ" in page.text
    assert printed_poster.content.startswith(b"%PDF")
    offered = set(re.findall(r"format=(\w+)&amp;kind=(\w+)&amp;language=(\w+)", page.text))
    assert len(offered) == len(Format) * 2 * 2


async def test_wrong_input_comes_back_with_everything_typed_and_a_message(
    service: Service,
) -> None:
    staff = await keeper(service)
    wrongs = [
        ({"name": ""}, "Cần điền ô này."),
        ({"address": " "}, "Cần điền ô này."),
        ({"kind": "palace"}, "Hãy chọn loại hình"),
        ({"ward": "Phường Không Có Thật"}, "Không có phường, xã nào"),
        ({"ward": "Cái Khế, Cần Thơ"}, "Có nhiều phường, xã phù hợp"),
        ({"position": "10.03"}, "Tọa độ không hợp lệ"),
        ({"position": "mười, 105"}, "Tọa độ không hợp lệ"),
        ({"position": "910, 105"}, "Giá trị này không thể có"),
        ({"closes": ""}, "giờ đóng cửa"),
        ({"contact_phone": "gọi Lan"}, "Đây không phải là số điện thoại"),
        ({"typical_stay": "lâu"}, "Đây không phải là số."),
        ({"typical_stay": "9999"}, "Giá trị này không thể có"),
        ({"capacity": "-3"}, "Giá trị này không thể có"),
    ]

    for wrong, message in wrongs:
        typed = CAFE | {"contact_name": '"Chị" <Hai>'} | wrong
        page = await staff.post("/venues/new", data=typed)
        assert page.status_code == 422
        assert message in page.text
        for name in typed.keys() - {"kind"}:
            assert value(page, name) == typed[name].strip()
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM venue") == 0


async def test_of_several_wards_one_is_chosen_without_a_script(service: Service) -> None:
    staff = await keeper(service)
    typed = CAFE | {"ward": "Cái Khế, Cần Thơ"}

    asked = await staff.post("/venues/new", data=typed)
    choices = re.findall(r'<option value="(\d{4}/[^"]*)"', asked.text)
    chosen = typed | {"area": choices[0], "ward_asked": value(asked, "ward_asked")}
    changed_mind = await staff.post("/venues/new", data=chosen | {"ward": "Không Có"})
    stored = await staff.post("/venues/new", data=chosen)

    assert choices == [CAI_KHE, "2021/92/916/31117/"]
    assert changed_mind.status_code == 422
    assert stored.status_code == 303
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT area FROM venue") == CAI_KHE


async def test_a_venue_that_is_there_already_is_shown(service: Service) -> None:
    staff = await keeper(service)
    first = await staff.post("/venues/new", data=CAFE)

    again = await staff.post("/venues/new", data=CAFE)

    assert again.status_code == 422
    assert f'href="{first.headers["location"]}"' in again.text


async def test_a_venue_keeps_its_name_above_a_form_without_one(service: Service) -> None:
    staff = await keeper(service)
    place = (await staff.post("/venues/new", data=CAFE)).headers["location"]

    page = await staff.post(f"{place}/edit", data=CAFE | {"name": ""})

    assert page.status_code == 422
    assert "<h1>Sửa: Cà phê Hợp Phố</h1>" in page.text


async def test_what_is_done_to_a_door_is_named_by_the_door(service: Service) -> None:
    company = await make_organisation(service)
    venue = await make_venue(service, organisation_id=company)
    await make_checkpoint(service, venue.id, name="Cửa Đông")
    staff = await staff_client(service, Role.VENUE_STAFF, organisation_id=company)

    page = await staff.get(f"/venues/{venue.id}")

    doors = re.findall(r'<section class="card door".*?</section>', page.text, re.DOTALL)
    assert len(doors) == 2
    names = [re.findall(r"<(?:a|summary|button)\b[^>]*>", door) for door in doors]
    labels = [re.search(r'aria-label="([^"]+)"', tag) for door in names for tag in door]
    assert all(labels)
    said = [label[1] for label in labels if label]
    assert len(set(said)) == len(said)
    assert "Tạo mã mới: Cửa Đông" in said


async def test_a_ward_that_is_no_longer_listed_is_called_by_its_path(service: Service) -> None:
    venue = await make_venue(service, area="2025/92/99999/")
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)

    for page in (f"/venues/{venue.id}", f"/venues/{venue.id}/edit"):
        assert "2025/92/99999/" in (await staff.get(page)).text
    poster = await staff.get(f"/v1/checkpoints/{venue.checkpoint_id}/poster")
    assert poster.status_code == 200


async def test_a_form_stored_unchanged_changes_nothing(service: Service) -> None:
    staff = await keeper(service)
    place = (await staff.post("/venues/new", data=CAFE | {"small": "no", "listed": "1"})).headers[
        "location"
    ]
    before = (await staff.get(f"/v1{place}")).json()

    form = await staff.get(f"{place}/edit")
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form.text))
    fields = {name: unescape(text) for name, text in fields.items()}
    del fields["next"], fields["demands_declaration"]
    selects = re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', form.text, re.DOTALL)
    chosen = {
        name: picked[1]
        for name, options in selects
        if (picked := re.search(r'value="([^"]*)" selected', options))
    }
    stored = await staff.post(f"{place}/edit", data=fields | chosen)

    assert stored.status_code == 303
    assert (await staff.get(f"/v1{place}")).json() == before


async def test_the_page_of_a_venue_adds_zones_and_doors_and_says_what_is_wrong(
    service: Service,
) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    place = f"/venues/{venue.id}"

    await staff.post(f"{place}/zones", data={"name": "Tầng 2"})
    twice = await staff.post(f"{place}/zones", data={"name": "Tầng 2"})
    unnamed = await staff.post(f"{place}/checkpoints", data={"name": " "})
    zone = re.search(r'<option value="(\d+)">Tầng 2', twice.text)
    assert zone
    door = {"name": "Lối ra sau", "direction": "out", "zone": zone[1]}
    made = await staff.post(f"{place}/checkpoints", data=door)
    again = await staff.post(f"{place}/checkpoints", data=door)

    assert (twice.status_code, made.status_code) == (422, 303)
    assert "Đã có tên này rồi." in twice.text
    assert "Cần điền ô này." in unnamed.text
    assert again.status_code == 422
    assert "Lối ra sau" in (await staff.get(place)).text


async def test_a_replaced_code_leaves_its_reason_on_the_page(service: Service) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    door = f"/venues/{venue.id}/checkpoints/{venue.checkpoint_id}"

    unsaid = await staff.post(f"{door}/codes", data={"reason": ""})
    done = await staff.post(f"{door}/codes", data={"reason": "Bị dán <đè>"})
    page = await staff.get(f"/venues/{venue.id}")

    assert unsaid.status_code == 422
    assert done.status_code == 303
    assert venue.code in page.text
    assert printed(venue.code) not in page.text
    assert "Bị dán &lt;đè&gt;" in page.text


async def test_a_closed_door_has_no_code_on_the_page(service: Service) -> None:
    venue = await make_venue(service)
    staff = await staff_client(service, Role.VENUE_STAFF, venue_id=venue.id)
    door = f"/venues/{venue.id}/checkpoints/{venue.checkpoint_id}"

    first = await staff.post(f"{door}/close")
    asked = await staff.get(f"{door}/close")
    still = await staff.get(f"/venues/{venue.id}")
    await staff.post(f"{door}/close", data={"sure": "1"})
    late = await staff.post(f"{door}/codes", data={"reason": "Mất"})
    page = await staff.get(f"/venues/{venue.id}")

    assert (first.status_code, first.headers["location"]) == (303, f"{door}/close")
    assert "Đóng hẳn cửa" in asked.text
    assert "cửa cuối cùng" in asked.text
    assert "<svg" in still.text  # one press closes nothing
    assert late.status_code == 303
    assert "<svg" not in page.text
    assert "Không có cửa nào mở" in page.text


def pages_of(venue: MadeVenue) -> list[tuple[str, str, dict[str, str]]]:
    place = f"/venues/{venue.id}"
    door = f"{place}/checkpoints/{venue.checkpoint_id}"
    return [
        ("GET", place, {}),
        ("GET", f"{place}/edit", {}),
        ("POST", f"{place}/edit", CAFE),
        ("POST", f"{place}/edit", {}),
        ("POST", f"{place}/zones", {"name": "Tầng 9"}),
        ("POST", f"{place}/zones", {}),
        ("POST", f"{place}/checkpoints", {"name": "Cửa 9"}),
        ("POST", f"{door}/codes", {"reason": "Thử"}),
        ("POST", f"{door}/codes", {}),
        ("GET", f"{door}/close", {}),
        ("POST", f"{door}/close", {"sure": "1"}),
    ]


async def test_another_organisations_venue_is_not_there_on_any_page(service: Service) -> None:
    venue, own = await make_venue(service), await make_venue(service)
    await make_zone(service, venue.id)
    stranger = await staff_client(service, Role.VENUE_STAFF, organisation_id=own.organisation_id)

    answers = [
        await stranger.request(method, path, data=form) for method, path, form in pages_of(venue)
    ]
    crossed = await stranger.post(
        f"/venues/{own.id}/checkpoints/{venue.checkpoint_id}/codes", data={"reason": "Thử"}
    )
    listed = await stranger.get("/venues")

    assert {answer.status_code for answer in (*answers, crossed)} == {404}
    assert f'href="/venues/{venue.id}"' not in listed.text
    assert f'href="/venues/{own.id}"' in listed.text
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM zone WHERE venue_id = $1", venue.id) == 1
        live = await db.fetchval(
            "SELECT code FROM code WHERE code = $1 AND valid_to IS NULL", venue.code
        )
    assert live == venue.code


def test_the_picture_of_a_code_is_the_code() -> None:
    text = address("https://chot.example.vn", "0123456789ABC")

    size, path = qr_path(text)

    picture = numpy.full((size * 4, size * 4), 255, numpy.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        top, left = int(y) * 4, int(x) * 4
        picture[top : top + 4, left : left + int(width) * 4] = 0
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [text]
