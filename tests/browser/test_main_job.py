"""The main job, whole, with real parts: a venue is registered and its poster printed, a phone
films that poster, people
meet, and the desk finds those who were there with the case, and not who came after."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import httpx
from playwright.async_api import BrowserContext, Page, expect

import app
from accounts import queries
from accounts.model import Grant, Role
from accounts.password import hash_password
from kit.db import transaction
from tests.browser.conftest import Site
from tests.browser.test_citizen import camera, declare_nothing, sign_up

PASSWORD = "mật khẩu của cán bộ"
CAN_THO = "2025/92/"
CASE_PHONE = "0912 345 678"  # the one that sign_up types
STAFF = {
    "quan": (Role.ADMIN, "Quản lý"),
    "lan": (Role.COORDINATOR, "Lan"),
    "minh": (Role.COORDINATOR, "Minh"),
}


async def add_staff(site: Site) -> None:
    async with transaction(site.service.state["db"]) as db:
        for login, (role, name) in STAFF.items():
            staff_id = await queries.add_staff(
                db, login, name, hash_password(PASSWORD), False, app.now()
            )
            assert staff_id is not None
            await queries.add_grant(db, staff_id, Grant(role=role, area=CAN_THO), app.now())


async def logged_in(site: Site, login: str) -> Page:
    desk: BrowserContext = await site.phone(viewport={"width": 1280, "height": 800})
    page = await desk.new_page()
    await page.goto("/login")
    await page.fill("[name=login]", login)
    await page.fill("[name=password]", PASSWORD)
    await page.click("main button.main")
    await page.wait_for_url(re.compile("/(venues|desk)"))
    return page


async def registered(page: Page) -> tuple[str, bytes]:
    """A new restaurant, by the form; its code and its printed poster."""
    await page.goto("/venues/new")
    await page.fill("[name=name]", "Quán cơm tấm Út Hiền")
    await page.select_option("[name=kind]", "restaurant")
    await page.fill("[name=organisation]", "Hộ kinh doanh Út Hiền")
    await page.fill("[name=address]", "12 đường 30/4")
    await page.locator("[name=ward]").press_sequentially("cai khe, can tho")
    await page.locator("#wards li").first.click()
    await page.check("[name=demands_declaration]")
    await page.click("main form button.main")
    await page.wait_for_url(re.compile(r"/venues/\d+"))
    code = re.sub(r"\W", "", await page.inner_text(".code"))
    link = page.locator("a[href*='poster'][href*='png']").first
    answer = await page.request.get(str(await link.get_attribute("href")))
    assert answer.ok
    return code, await answer.body()


async def arrives(site: Site, code: str, name: str, phone: str) -> None:
    """Somebody else, with a phone of their own."""
    async with httpx.AsyncClient(base_url=site.url) as http:
        signed = await http.post("/v1/people", json={"full_name": name, "phone": phone})
        http.headers["Authorization"] = f"Bearer {signed.json()['token']}"
        calm = {"met_case": False, "from_epidemic_area": False, "met_sick": False}
        await http.post("/v1/declarations", json=calm)
        body = {"code": code, "at": app.now().isoformat()}
        assert (await http.post("/v1/check-ins", json=body)).status_code == 201


async def test_from_a_new_venue_to_the_list_of_contacts(site: Site, tmp_path: Path) -> None:
    await add_staff(site)
    code, poster = await registered(await logged_in(site, "quan"))
    phone = await (await site.phone(*camera(poster, tmp_path / "camera.y4m"))).new_page()

    # when three people meet at the restaurant, and a fourth comes after the case has left
    await phone.goto("/scan")
    await phone.wait_for_url(f"**/V/{code}")
    await sign_up(phone, "Nguyễn Văn Khang")
    await phone.click("a[href$='/declare']")
    await declare_nothing(phone)
    await phone.click("form[data-way=in] button")
    await expect(phone.locator("#result[data-state=green]")).to_be_visible()
    await arrives(site, code, "Trần Thị Bé Ba", "0987 000 001")
    await arrives(site, code, "Lê Hoàng Đức", "0987 000 002")
    await phone.click("#result form[data-way=out] button")
    await expect(phone.locator("#result[data-state=out]")).to_be_visible()
    await arrives(site, code, "Phạm Đến Sau", "0987 000 003")

    # and an officer opens the case, and another one approves it
    officer = await logged_in(site, "lan")
    await officer.goto("/desk/cases/new")
    await officer.fill("[name=phone]", CASE_PHONE)
    yesterday = app.now().astimezone(site.service.settings.zone).date() - timedelta(days=1)
    await officer.fill("[name=onset]", yesterday.isoformat())
    await officer.fill("[name=lab_reference]", "CDC-CT-0001")
    await officer.select_option("[name=policy]", "vn-11042")
    await officer.click("main form button.main")
    await officer.wait_for_url(re.compile(r"/desk/cases/\d+"))
    assert await officer.locator("[name=approved]").count() == 0
    approver = await logged_in(site, "minh")
    await approver.goto(officer.url)
    await approver.fill("[name=reason]", "Phiếu xét nghiệm đã đối chiếu")
    await approver.click("[name=approved][value='1']")

    # then the list has both who were there, masked until a purpose is given
    rows = approver.locator("table.contacts tbody tr")
    await expect(rows).to_have_count(2)
    masked = await approver.inner_text("table.contacts")
    await approver.click("#names summary")
    await approver.click("form[action$=reveal] button:not([name]):visible")
    await expect(approver.locator("table.contacts tbody th b")).to_have_count(2)
    shown = await approver.inner_text("table.contacts")
    assert "Bé Ba" not in masked
    assert "Trần Thị Bé Ba" in shown
    assert "Lê Hoàng Đức" in shown
    assert "Đến Sau" not in shown
    async with transaction(site.service.state["db"]) as db:
        reveals = await db.fetchval("SELECT count(*) FROM audit WHERE about IS NOT NULL")
    assert reveals >= 2
