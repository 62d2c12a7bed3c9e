"""A real server on a free port of this machine, and headless Chromium at the size of a phone."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright

import app
import database
from accounts.keydir import open_keys
from checkin.partitions import make_days
from checkin.pseudonym import ServiceDays
from tests.conftest import Service

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


@dataclass
class Site:
    """The service as a browser sees it; `service` works on the same database."""

    url: str
    service: Service
    _playwright: Playwright
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def phone(self, *arguments: str, **options: Any) -> BrowserContext:
        """A new phone that knows nothing yet."""
        browser = await self._playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments]
        )
        self._open.push_async_callback(browser.close)
        given: dict[str, Any] = {"viewport": PHONE, "locale": "vi-VN"} | options
        context = await browser.new_context(base_url=self.url, **given)
        context.set_default_timeout(20_000)
        return context


@pytest.fixture
async def site(service: Service) -> AsyncIterator[Site]:
    if not HAS_CHROMIUM and "CI" not in os.environ:
        pytest.skip(f"{CHROMIUM} is missing: apt install chromium")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://localhost:{listening.getsockname()[1]}"
        await _make_today(service)
        built = app.build(replace(service.settings, public_url=url))
        config = uvicorn.Config(built, log_level="warning", access_log=False, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        async with async_playwright() as playwright:
            made = Site(url, service, playwright)
            yield made
            await made._open.aclose()
        server.should_exit = True
        thread.join()


async def _make_today(service: Service) -> None:
    """A browser lives by the real clock, the other tests by their own."""
    days = ServiceDays(open_keys(service.settings.key_dir).days, service.settings.zone)
    today = days.day(app.now())
    async with database.owner(service.settings) as owner:
        await make_days(owner, days, today - timedelta(days=3), today + timedelta(days=1))


async def text_of(page: Page, selector: str) -> str:
    return " ".join((await page.inner_text(selector)).split())
