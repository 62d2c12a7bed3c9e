"""A gate lane in a real browser: a gun's keys, focus, colours, a camera, a network that fails."""

from __future__ import annotations

import io
import re
import statistics
from pathlib import Path

import asyncpg
import pytest
import qrcode
from playwright.async_api import BrowserContext, Page, Route, expect

import app
from accounts.model import Role
from checkin.model import Colour, Way
from kit.db import connection
from tests.browser.conftest import Site, kept_for_offline
from tests.browser.test_accessible import NARROW, wrong
from tests.browser.test_citizen import camera
from tests.make_gates import chip_card
from tests.make_people import make_person
from tests.make_venues import MadeVenue, make_staff, make_venue, staff_client

DESK = {"width": 1280, "height": 800}
KEY = 2  # milliseconds between the keys of a gun
STRINGS, UNKNOWN, FOREIGN = 20, 2, 1
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


@pytest.mark.parametrize("size", [DESK, NARROW], ids=["desk", "phone"])
async def test_a_guns_strings_are_neither_lost_nor_merged(site: Site, size: dict[str, int]) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=size), venue)
    await page.evaluate(WATCH)
    people = [chip_card(f"Nguyễn Văn Người {n}") for n in range(STRINGS - UNKNOWN - FOREIGN)]
    strings = [(card, "green") for card in people]
    strings[5:5] = [("9|8|7|x", "problem")] * UNKNOWN
    strings[12:12] = [("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9", "problem")] * FOREIGN

    for text, state in strings:
        await gun(page, text)
        await shown(page, state)

    assert await page.evaluate("strayed") == []
    assert await page.evaluate("document.activeElement.id") == "credential"
    stored = await scans(site)
    assert len(stored) == len({row["subject"] for row in stored}) == len(people)
    assert await page.inner_text("#entered") == str(len(people))
    times: list[float] = await page.evaluate("times")
    assert len(times) == STRINGS
    print(f"Enter → colour: p95 {statistics.quantiles(times, n=20)[-1]:.0f} ms")  # noqa: T201


async def test_a_gun_need_not_wait_for_the_answer(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)
    people = [chip_card(f"Lê Thị {n}") for n in range(10)]

    for card in people:
        await gun(page, card)
    await expect(page.locator("#entered")).to_have_text("10")

    assert len({row["subject"] for row in await scans(site)}) == 10


async def test_a_guard_lets_in_turns_away_counts_companions_and_undoes(
    site: Site,
) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)
    red = await make_person(site.service, "Trần Thị Đỏ", cccd="092190999999")
    async with connection(site.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, own, own_until) "
            "VALUES ($1, $2, date_trunc('hour', now() + interval '1 day', 'UTC'))",
            *(red, Colour.RED),
        )
    card = chip_card("Nguyễn Thị Hoa")

    await page.click("#more")
    await gun(page, card)
    await shown(page, "green")
    await expect(page.locator("#verdict .name")).to_have_text("N. T. Hoa")
    await gun(page, card)
    await expect(page.locator("#verdict .repeated")).to_be_visible()
    await gun(page, chip_card("Trần Thị Đỏ", "092190999999"))
    await shown(page, "red")
    await gun(page, "+3")
    await gun(page, chip_card("Lê Văn Tám", sex="Nam"))
    await shown(page, "green")
    await page.click("#undo")
    await shown(page, "undone")
    await page.check("[name=way][value=out]", force=True)
    await gun(page, card)
    await shown(page, "out")

    assert [(row["way"], row["party"], row["void"]) for row in await scans(site)] == [
        (Way.IN, 1, None),
        (Way.REFUSED, 0, None),
        (Way.IN, 3, True),
        (Way.OUT, 0, None),
    ]
    await expect(page.locator("#entered")).to_have_text("2")
    await expect(page.locator("#refused")).to_have_text("1")
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_an_odd_one_waits_in_the_list_while_others_pass(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=DESK), venue)

    await gun(page, chip_card("Trần Bé Na", year=2018))
    await shown(page, "confirm")
    await gun(page, chip_card("Nguyễn Thị Hoa"))
    await shown(page, "green")
    await page.click("#odd .yes")
    await expect(page.locator("#verdict .name")).to_have_text("T. B. Na")

    assert len(await scans(site)) == 2
    assert await page.locator("#odd .card").count() == 0
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_somebody_with_nothing_is_entered_by_hand(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)

    await page.click("#by-hand summary")
    await expect(page.locator("#by-hand input").first).to_be_focused()
    await page.keyboard.type("Bà Tư")
    await page.click("#by-hand button")
    await shown(page, "green")

    await expect(page.locator("#verdict .name")).to_have_text("B. Tư")
    assert len(await scans(site)) == 1
    assert await page.evaluate("document.activeElement.id") == "credential"


