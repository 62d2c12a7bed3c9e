"""What waits at a gate while the service does not answer, in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Site, kept_for_offline
from tests.browser.lane import DESK, gun, paired, scans, shown
from tests.make_gates import chip_card
from tests.make_venues import make_venue

# Everything that this device keeps for this page, as text.
KEPT = """async () => {
  const found = [JSON.stringify([{ ...localStorage }, { ...sessionStorage }]), document.cookie];
  const read = (value) => {
    const isBytes = value instanceof ArrayBuffer || ArrayBuffer.isView(value);
    if (isBytes) return new TextDecoder("latin1").decode(value);
    if (typeof value === "string") { try { return value + atob(value); } catch { return value; } }
    if (value && typeof value === "object") return Object.entries(value).flat().map(read).join(" ");
    return String(value);
  };
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((resolve) => {
      indexedDB.open(name).onsuccess = (event) => resolve(event.target.result);
    });
    for (const store of db.objectStoreNames) {
      const rows = db.transaction(store).objectStore(store).getAll();
      await new Promise((resolve) => { rows.onsuccess = resolve; });
      found.push(name, store, ...rows.result.map(read));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const answer = await cache.match(request);
      found.push(request.url, await answer.text());
    }
  }
  return found.join("\\n");
}"""


async def cut_off(context: BrowserContext, page: Page) -> None:
    """Once the page is kept for it."""
    await kept_for_offline(page)
    await context.set_offline(True)


async def test_scans_wait_through_a_reload_without_network_and_go_by_themselves(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK)
    page = await paired(site, context, venue)

    await cut_off(context, page)
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "wait")
    await gun(page, "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9")
    await shown(page, "problem")
    await expect(page.locator("#verdict .words")).to_contain_text("NZ COVID Tracer")
    await gun(page, "9|8|7|x")
    await shown(page, "wait")
    await page.reload()
    await expect(page.locator("body")).to_have_attribute("data-ready", "yes")
    await gun(page, chip_card("Lê Thị Mai"))
    await gun(page, chip_card("Trần Văn Nhầm"))
    await expect(page.locator("#waiting b")).to_have_text("4")
    await page.click("#undo")
    await shown(page, "undone")
    await expect(page.locator("#waiting b")).to_have_text("3")
    await context.set_offline(False)

    await expect(page.locator("#waiting")).to_be_hidden()
    await expect(page.locator("#not-taken b")).to_have_text("1")
    await expect(page.locator("#entered")).to_have_text("2")
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "green")
    assert len(await scans(site)) == 3


async def test_a_service_that_answers_503_is_waited_for_and_nothing_is_doubled(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK, service_workers="block")
    page = await paired(site, context, venue)

    async def busy(route: Route) -> None:
        await route.fulfill(status=503, headers={"Retry-After": "2"}, body="{}")

    async def stored_but_busy(route: Route) -> None:
        await route.fetch()
        await busy(route)

    await page.route("**/v1/gate/scans", stored_but_busy)
    await page.route("**/v1/gate/uploads", busy)
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "wait")
    await page.unroute("**/v1/gate/uploads")
    await expect(page.locator("#waiting")).to_be_hidden()

    assert len(await scans(site)) == 1


async def test_what_was_stored_without_an_answer_is_undone_once_there_is_one(site: Site) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK, service_workers="block")
    page = await paired(site, context, venue)

    async def busy(route: Route) -> None:
        await route.fulfill(status=503, body="{}")

    async def stored_but_busy(route: Route) -> None:
        await route.fetch()
        await busy(route)

    await page.route("**/v1/gate/scans", stored_but_busy)
    await page.route("**/v1/gate/uploads", busy)
    await page.route("**/v1/gate/undos", busy, times=1)
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "wait")
    async with page.expect_response(lambda r: r.url.endswith("/undos") and r.status == 204):
        await page.click("#undo")
        await shown(page, "undone")

    assert [row["void"] for row in await scans(site)] == [True]


async def test_an_answer_cut_off_on_its_way_is_no_answer(site: Site) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK, service_workers="block")
    page = await paired(site, context, venue)

    async def cut(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(status=answer.status, body=(await answer.body())[:-9])

    await page.route("**/v1/gate/scans", cut)
    await page.route("**/v1/gate/uploads", cut, times=1)
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "wait")

    await expect(page.locator("#waiting")).to_be_hidden()
    assert [row["void"] for row in await scans(site)] == [None]


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_stolen_device_yields_no_list_of_people(site: Site, guarded: bool) -> None:
    """Everything that the device keeps is searched for a canary person. With the guard off (the
    queue keeps events as they are) the same search finds them, so it could see a leak."""
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK, service_workers="allow" if guarded else "block")
    if not guarded:
        unsealed = "export const seal = async (to, event) => ({ key: to.id, sealed: event });"
        await context.route(
            "**/seal.js", lambda route: route.fulfill(content_type="text/javascript", body=unsealed)
        )
    page = await paired(site, context, venue)
    number, name, phone = "092190123457", "Hoàng Thị Yến Canary", "0987654321"

    if guarded:
        await cut_off(context, page)
    else:
        await context.set_offline(True)
    await gun(page, chip_card(name, number))
    await gun(page, phone)
    await page.click("#by-hand summary")
    await page.fill("[name=full_name]", name)
    await page.fill("[name=phone]", phone)
    await page.click("#by-hand button")
    await expect(page.locator("#waiting b")).to_have_text("3")
    kept = await page.evaluate(KEPT)

    assert "chot-gate" in kept
    found = [canary for canary in (number, name, phone, "Yến") if canary in kept]
    assert found == ([] if guarded else [number, name, phone, "Yến"])
