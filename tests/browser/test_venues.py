"""The ward of a venue as somebody types it, with the list that a script offers."""

from __future__ import annotations

import app
from accounts.access import SESSION_COOKIE
from accounts.model import Role
from kit.db import connection
from tests.browser.conftest import Site
from tests.make_venues import CAI_KHE, make_staff


async def test_a_ward_chosen_from_the_list_by_keyboard_is_the_venues(site: Site) -> None:
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.ADMIN, area="2025/92/")
    desk = await site.phone()
    await desk.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])
    page = await desk.new_page()

    await page.goto("/venues/new")
    await page.fill("#name", "Chợ Cái Khế")
    await page.fill("#organisation", "Ban quản lý chợ")
    await page.select_option("#kind", "market")
    await page.fill("#address", "1 Trần Văn Khéo")
    await page.locator("#ward").press_sequentially("cai khe can")  # without marks
    await page.wait_for_selector("#wards li")
    offered = await page.locator("#wards li").all_inner_texts()
    await page.press("#ward", "ArrowDown")
    await page.press("#ward", "Enter")
    chosen = await page.input_value("#ward")
    await page.click("form.form button.main")
    await page.wait_for_selector("svg[role=img]")

    assert offered == [
        "Phường Cái Khế, Thành phố Cần Thơ hiện nay",
        "Phường Cái Khế, Quận Ninh Kiều, Thành phố Cần Thơ trước 7/2025",
    ]
    assert chosen == "Phường Cái Khế, Thành phố Cần Thơ"
    async with connection(site.service.state["db"]) as db:
        assert await db.fetchval("SELECT area FROM venue") == CAI_KHE
