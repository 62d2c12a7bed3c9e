"""What a citizen's phone does without network, and when it comes back."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

import app
from kit.db import connection
from tests.browser.conftest import Site, text_of
from tests.browser.test_citizen import IN, OUT, sign_up, stored
from tests.make_venues import make_venue

# A page that does not hear of the network, so that the browser has the worker send what waits.
DEAF = "addEventListener('online', (event) => event.stopImmediatePropagation(), true)"

# Evaluated, not waited for: Playwright takes the promise of a condition for a yes.
WORKER_ACTIVE = """async () => {
  const { active } = await navigator.serviceWorker.ready;
  while (active.state !== "activated") {
    await new Promise((told) => active.addEventListener("statechange", told, { once: true }));
  }
}"""


async def worker_active(page: Page) -> None:
    """Not that it controls this page: it may have started just after the page came, and then it
    controls the next."""
    await page.evaluate(WORKER_ACTIVE)


@pytest.mark.parametrize("sender", ["whoever is first", "the worker"])
async def test_a_scan_without_network_waits_and_is_stored_once_with_its_own_time(
    site: Site, sender: str
) -> None:
    venue = await make_venue(site.service)
    phone = await site.phone()
    if sender == "the worker":
        await phone.add_init_script(DEAF)
    page = await phone.new_page()
    await page.goto(f"/V/{venue.code}")
    await sign_up(page)
    await worker_active(page)

    await phone.set_offline(True)
    await page.goto(f"/V/{venue.code}")
    assert venue.code[:4] in await text_of(page, "#with-code")
    await page.click("form[data-way=in] button")
    await expect(page.locator("#result[data-state=wait]")).to_be_visible()
    await expect(page.locator("#waiting b")).to_have_text("1")
    pressed = await page.get_attribute("#result time", "datetime")
    assert await stored(site) == []
    await phone.set_offline(False)

    await expect(page.locator("#result[data-state=green]")).to_be_visible()
    await expect(page.locator("#waiting")).to_be_hidden()
    await page.goto(f"/V/{venue.code}")
    await page.goto("/visits")
    rows = await stored(site)
    assert len(rows) == 1
    assert rows[0]["at"].isoformat(timespec="milliseconds")[:23] == (pressed or "")[:23]


async def test_a_phone_whose_clock_is_hours_ahead_is_stored_at_the_true_time_offline_too(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    phone = await site.phone()
    await phone.add_init_script(
        "const real = Date.now; Date.now = () => real.call(Date) + 5 * 3600000"
    )
    page = await phone.new_page()
    await page.goto(f"/V/{venue.code}")
    await sign_up(page)

    before = app.now()
    await page.click("form[data-way=in] button")
    await expect(page.locator("#result[data-state=green]")).to_be_visible()

    await worker_active(page)
    await phone.set_offline(True)
    await page.goto(f"/V/{venue.code}")
    await page.click("form[data-way=out] button")
    await expect(page.locator("#result[data-state=wait]")).to_be_visible()
    await phone.set_offline(False)
    await expect(page.locator("#result[data-state=out]")).to_be_visible()

    rows = await stored(site)
    assert [row["way"] for row in rows] == [IN, OUT]
    for row in rows:
        assert before - timedelta(minutes=1) < row["at"] < app.now() + timedelta(minutes=1)


async def test_what_waited_goes_in_one_upload_with_an_answer_for_each(site: Site) -> None:
    venue, closed = await make_venue(site.service), await make_venue(site.service)
    phone = await site.phone()
    page = await phone.new_page()
    await page.goto(f"/V/{venue.code}")
    await sign_up(page)
    await worker_active(page)
    uploads: list[str] = []
    phone.on("request", lambda asked: uploads.append(asked.url) if asked.method == "POST" else None)

    await phone.set_offline(True)
    for code, way in ((venue.code, "in"), (closed.code, "in"), (venue.code, "out")):
        await page.goto(f"/V/{code}")
        await page.click(f"form[data-way={way}] button")
        await expect(page.locator("#result[data-state=wait]")).to_be_visible()
    async with connection(site.service.state["db"]) as db:
        await db.execute("UPDATE code SET valid_to = valid_from WHERE code = $1", closed.code)
    await page.goto("/visits")
    await page.reload()
    await expect(page.locator("#waiting b")).to_have_text("3")
    uploads.clear()
    await phone.set_offline(False)

    await expect(page.locator("#waiting")).to_be_hidden()
    await expect(page.locator("#refused b")).to_have_text("1")
    await page.goto("/visits")
    await expect(page.locator("[data-why=refused]")).to_have_attribute(
        "href", "/problems/code-revoked"
    )
    assert [row["way"] for row in await stored(site)] == [IN, OUT]
    assert {urlsplit(url).path for url in uploads} == {"/v1/uploads"}
