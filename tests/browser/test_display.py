"""A screen at a door in a real browser: its code, and what it says when it starts offline."""

from __future__ import annotations

from playwright.async_api import expect

import app
from accounts.model import Role
from tests.browser.conftest import Site, kept_for_offline
from tests.browser.lane import DESK
from tests.make_venues import make_staff, make_venue


async def test_a_screen_that_starts_without_network_shows_no_code_and_finds_it_again(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.ADMIN, area="")
    context = await site.phone(viewport=DESK)
    await context.add_cookies([{"name": "chot_session", "value": token, "url": site.url}])
    page = await context.new_page()
    await page.goto(f"/display/{venue.checkpoint_id}")
    await page.click("form button.main")
    code = page.locator("#screen svg path")
    drawn = await code.get_attribute("d")
    await kept_for_offline(page)

    await context.set_offline(True)
    await page.reload()
    await expect(page.locator("[data-note=nothing]")).to_be_visible()
    await expect(page.locator("#screen svg")).to_be_hidden()
    await expect(page.locator("#screen .typed")).to_be_hidden()
    await context.set_offline(False)

    await expect(page.locator("#screen svg")).to_be_visible()
    await expect(page.locator("[data-note=nothing]")).to_be_hidden()
    assert drawn
