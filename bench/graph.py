"""The picture of who infected whom at 1,000 cases: `python -m bench.graph [cases]`.

An outbreak from a seed in a database of its own, the service, and headless Chromium at 1280 x 800
on the page: how long the layout takes, and the page until it can be used; at each scale how many
labels are shown and which share of them overlaps another one, by the browser's own boxes.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any

from playwright.async_api import Page, async_playwright

import database
from accounts import queries
from accounts.model import Grant, Role
from accounts.password import hash_password
from bench.database import server, settings_of
from bench.outbreak import outbreak, store
from settings import Settings
from tests.live import serving
from tracing.pictures import queries_transmission
from tracing.pictures.layout import SCALES, picture
from tracing.pictures.queries_transmission import Wanted
from tracing.pictures.transmission import Transmission, transmission

AREA = "2025/92/31120/"
PASSWORD = "open to nobody else"  # noqa: S105
SEED, TIMES = 2021, 5
CHROMIUM = "/usr/bin/chromium"
SIZE: Any = {"width": 1280, "height": 800}
SHOWN = """() => {
  const boxes = [...document.querySelectorAll("#graph .case text")]
    .filter((one) => getComputedStyle(one).visibility === "visible")
    .map((one) => one.getBoundingClientRect());
  const across = (a, b) => a.left < b.right && b.left < a.right;
  const meets = (a, b) => a !== b && across(a, b) && a.top < b.bottom && b.top < a.bottom;
  return [boxes.length, boxes.filter((a) => boxes.some((b) => meets(a, b))).length];
}"""


async def prepare(settings: Settings, count: int) -> Transmission:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    async with database.owner(settings) as db:
        async with db.transaction():
            await store(db, outbreak(count, SEED, now.date()), AREA)
            hashed = hash_password(PASSWORD)
            staff_id = await queries.add_staff(db, "bench", "Bench", hashed, False, now)
            assert staff_id is not None  # noqa: S101
            await queries.add_grant(db, staff_id, Grant(role=Role.COORDINATOR, area=AREA), now)
        nodes, total = await queries_transmission.nodes(db, [AREA], Wanted(), count)
        met = await queries_transmission.meetings(db, [one.id for one in nodes])
    return transmission(nodes, met, total)


def laid_out(found: Transmission) -> None:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        made = picture(found)
        times.append(time.perf_counter() - began)
    print(
        f"{len(found.nodes):,} cases, {len(found.links):,} links: laid out in "
        f"{statistics.median(times):.2f} s ({min(times):.2f} to {max(times):.2f}), "
        f"{made.days} days across"
    )


async def looked_at(page: Page) -> None:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await page.goto("/desk/graph")
        await page.wait_for_selector("#png:not([hidden])")
        times.append(time.perf_counter() - began)
    print(
        f"page from the click until it can be used: {statistics.median(times):.2f} s "
        f"({min(times):.2f} to {max(times):.2f}), {len(await page.content()):,} characters"
    )
    cases = await page.locator("#graph .case").count()
    for scale in SCALES:
        await page.click(f"[data-scale='{scale}']")
        shown, over = await page.evaluate(SHOWN)
        print(
            f"x {scale}: {shown:,} of {cases:,} labels shown, {over} of them overlap another one "
            f"({over / shown:.1%})"
        )


async def browse(url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page(base_url=url, viewport=SIZE, locale="vi-VN")
        await page.goto("/login")
        await page.fill("[name=login]", "bench")
        await page.fill("[name=password]", PASSWORD)
        await page.click("main button.main")
        await page.wait_for_url("**/desk")
        await looked_at(page)
        if len(sys.argv) > 2:
            await page.click("[data-scale='1']")
            await page.locator("#graph").scroll_into_view_if_needed()
            await page.screenshot(path=sys.argv[2])
        await browser.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with server() as (cluster, folder):
        settings = settings_of(cluster, folder)
        laid_out(asyncio.run(prepare(settings, count)))
        with serving(settings) as url:
            asyncio.run(browse(url))


if __name__ == "__main__":
    main()
