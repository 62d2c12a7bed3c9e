"""A gate lane in a real browser: a gun's keys, focus, colours, a camera, a network that fails."""

from __future__ import annotations

import io
import statistics
from pathlib import Path

import pytest
import qrcode
from playwright.async_api import expect

from accounts.model import Role
from checkin.model import Colour, Way
from kit.db import connection
from tests.browser.conftest import Site
from tests.browser.lane import DESK, WATCH, gun, paired, scans, shown
from tests.browser.test_accessible import NARROW, wrong
from tests.browser.test_citizen import camera
from tests.make_gates import chip_card
from tests.make_people import make_person
from tests.make_venues import make_staff, make_venue

STRINGS, UNKNOWN, FOREIGN = 20, 2, 1


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "phone"])
async def test_a_guns_strings_are_neither_lost_nor_merged(site: Site, size: dict[str, int]) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=size), venue)
    await page.evaluate(WATCH)
    people = [chip_card(f"Nguyễn Văn Người {n}") for n in range(STRINGS - UNKNOWN - FOREIGN)]
    strings = [(card, "green") for card in people]
    strings[5:5] = [("9|8|7|x", "problem")] * UNKNOWN
    strings[12:12] = [("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9", "problem")] * FOREIGN

    for text, state in strings:
        await gun(page, text)
        await shown(page, state)

    assert await page.evaluate("strayed") == []
    assert await page.evaluate("document.activeElement.id") == "credential"
    stored = await scans(site)
    assert len(stored) == len({row["subject"] for row in stored}) == len(people)
    assert await page.inner_text("#entered") == str(len(people))
    times: list[float] = await page.evaluate("times")
    assert len(times) == STRINGS
    print(f"Enter → colour: p95 {statistics.quantiles(times, n=20)[-1]:.0f} ms")  # noqa: T201


async def test_a_gun_need_not_wait_for_the_answer(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)
    people = [chip_card(f"Lê Thị {n}") for n in range(10)]

    for card in people:
        await gun(page, card)
    await expect(page.locator("#entered")).to_have_text("10")

    assert len({row["subject"] for row in await scans(site)}) == 10


async def test_a_guard_lets_in_turns_away_counts_companions_and_undoes(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)
    red = await make_person(site.service, "Trần Thị Đỏ", cccd="092190999999")
    async with connection(site.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, own, own_until) "
            "VALUES ($1, $2, date_trunc('hour', now() + interval '1 day', 'UTC'))",
            *(red, Colour.RED),
        )
    card = chip_card("Nguyễn Thị Hoa")

    await page.click("#more")
    await gun(page, card)
    await shown(page, "green")
    await expect(page.locator("#verdict .name")).to_have_text("N. T. Hoa")
    await gun(page, card)
    await expect(page.locator("#verdict .repeated")).to_be_visible()
    await gun(page, chip_card("Trần Thị Đỏ", "092190999999"))
    await shown(page, "red")
    await gun(page, "+3")
    await gun(page, chip_card("Lê Văn Tám", sex="Nam"))
    await shown(page, "green")
    await page.click("#undo")
    await shown(page, "undone")
    await page.check("[name=way][value=out]", force=True)
    await gun(page, card)
    await shown(page, "out")

    assert [(row["way"], row["party"], row["void"]) for row in await scans(site)] == [
        (Way.IN, 1, None),
        (Way.REFUSED, 0, None),
        (Way.IN, 3, True),
        (Way.OUT, 0, None),
    ]
    await expect(page.locator("#entered")).to_have_text("2")
    await expect(page.locator("#refused")).to_have_text("1")
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_an_undo_is_of_who_stands_on_the_screen_and_says_who(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)
    first, second = chip_card("Nguyễn Thị Hoa"), chip_card("Lê Thị Mai")
    for card in (first, second):
        await gun(page, card)
        await shown(page, "green")

    await gun(page, first)
    await expect(page.locator("#verdict .repeated")).to_be_visible()
    await page.click("#undo")
    await shown(page, "undone")

    await expect(page.locator("#verdict .name")).to_contain_text("N. T. Hoa")
    await expect(page.locator("#undo")).to_be_disabled()
    assert [row["void"] for row in await scans(site)] == [True, None]
    await gun(page, "9|8|7|x")
    await shown(page, "problem")
    await expect(page.locator("#undo")).to_be_disabled()
    await gun(page, second)
    await expect(page.locator("#verdict .repeated")).to_be_visible()
    await page.click("#undo")
    await shown(page, "undone")
    await expect(page.locator("#verdict .name")).to_contain_text("L. T. Mai")
    assert [row["void"] for row in await scans(site)] == [True, True]


