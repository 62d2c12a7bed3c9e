"""A real server on a free port of this machine, and headless Chromium at the size of a phone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    async_playwright,
    expect,
)

import app
import database
from accounts.keydir import open_keys
from checkin.partitions import make_days
from checkin.pseudonym import ServiceDays
from tests.conftest import Service
from tests.live import serving

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=60_000)  # machines are shared; what is awaited comes or never does


@dataclass
class Browsers:
    _playwright: Playwright
    shared: Browser = field(init=False)

    async def launch(self, *arguments: str) -> Browser:
        return await self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments]
        )


@dataclass
class Site:
    """The service as a browser sees it; `service` works on the same database."""

    url: str
    service: Service
    _browsers: Browsers
    _phones: AsyncExitStack

    async def phone(self, *arguments: str, **options: Any) -> BrowserContext:
        """A new phone that knows nothing yet; with `arguments` in a browser of its own."""
        browser = self._browsers.shared
        if arguments:
            browser = await self._browsers.launch(*arguments)
            self._phones.push_async_callback(browser.close)
        given: dict[str, Any] = {"viewport": PHONE, "locale": "vi-VN"} | options
        context = await browser.new_context(base_url=self.url, **given)
        if browser is self._browsers.shared:
            self._phones.push_async_callback(context.close)
        context.set_default_timeout(60_000)
        return context


@pytest.fixture(scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    """One for all tests: starting it takes longer than most of them."""
    if not HAS_CHROMIUM and "CI" not in os.environ:
        pytest.skip(f"{CHROMIUM} is missing: apt install chromium")
    async with async_playwright() as playwright:
        browsers = Browsers(playwright)
        browsers.shared = await browsers.launch()
        yield browsers
        await browsers.shared.close()


@pytest.fixture
async def site(browsers: Browsers, service: Service) -> AsyncIterator[Site]:
    await _make_today(service)
    with serving(service.settings) as url:
        async with AsyncExitStack() as phones:
            yield Site(url, service, browsers, phones)


async def _make_today(service: Service) -> None:
    """A browser lives by the real clock, the other tests by their own."""
    days = ServiceDays(open_keys(service.settings.key_dir).days, service.settings.zone)
    today = days.day(app.now())
    async with database.owner(service.settings) as owner:
        await make_days(owner, days, today - timedelta(days=3), today + timedelta(days=1))


async def text_of(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())


async def kept_for_offline(page: Page) -> None:
    """Returns once this page opens again without network."""
    # as a function: a string would be eval, which the policy of our own pages forbids
    await page.wait_for_function("() => navigator.serviceWorker.controller !== null")
