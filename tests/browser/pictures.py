"""`make pictures`: the README's four screens, taken from a running demo.

    python -m tests.browser.pictures http://localhost:8000

It plays what the demo itself says to try: a citizen checks in, the venue prints its poster, an
officer opens a case and
a second one approves it.
"""

from __future__ import annotations

import re
import sys
from datetime import date, timedelta
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from demo.load import PASSWORD
from demo.story import CASE_PHONE
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
DESK: ViewportSize = {"width": 1280, "height": 860}
SMALL: ViewportSize = {"width": PHONE["width"], "height": PHONE["height"]}


def main(url: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        venue = logged_in(browser, url, "venue")
        code = venue_and_poster(venue)
        citizen(browser, url, code)
        desk(browser, url)
        browser.close()


def logged_in(browser: Browser, url: str, login: str) -> Page:
    page = browser.new_context(base_url=url, viewport=DESK, locale="vi-VN").new_page()
    page.goto("/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    page.click("main button.main")
    page.wait_for_url(re.compile("/(venues|desk)"))
    return page


def venue_and_poster(page: Page) -> str:
    page.locator("main a[href^='/venues/']", has_text="Siêu thị").first.click()
    page.wait_for_selector(".code")
    page.screenshot(path=PICTURES / "venue.png")
    link = page.locator("a[href*='poster']").first.get_attribute("href") or ""
    answer = page.request.get(link)
    image = pypdfium2.PdfDocument(answer.body())[0].render(scale=1.2).to_pil()
    image.save(PICTURES / "poster.png", optimize=True)
    return re.sub(r"\W", "", page.inner_text(".code"))


def citizen(browser: Browser, url: str, code: str) -> None:
    page = browser.new_context(base_url=url, viewport=SMALL, locale="vi-VN").new_page()
    page.goto(f"/V/{code}")
    page.fill("[name=full_name]", "Nguyễn Thị Bích Ngọc")
    page.fill("[name=phone]", "0950 123 456")
    page.click("form[action$=sign-up] button")
    page.click("form[data-way=in] button")
    page.wait_for_selector("#result[data-state=green]")
    page.screenshot(path=PICTURES / "citizen.png")


def desk(browser: Browser, url: str) -> None:
    officer = logged_in(browser, url, "officer")
    officer.goto("/desk/cases/new")
    officer.fill("[name=phone]", CASE_PHONE)
    today = date.fromisoformat(officer.get_attribute("[name=onset]", "max") or "")
    officer.fill("[name=onset]", (today - timedelta(days=2)).isoformat())
    officer.fill("[name=sampled]", (today - timedelta(days=1)).isoformat())
    officer.fill("[name=lab_reference]", "CDC-CT-0412")
    officer.click("main form button.main")
    officer.wait_for_url(re.compile(r"/desk/cases/\d+"))
    approver = logged_in(browser, url, "approver")
    approver.goto(officer.url)
    approver.fill("[name=reason]", "Phiếu xét nghiệm đã đối chiếu")
    approver.click("[name=approved][value='1']")
    approver.wait_for_selector("table.contacts")
    approver.set_viewport_size({"width": DESK["width"], "height": 1700})
    approver.screenshot(path=PICTURES / "desk.png")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000")
