"""WCAG 2.2 AA as far as a program can judge it, and nothing wider than a small phone."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

import app
from accounts.access import SESSION_COOKIE
from accounts.model import Role
from tests.browser.conftest import Site
from tests.browser.test_citizen import declare_nothing, sign_up
from tests.make_cases import CAN_THO
from tests.make_venues import make_staff, make_venue
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture

AXE = Path(__file__).parent.joinpath("vendor/axe-core/axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = """async (rules) => (await axe.run({ runOnly: rules })).violations.map(
  (found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`)"""
NARROW = {"width": 320, "height": 640}


async def wrong(page: Page) -> list[str]:
    await page.evaluate(AXE)
    found: list[str] = await page.evaluate(FOUND, RULES)
    width: int = await page.evaluate("document.documentElement.scrollWidth")
    if width > NARROW["width"]:
        found.append(f"{width} pixels wide")
    return [f"{page.url} {one}" for one in found]


async def test_a_barrier_is_found(site: Site) -> None:
    page = await (await site.phone(viewport=NARROW, bypass_csp=True)).new_page()
    await page.goto("/")

    await page.evaluate(
        "document.querySelector('main').innerHTML = '<h1>x</h1><input style=\"width: 400px\">'"
    )

    assert len(await wrong(page)) == 2


async def test_every_step_of_a_citizen_is_accessible_on_a_small_phone(site: Site) -> None:
    venue = await make_venue(site.service, demands_declaration=True)
    page = await (await site.phone(viewport=NARROW, bypass_csp=True)).new_page()

    await page.goto(f"/V/{venue.code}")
    found = await wrong(page)
    await sign_up(page)
    await page.click("a[href$='/declare']")
    await page.wait_for_url("**/declare")
    found += await wrong(page)
    await declare_nothing(page)
    await expect(page.locator("form[data-way=in]")).to_be_visible()
    found += await wrong(page)
    await page.click("form[data-way=in] button")
    await expect(page.locator("#result")).to_be_visible()
    found += await wrong(page)
    for path in ("/", "/visits", "/scan", "/offline", "/V/0000", "/login", "/problems/not-found"):
        await page.goto(path)
        found += await wrong(page)

    assert found == []


async def test_the_desk_is_accessible_on_a_small_phone(site: Site, desk: Desk) -> None:
    # given a case with its contacts, whatever can be unfolded unfolded
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.COORDINATOR, area=CAN_THO)
    phone = await site.phone(viewport=NARROW, bypass_csp=True)
    await phone.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])
    page = await phone.new_page()

    found = []
    for path in (desk.page, f"{desk.page}/points", f"{desk.page}/people-list", "/desk"):
        await page.goto(path)
        await page.evaluate("document.querySelectorAll('details').forEach((e) => e.open = true)")
        found += await wrong(page)

    assert found == []