async def test_an_odd_one_waits_in_the_list_while_others_pass(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)

    await gun(page, chip_card("Trần Bé Na", year=2018))
    await shown(page, "confirm")
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "green")
    await page.click("#odd .yes")
    await expect(page.locator("#verdict .name")).to_have_text("T. B. Na")

    assert len(await scans(site)) == 2
    assert await page.locator("#odd .card").count() == 0
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_somebody_with_nothing_is_entered_by_hand(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)

    await page.click("#by-hand summary")
    await expect(page.locator("#by-hand input").first).to_be_focused()
    await page.keyboard.type("Bà Tư")
    await page.click("#by-hand button")
    await shown(page, "green")

    await expect(page.locator("#verdict .name")).to_have_text("B. Tư")
    assert len(await scans(site)) == 1
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_a_camera_reads_a_card(site: Site, tmp_path: Path) -> None:
    venue = await make_venue(site.service)
    picture = io.BytesIO()
    qrcode.make(chip_card("Nguyễn Thị Hoa")).save(picture, "PNG")
    context = await site.phone(*camera(picture.getvalue(), tmp_path / "camera.y4m"))
    page = await paired(site, context, venue)

    await page.click("#film")
    await shown(page, "green")

    await expect(page.locator("#verdict .name")).to_have_text("N. T. Hoa")
    assert len(await scans(site)) == 1


async def test_a_revoked_device_says_so(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)
    token = await make_staff(site.service, Role.ADMIN, area="")
    async with connection(site.service.state["db"]) as db:
        gate_id: int = await db.fetchval("SELECT id FROM gate_device")

    head = {"Authorization": f"Bearer {token}"}
    revoked = await page.request.post(f"/v1/gates/{gate_id}/revoke", headers=head)
    await gun(page, chip_card())

    assert revoked.status == 204
    await expect(page.locator("#credential")).to_have_count(0)
    assert await scans(site) == []


async def test_the_lane_is_accessible_on_a_small_phone(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=NARROW, bypass_csp=True), venue)

    found = await wrong(page)
    for card, state in (
        (chip_card(), "green"),
        ("0", "problem"),
        (chip_card(year=2018), "confirm"),
    ):
        await gun(page, card)
        await shown(page, state)
        found += await wrong(page)
    await page.click("#by-hand summary")
    found += await wrong(page)

    assert found == []


# A device whose clock is five minutes slow.
SLOW_CLOCK = """(() => {
  const Real = Date;
  const now = () => Real.now() - 300000;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [now()])); }
    static now() { return now(); }
  };
})()"""


async def test_a_slow_clock_lets_nobody_in_who_is_turned_away(site: Site) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK)
    await context.add_init_script(SLOW_CLOCK)
    page = await paired(site, context, venue)
    red = await make_person(site.service, "Trần Thị Đỏ", cccd="092190999999")
    async with connection(site.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, own, own_until) "
            "VALUES ($1, $2, date_trunc('hour', now() + interval '1 day', 'UTC'))",
            *(red, Colour.RED),
        )

    await gun(page, chip_card("Trần Thị Đỏ", "092190999999"))
    await shown(page, "red")

    assert [row["way"] for row in await scans(site)] == [Way.REFUSED]


async def test_a_full_venue_is_said_at_the_gate(site: Site) -> None:
    venue = await make_venue(site.service)
    async with connection(site.service.state["db"]) as db:
        await db.execute("UPDATE venue SET capacity = 2")
    page = await paired(site, await site.phone(viewport=DESK), venue)
    await expect(page.locator("#fullness")).to_be_hidden()

    for _ in range(2):
        await gun(page, chip_card())
        await shown(page, "green")
    await page.reload()

    await expect(page.locator("#fullness [data-for=full]")).to_be_visible()
