"""A list of 5,000 contacts in a browser: `python -m bench.desk_list [folder for pictures]`.

A case in a supermarket is traced; its page is opened in headless Chromium. Told are the rows of the
list that the page holds, the time until the page is there, and from a key until the next picture is
painted: down, tick, down again, and the filter with its answer.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import threading
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import uvicorn
from playwright.async_api import Page, async_playwright

import app
from accounts.access import SESSION_COOKIE
from bench import people
from bench.database import started
from bench.officers import AREA, signed_in
from bench.tracing_run import PHONE, make_world
from settings import Settings
from tracing.state import State

VISITORS = 8_900  # of whom 5,000 are contacts
PORT = 8791
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
# From the key to the second frame after it: the first one paints what the key changed.
PAINTED = """key => new Promise(done => {
    const from = performance.now();
    const told = () => requestAnimationFrame(() => requestAnimationFrame(
        () => done(performance.now() - from)));
    document.addEventListener("keydown", told, {once: true});
    (document.activeElement ?? document.body).dispatchEvent(
        new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
})"""


async def seeded(settings: Settings) -> tuple[str, str]:
    """The address of the page and the session of who opened the case."""
    application = app.build(settings)
    async with application.router.lifespan_context(application) as given, AsyncExitStack() as stack:
        state = cast("State", given)

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = dict(state)
            await application(scope, receive, send)

        async def client(token: str) -> httpx.AsyncClient:
            made = httpx.AsyncClient(
                transport=httpx.ASGITransport(with_state),
                base_url="http://testserver",
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            return await stack.enter_async_context(made)

        day = await make_world(state, settings, VISITORS)
        token = await signed_in(state, "opener")
        opener, approver = await client(token), await client(await signed_in(state, "approver"))
        form = {"phone": PHONE, "onset": f"{day}", "policy": "vn-5053", "area": AREA}
        opened = await opener.post("/v1/cases", json=form | {"lab_reference": "B 1"})
        case_id = opened.raise_for_status().json()["id"]
        decision = {"approved": True, "reason": "bench"}
        await approver.post(f"/v1/cases/{case_id}/approval", json=decision)
        found = (await opener.get(f"/v1/cases/{case_id}/contacts?limit=1")).raise_for_status()
        run = found.json()["run"]
        listed = run["high"] + run["medium"] + run["low"]
        print(f"{listed:,} contacts, {run['brief']:,} brief")
    return f"/desk/cases/{case_id}?lang=vi", token


def served(settings: Settings) -> tuple[uvicorn.Server, threading.Thread]:
    config = uvicorn.Config(app.build(settings), port=PORT, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    return server, thread


async def measure(url: str, path: str, token: str, pictures: Path | None) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for name, size in SIZES.items():
            context = await browser.new_context(viewport=cast("Any", size), base_url=url)
            cookie = {"name": SESSION_COOKIE, "value": token, "url": url}
            await context.add_cookies([cast("Any", cookie)])
            page = await context.new_page()
            await page.goto(path)
            await look(page, name)
            if pictures is not None:
                await page.screenshot(path=pictures / f"list-{name}.png", full_page=False)
                await page.evaluate("document.getElementById('contacts').scrollIntoView()")
                await page.screenshot(path=pictures / f"list-{name}-rows.png")
                await page.goto("/desk?lang=vi")
                await page.screenshot(path=pictures / f"cases-{name}.png", full_page=True)
            await context.close()
        await browser.close()


async def look(page: Page, name: str) -> None:
    rows = await page.locator("#contacts tbody tr").count()
    print(f"{name}: {rows} rows in the page, {await page.locator('*').count():,} elements")
    for key in ("j", "x", "j", "k"):
        times = [await page.evaluate(PAINTED, key) for _ in range(9)]
        first, middle, most = times[0], statistics.median(times), max(times)
        print(f"  {key}: first {first:.0f} ms, median {middle:.0f} ms, most {most:.0f} ms")
    walls = []
    for text in ("1", "a", "cho"):
        await page.fill("#filter-text", text)
        begun = time.perf_counter()
        await page.press("#filter-text", "Enter")
        await page.wait_for_load_state("load")
        walls.append((time.perf_counter() - begun) * 1000)
    told = ", ".join(f"{wall:.0f}" for wall in walls)
    print(f"  a filter sent until its page is there: {told} ms")
    await page.go_back()


def main() -> None:
    people.PEOPLE = VISITORS + 1
    pictures = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with started() as database:
        settings = database.settings
        path, token = asyncio.run(seeded(settings))
        server, thread = served(settings)
        try:
            asyncio.run(measure(f"http://localhost:{PORT}", path, token, pictures))
        finally:
            server.should_exit = True
            thread.join()


if __name__ == "__main__":
    main()
