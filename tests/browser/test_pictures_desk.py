"""The picture of who infected whom in a browser: what its script adds."""

from __future__ import annotations

from playwright.async_api import Page, expect

import app
from bench.outbreak import outbreak, store
from kit.db import transaction
from tests.browser.conftest import Site
from tests.browser.test_main_job import add_staff, logged_in
from tests.make_venues import CAI_KHE

CASES = 150
SHOWN = """() => [...document.querySelectorAll("#graph .case text")]
  .filter((one) => getComputedStyle(one).visibility === "visible")
  .map((one) => one.getBoundingClientRect())
  .map((box) => [box.left, box.top, box.right, box.bottom])"""
Box = tuple[float, float, float, float]


async def shown(page: Page) -> list[Box]:
    return [tuple(box) for box in await page.evaluate(SHOWN)]


def overlapping(boxes: list[Box]) -> float:
    """The share that touches another one."""

    def meets(a: Box, b: Box) -> bool:
        return a is not b and a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]

    return sum(any(meets(a, b) for b in boxes) for a in boxes) / len(boxes)


async def test_zooming_names_more_cases_without_labels_upon_each_other(site: Site) -> None:
    # given an outbreak on the screen of an office
    await add_staff(site)
    async with transaction(site.service.state["db"]) as db:
        await store(db, outbreak(CASES, 7, app.now().date()), CAI_KHE)
    page = await logged_in(site, "lan")
    await page.goto("/desk/graph")

    # when it is zoomed by button and key, and a case is chosen by arrow keys
    near, zoomed = [], page.locator("[aria-pressed=true]")
    for scale in ("1", "4"):
        await page.click(f"[data-scale='{scale}']")
        near.append(await shown(page))
    await page.focus("#graph")
    await page.keyboard.press("+")
    await expect(zoomed).to_have_attribute("data-scale", "8")
    near.append(await shown(page))
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowRight")
    told = await page.inner_text("#told")

    # then more are named each time, hardly any upon another, and the chosen one says who it is
    counts = [len(one) for one in near]
    assert counts == sorted(counts)
    assert 10 < counts[0] < counts[1] <= CASES
    assert max(map(overlapping, near)) <= 0.05
    assert told.startswith("F0-")
    async with page.expect_download() as kept:
        await page.click("#png")
    assert (await kept.value).suggested_filename == "transmission.png"