async def test_a_camera_reads_a_card(site: Site, tmp_path: Path) -> None:
    venue = await make_venue(site.service)
    picture = io.BytesIO()
    qrcode.make(chip_card("Nguyễn Thị Hoa")).save(picture, "PNG")
    context = await site.phone(*camera(picture.getvalue(), tmp_path / "camera.y4m"))
    page = await paired(site, context, venue)

    await page.click("#film")
    await shown(page, "green")

    await expect(page.locator("#verdict .name")).to_have_text("N. T. Hoa")
    assert len(await scans(site)) == 1


async def test_a_revoked_device_says_so(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(), venue)
    token = await make_staff(site.service, Role.ADMIN, area="")
    async with connection(site.service.state["db"]) as db:
        gate_id: int = await db.fetchval("SELECT id FROM gate_device")

    head = {"Authorization": f"Bearer {token}"}
    revoked = await page.request.post(f"/v1/gates/{gate_id}/revoke", headers=head)
    await gun(page, chip_card())

    assert revoked.status == 204
    await expect(page.locator("#credential")).to_have_count(0)
    assert await scans(site) == []


async def test_the_lane_is_accessible_on_a_small_phone(site: Site) -> None:
    venue = await make_venue(site.service)
    page = await paired(site, await site.phone(viewport=NARROW, bypass_csp=True), venue)

    found = await wrong(page)
    for card, state in (
        (chip_card(), "green"),
        ("0", "problem"),
        (chip_card(year=2018), "confirm"),
    ):
        await gun(page, card)
        await shown(page, state)
        found += await wrong(page)
    await page.click("#by-hand summary")
    found += await wrong(page)

    assert found == []


# what waits


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


# A device whose clock is five minutes slow.
SLOW_CLOCK = """(() => {
  const Real = Date;
  const now = () => Real.now() - 300000;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [now()])); }
    static now() { return now(); }
  };
})()"""


async def test_a_slow_clock_lets_nobody_in_who_is_turned_away(site: Site) -> None:
    venue = await make_venue(site.service)
    context = await site.phone(viewport=DESK)
    await context.add_init_script(SLOW_CLOCK)
    page = await paired(site, context, venue)
    red = await make_person(site.service, "Trần Thị Đỏ", cccd="092190999999")
    async with connection(site.service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, own, own_until) "
            "VALUES ($1, $2, date_trunc('hour', now() + interval '1 day', 'UTC'))",
            *(red, Colour.RED),
        )

    await gun(page, chip_card("Trần Thị Đỏ", "092190999999"))
    await shown(page, "red")

    assert [row["way"] for row in await scans(site)] == [Way.REFUSED]


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


async def test_a_full_venue_is_said_at_the_gate(site: Site) -> None:
    venue = await make_venue(site.service)
    async with connection(site.service.state["db"]) as db:
        await db.execute("UPDATE venue SET capacity = 2")
    page = await paired(site, await site.phone(viewport=DESK), venue)
    await expect(page.locator("#fullness")).to_be_hidden()

    for _ in range(2):
        await gun(page, chip_card())
        await shown(page, "green")
    await page.reload()

    await expect(page.locator("#fullness [data-for=full]")).to_be_visible()
