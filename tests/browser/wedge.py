"""`python -m tests.browser.wedge --minutes 10`: a gun at a gate for a long time, in a real browser
and against a service of its own. Prints what was lost or merged, how long from Enter to the colour,
and whether the focus ever left the box. For a quiet machine: the times are the machine's, too.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from playwright.async_api import Page, ViewportSize, async_playwright

import database
from loadtest.running import Running, new_venue, running, staff
from settings import read_settings
from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.lane import DESK, KEY, WATCH
from tests.make_gates import chip_card

UNKNOWN, FOREIGN = 0.05, 0.02
NOBODY = "9|8|7|x"
OTHERS = "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9"
EVERY = 1.0  # seconds from one string to the next
PATIENCE = 10  # seconds for the last answers
STORED = "SELECT count(*), count(DISTINCT subject) FROM scan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    people: int
    strings: int
    times: list[float]
    strayed: list[str]
    focused: str
    entered: int


async def wedge(service: Running, minutes: float) -> Typed:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        context = await browser.new_context(
            base_url=service.url,
            viewport=ViewportSize(width=DESK["width"], height=DESK["height"]),
            locale="vi-VN",
        )
        page = await context.new_page()
        await pair(page, service)
        await page.evaluate(WATCH)
        people, strings = await type_strings(page, minutes)
        await page.wait_for_timeout(PATIENCE * 1000)
        found = Typed(
            people=people,
            strings=strings,
            times=await page.evaluate("times"),
            strayed=await page.evaluate("strayed"),
            focused=await page.evaluate("document.activeElement.id"),
            entered=int(await page.inner_text("#entered")),
        )
        await browser.close()
    return found


async def pair(page: Page, service: Running) -> None:
    with staff(service.url) as http:
        door = new_venue(http, 1)["checkpoints"][0]["id"]
        offer = http.post(f"/v1/checkpoints/{door}/gates", json={"name": "Máy 1"}).json()
    await page.goto(f"/G/{offer['code']}")
    await page.click("main button")
    await page.wait_for_selector("body[data-ready=yes]")


async def type_strings(page: Page, minutes: float) -> tuple[int, int]:
    """One a second, whether or not the one before was answered; (people, strings)."""
    chance, people, strings = random.Random(2021), 0, 0
    begun = time.monotonic()
    while (due := strings * EVERY) < minutes * 60:
        await asyncio.sleep(max(0.0, begun + due - time.monotonic()))
        where, strings = chance.random(), strings + 1
        if where < UNKNOWN + FOREIGN:
            text = NOBODY if where < UNKNOWN else OTHERS
        else:
            text, people = chip_card(f"Nguyễn Thị Người {people}"), people + 1
        await page.keyboard.type(text, delay=KEY)
        await page.keyboard.press("Enter")
    return people, strings


async def stored(url: str) -> tuple[int, int]:
    """Scans, and people among them."""
    db = await asyncpg.connect(url)
    row: Any = await db.fetchrow(STORED)
    await db.close()
    return row[0], row[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    minutes = parser.parse_args().minutes
    with (
        tempfile.TemporaryDirectory(prefix="chot-wedge-") as folder,
        running(Path(folder), 1) as service,
    ):
        typed = asyncio.run(wedge(service, minutes))
        with database.opened(read_settings(service.environment), lambda _: None) as settings:
            scans, people = asyncio.run(stored(settings.database_owner_url))
    lost, doubled = typed.people - people, scans - people
    unanswered = typed.strings - len(typed.times)
    is_kept = typed.focused == "credential" and not typed.strayed
    p50, p95 = (statistics.quantiles(typed.times, n=20)[n] for n in (9, 18))
    said = (
        f"{typed.strings} strings in {minutes:g} minutes, of {typed.people} people: lost {lost}, "
        f"doubled {doubled}, merged or without colour {unanswered}; the page counted "
        f"{typed.entered}",
        f"Enter → colour: p50 {p50:.0f} ms, p95 {p95:.0f} ms, most {max(typed.times):.0f} ms",
        f"focus {'kept' if is_kept else f'lost: {typed.strayed[:5]}, now {typed.focused}'}",
    )
    print(*said, sep="\n")  # noqa: T201  it is run to be read
    is_right = not (lost or doubled or unanswered) and is_kept and typed.entered == people
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
