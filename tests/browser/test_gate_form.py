"""What a guard types on a gate's pages: an entry by hand, and the code that pairs the device."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

import app
from accounts.model import Role
from tests.browser.conftest import Site
from tests.browser.lane import gun, paired, scans, shown
from tests.browser.test_accessible import NARROW, wrong
from tests.make_venues import make_venue, staff_client
from venues.code import printed


async def write_down(page: Page, **values: str) -> None:
    for name, value in values.items():
        await page.fill(f"#by-hand [name={name}]", value)
    await page.click("#by-hand form button")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"phone": "12"}, "số điện thoại"),
        ({"birth_year": "1850"}, "Có chỗ chưa đúng"),
        ({"full_name": "\u2007"}, "Có chỗ chưa đúng"),
    ],
)
async def test_what_was_written_down_stays_until_it_is_taken(
    site: Site, change: dict[str, str], words: str
) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)
    await page.evaluate("document.querySelector('[name=birth_year]').pattern = '[0-9]{4}'")
    good = {"full_name": "Bà Tư", "phone": "0912 345 678", "birth_year": "1950"}
    typed = good | change

    await page.click("#more")
    await page.click("#by-hand summary")
    await write_down(page, **typed)
    await shown(page, "problem")

    await expect(page.locator("#verdict .words")).to_contain_text(words)
    for name, value in typed.items():
        await expect(page.locator(f"#by-hand [name={name}]")).to_have_value(value)
    await expect(page.locator("#companions")).to_have_text("+1")
    await write_down(page, **good)
    await shown(page, "green")
    await expect(page.locator("#by-hand [name=full_name]")).to_have_value("")
    await expect(page.locator("#by-hand [name=full_name]")).to_be_hidden()
    assert [row["party"] for row in await scans(site)] == [1]


async def test_a_year_that_nobody_was_born_in_is_not_even_sent(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)

    await page.click("#by-hand summary")
    await write_down(page, full_name="Bà Tư", birth_year="1850")

    assert await page.evaluate(
        "document.querySelector('[name=birth_year]').validity.patternMismatch"
    )
    await expect(page.locator("#by-hand [name=full_name]")).to_have_value("Bà Tư")
    assert await scans(site) == []


@pytest.mark.parametrize("by_gun", [True, False])
async def test_a_device_without_a_camera_is_paired_by_its_code(site: Site, by_gun: bool) -> None:
    venue = await make_venue(site.service)
    site.service.clock.now = app.now()
    keeper = await staff_client(site.service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    offer = (await keeper.post(path, json={"name": "Máy 1"})).json()
    page = await (await site.phone(viewport=NARROW, bypass_csp=True)).new_page()
    await page.goto("/gate")
    assert await wrong(page) == []

    await gun(
        page, offer["address"] if by_gun else printed(offer["code"])
    )  # the field has the focus
    await page.wait_for_url(f"**/G/{offer['code']}")
    await page.click("main button")

    await page.wait_for_url("**/gate")
    await expect(page.locator("#credential")).to_be_focused()
