"""Pages of the desk as they are laid out: what a menu has is in reach, fields of a row end at one
line, a legend stays small, an arrow's head is in sight."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page

import app
from accounts.access import SESSION_COOKIE
from accounts.model import Role
from tests.browser.conftest import PHONE, Site
from tests.golden import P
from tests.make_cases import CAN_THO, PHONES, approved_case
from tests.make_venues import make_staff
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture

SIZES = [PHONE, {"width": 1280, "height": 800}]
BOTTOMS = "(all) => all.map((one) => Math.round(one.getBoundingClientRect().bottom))"
HIDDEN = """() => [...document.querySelectorAll(".top nav :is(a, button)")].filter((one) =>
  one.getBoundingClientRect().right > innerWidth || one.getBoundingClientRect().width === 0)
  .map((one) => one.textContent)"""


async def officer(site: Site, size: dict[str, int]) -> BrowserContext:
    site.service.clock.now = app.now()
    token = await make_staff(site.service, Role.COORDINATOR, area=CAN_THO)
    context = await site.phone(viewport=size)
    await context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": site.url}])
    return context


async def tools(page: Page, path: str) -> None:
    await page.goto(path)
    await page.click("#tools summary")


async def test_a_phone_reaches_every_line_of_the_menu_and_fields_keep_their_lines(
    site: Site, desk: Desk
) -> None:
    page = await (await officer(site, PHONE)).new_page()
    await tools(page, desk.page)

    # the menu wraps, that of the case shows that it goes on
    assert await page.evaluate(HIDDEN) == []
    parts = await page.evaluate(
        "() => getComputedStyle(document.querySelector('.parts')).backgroundAttachment"
    )
    assert parts == "local, local, scroll, scroll"
    # each field of the tools begins at the same line, below its label, and is as wide as the card
    fields = page.locator("#tools .field :is(select, input)")
    boxes = [await one.bounding_box() for one in await fields.all()]
    places = {(round(box["x"]), round(box["width"])) for box in boxes if box}
    assert (len(boxes), len(places)) == (6, 1)
    await page.click("button:has-text('Quyết định')")
    assert await page.locator(".top nav button").is_visible()


@pytest.mark.parametrize("size", SIZES)
async def test_a_field_with_a_fault_stands_in_line_with_its_neighbour(
    site: Site, size: dict[str, int]
) -> None:
    page = await (await officer(site, size)).new_page()
    await page.goto("/desk/cases/new")
    await page.fill("[name=phone]", "095000000")
    await page.fill("[name=lab_reference]", "CDC-CT-0412")
    await page.click("main button.main")
    await page.wait_for_selector("#wrong")

    for pair in ("phone], [name=document", "policy], [name=purpose"):
        bottoms = await page.locator(f"[name={pair}]").evaluate_all(BOTTOMS)
        assert size == PHONE or abs(bottoms[0] - bottoms[1]) <= 2, (pair, bottoms)
    wrong = await page.locator("#wrong").bounding_box()
    field = await page.locator("[name=phone]").bounding_box()
    assert wrong
    assert field
    assert wrong["y"] < field["y"] < wrong["y"] + 150


@pytest.mark.parametrize("size", SIZES)
async def test_the_signs_of_the_timelines_legend_are_of_one_size(
    site: Site, desk: Desk, size: dict[str, int]
) -> None:
    page = await (await officer(site, size)).new_page()
    await page.goto(desk.page)
    await page.click("button[formaction$='/history']")
    await page.wait_for_selector(".legend .told")

    widths = await page.locator(".legend i.bar").evaluate_all(
        "(all) => all.map((one) => Math.round(one.getBoundingClientRect().width))"
    )

    assert len(set(widths)) == 1
    assert widths[0] < 40


@pytest.mark.parametrize("day", ["2021-07-08", "2021-07-10"])
async def test_the_head_of_an_arrow_is_beside_the_label_and_not_below_it(
    site: Site, desk: Desk, day: str
) -> None:
    second = await approved_case(desk.officers, phone=PHONES[P], onset=day, isolated=None)
    case = await desk.case()
    named = {"source": case["number"]}
    await desk.officers.opener.post(f"/v1/cases/{second}/source", json=named)
    page = await (await officer(site, {"width": 1280, "height": 800})).new_page()
    await page.goto("/desk/graph")

    dot = await page.locator(f".case[data-id='{second}'] circle").bounding_box()
    label = await page.locator(f".case[data-id='{second}'] text").bounding_box()
    line = page.locator("line[marker-end]")
    assert await line.count() == 1
    ends = await line.evaluate(
        "(one) => [one.x1, one.x2, one.y1, one.y2].map((e) => e.baseVal.value)"
    )
    assert dot
    assert label
    # as long as a line must be for its arrow to know a direction, and 5 to 15 pixels from the dot
    assert max(abs(ends[0] - ends[1]), abs(ends[2] - ends[3])) > 15
    assert label["x"] - (dot["x"] + dot["width"] / 2) >= 15
