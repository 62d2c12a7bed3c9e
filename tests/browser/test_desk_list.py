"""A list of contacts worked with the keyboard alone."""

from __future__ import annotations

import app
from accounts.access import SESSION_COOKIE
from accounts.model import Role
from tests.browser.conftest import Site
from tests.make_cases import CAN_THO
from tests.make_venues import make_staff
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture


async def test_keys_move_tick_and_lead_to_what_is_done_until_they_are_off(
    site: Site, desk: Desk
) -> None:
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.COORDINATOR, area=CAN_THO)
    phone = await site.phone()
    await phone.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])
    page = await phone.new_page()
    await page.goto(f"{desk.page}?lang=en")

    async def ticked() -> list[str]:
        boxes = await page.locator("#contacts input:checked").all()
        return [(await one.get_attribute("name") or "")[-8:] for one in boxes]

    for key in ("j", "x", "ArrowDown", "ArrowDown", "k", "x"):
        await page.keyboard.press(key)
    chosen, told = await ticked(), await page.inner_text("#ticked")
    await page.keyboard.press("a")
    at_giving = await page.evaluate("() => document.activeElement.id")
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await page.keyboard.type("jx")  # what is typed is typed
    typed, still = await page.input_value("#filter-text"), await ticked()
    await page.click(".keys summary")
    await page.uncheck("#keys-on")
    await page.focus("#contacts input")
    await page.keyboard.press("x")

    assert chosen == [desk.number["P"], desk.number["W"]]
    assert told == "2 ticked"
    assert (at_giving, typed, still) == ("to", "jx", chosen)
    assert await ticked() == chosen

    # and the button does it for those who are ticked
    await page.keyboard.press("Escape")
    await page.select_option("#act", "sampled")
    await page.click("button[formaction$='/work']:has-text('Record')")
    await page.wait_for_selector(".done")
    waits = page.locator("#contacts tbody tr", has_text="Chờ kết quả")
    assert [(await one.locator("th").get_attribute("id")) for one in await waits.all()] == [
        desk.number["P"],
        desk.number["W"],
    ]
