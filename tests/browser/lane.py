"""A gate lane's page on a paired device: its gun, its colours, and what it stored."""

from __future__ import annotations

import re

import asyncpg
from playwright.async_api import BrowserContext, Page, expect

import app
from accounts.model import Role
from kit.db import connection
from tests.browser.conftest import Site
from tests.make_venues import MadeVenue, staff_client

DESK = {"width": 1280, "height": 800}
KEY = 2  # milliseconds between the keys of a gun
# Each Enter, until the screen shows an answer; and every moment the focus was elsewhere.
WATCH = """() => {
  window.times = [];
  window.strayed = [];
  let pressed = 0;
  const box = document.getElementById("credential");
  const verdict = document.getElementById("verdict");
  const press = (e) => { if (e.key === "Enter") pressed = performance.now(); };
  box.addEventListener("keydown", press, true);
  document.addEventListener("focusin", (e) => { if (e.target !== box) strayed.push(e.target.id); });
  new MutationObserver(() => {
    if (verdict.dataset.state === "sending" || !pressed) return;
    times.push(performance.now() - pressed);
    pressed = 0;
  }).observe(verdict, { attributeFilter: ["data-state"] });
}"""


async def paired(site: Site, context: BrowserContext, venue: MadeVenue) -> Page:
    """The lane's page on a device that was paired as staff and device do it."""
    site.service.clock.now = app.now()  # a browser lives by the real clock
    keeper = await staff_client(site.service, Role.ADMIN, area="")
    path = f"/v1/checkpoints/{venue.checkpoint_id}/gates"
    offer = (await keeper.post(path, json={"name": "Máy 1"})).json()
    page = await context.new_page()
    await page.goto(f"/G/{offer['code']}")
    await page.click("main button")
    await page.wait_for_url("**/gate")
    await expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    return page


async def gun(page: Page, text: str) -> None:
    await page.keyboard.type(text, delay=KEY)
    await page.keyboard.press("Enter")


async def shown(page: Page, *states: str) -> None:
    pattern = re.compile(f"^({'|'.join(states)})$")
    await expect(page.locator("#verdict")).to_have_attribute("data-state", pattern)


async def scans(site: Site) -> list[asyncpg.Record]:
    async with connection(site.service.state["db"]) as db:
        return await db.fetch(
            "SELECT s.subject, s.way, s.party, a.void FROM scan s LEFT JOIN amendment a "
            "ON (a.subject, a.at, a.venue_id) = (s.subject, s.at, s.venue_id) ORDER BY s.at"
        )
