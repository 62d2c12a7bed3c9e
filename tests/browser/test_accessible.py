"""WCAG 2.2 AA as far as a program can judge it, and nothing wider than a small phone."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.test_citizen import declare_nothing, sign_up
from tests.make_venues import make_venue

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
