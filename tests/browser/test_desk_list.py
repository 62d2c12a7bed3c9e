"""A list of contacts worked with the keyboard alone."""

from __future__ import annotations

import pytest

import app
from accounts.access import SESSION_COOKIE
from accounts.model import Role
from tests.browser.conftest import Site
from tests.make_cases import CAN_THO
from tests.make_venues import make_staff
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture


@pytest.mark.parametrize("scripts", [True, False])
async def test_enter_in_no_field_of_the_list_shows_names_or_loses_what_was_typed(
    site: Site, desk: Desk, scripts: bool
) -> None:
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.COORDINATOR, area=CAN_THO)
    phone = await site.phone(java_script_enabled=scripts)
    await phone.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])
    page = await phone.new_page()
    await page.goto(f"{desk.page}?lang=en")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.is_navigation_request() else None)
    await page.click("#tools summary")
    await page.locator("#contacts input").first.check()
    await page.fill("#words", "hẹn gọi lại buổi chiều")

    fields = page.locator("#work-form input:not([type=hidden]), #work-form select")
    boxes = [one for one in await fields.all() if await one.is_visible()]
    for one in boxes:
        await one.press("Enter")

    assert len(boxes) > 9
    assert sent == []
    assert await page.input_value("#words") == "hẹn gọi lại buổi chiều"


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
