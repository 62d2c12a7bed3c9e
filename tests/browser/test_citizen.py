"""The citizen's way through the pages in a real browser: camera, without JavaScript."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import qrcode
from playwright.async_api import Page, expect

import app
from kit.db import connection
from tests.browser.conftest import Site, text_of
from tests.browser.video import film
from tests.make_venues import MadeVenue, make_venue
from tests.test_venues_code import CODE, PUBLIC_URL, look_alikes
from venues.code import BadCode, ForeignCode, read_scan
from venues.model import Direction
from venues.poster import Format, PosterFacts
from venues.poster_png import poster_png

IN, OUT = 1, 2


def camera(picture: bytes, file: Path) -> list[str]:
    """Chromium's arguments for a camera that sees this picture."""
    film(picture, file)
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={file}",
    ]


def poster(site: Site, venue: MadeVenue) -> bytes:
    facts = PosterFacts(
        venue="Siêu thị Cái Khế",
        organisation="Công ty Cái Khế",
        address="12 đường 30/4",
        ward="Phường Cái Khế",
        checkpoint="Cửa số 1",
        direction=Direction.BOTH,
        zone=None,
        code=venue.code,
        public_url=site.url,
        issued=app.now().date(),
    )
    return poster_png(facts, Format.A5, "vi")


async def sign_up(page: Page, name: str = "Nguyễn Thị Hoa") -> None:
    await page.fill("[name=full_name]", name)
    await page.fill("[name=phone]", "0912 345 678")
    await page.click("form[action$=sign-up] button")


async def declare_nothing(page: Page) -> None:
    for question in ("met_case", "from_epidemic_area", "met_sick"):
        await page.check(f"[name={question}][value='0']")
    await page.check("[name=true_and_complete]")
    await page.click("form[action$=declare] button.main")


async def stored(site: Site) -> list[asyncpg.Record]:
    async with connection(site.service.state["db"]) as db:
        return await db.fetch("SELECT way, party, at, source FROM scan ORDER BY at")


async def test_a_phone_scans_a_poster_declares_checks_in_and_checks_out(
    site: Site, tmp_path: Path
) -> None:
    venue = await make_venue(site.service, name="Siêu thị Cái Khế", demands_declaration=True)
    phone = await site.phone(*camera(poster(site, venue), tmp_path / "camera.y4m"))
    page = await phone.new_page()

    await page.goto("/")
    await page.click("a[href='/scan']")
    await page.wait_for_url(f"**/V/{venue.code}")
    assert "Siêu thị Cái Khế" in await text_of(page, ".place")
    assert "Phường Cái Khế, Thành phố Cần Thơ" in await text_of(page, ".place")
    await sign_up(page)
    await page.click("a[href$='/declare']")
    await declare_nothing(page)
    await page.fill("[name=companions]", "2")
    await page.click("form[data-way=in] button")
    await expect(page.locator("#result[data-state=green]")).to_be_visible()
    result = await text_of(page, "#result")
    await page.click("#result form[data-way=out] button")
    await expect(page.locator("#result[data-state=out]")).to_be_visible()

    assert "Đã vào" in result
    assert "XANH" in result
    assert "Siêu thị Cái Khế" in result
    assert [(row["way"], row["party"]) for row in await stored(site)] == [(IN, 2), (OUT, 0)]
    await page.goto("/visits")
    assert "Siêu thị Cái Khế" in await text_of(page, "ol.visits")


async def test_the_camera_names_a_foreign_code_and_stays_off_without_https(
    site: Site, tmp_path: Path
) -> None:
    picture = io.BytesIO()
    qrcode.make("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSIsImdsbiI6Ijk0MjkwIn0=").save(picture)
    arguments = camera(picture.getvalue(), tmp_path / "camera.y4m")
    phone = await site.phone(*arguments, "--host-resolver-rules=MAP chot.test 127.0.0.1")
    page = await phone.new_page()

    await page.goto("/scan")
    await expect(page.locator("[data-note=foreign] b")).to_have_text("NZ COVID Tracer")
    assert page.url == f"{site.url}/scan"
    await page.goto(f"http://chot.test:{urlsplit(site.url).port}/scan")
    await expect(page.locator("[data-note=insecure]")).to_be_visible()
    await expect(page.locator("#typed")).to_be_visible()


async def test_the_plain_path_needs_no_script(site: Site) -> None:
    venue = await make_venue(site.service, demands_declaration=True, direction=Direction.IN)
    phone = await site.phone(java_script_enabled=False)
    page = await phone.new_page()

    await page.goto(f"/v/{venue.code.lower()}")
    await sign_up(page)
    await declare_nothing(page)
    await page.click("form[action$=check-in] button")
    assert "XANH" in await text_of(page, "#result")
    await page.reload()
    await page.click("form[action$=check-out] button")

    assert "Đã ra" in await text_of(page, "#result")
    assert [row["way"] for row in await stored(site)] == [IN, OUT]


def as_the_server_reads(text: str) -> dict[str, Any]:
    try:
        return {"code": read_scan(text, PUBLIC_URL)}
    except ForeignCode as foreign:
        return {"foreign": foreign.system}
    except BadCode:
        return {"bad": True}


VECTORS = [
    "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9",
    "UKC19TRACING:1:eyJhbGciOiJFUzI1NiJ9.e30.c2ln",
    "https://e.coronawarn.app?v=1#CAESLAgBEhFNeSBCaXJ0",
    "https://app.luca-app.de/webapp/512875cb-17e6#e30",
    "https://www.safeentry-qr.gov.sg/tenant/PROD-200604346E-1-SE",
    "SMSTO:1922:場所代碼:123456789012345",
    *("https://qr.tokhaiyte.vn/abc", "https://pccovid.gov.vn", "https://pccovid.vn/abc"),
    "https://example.org/menu",
    *("", "0", "*" * 13, "０" + CODE[1:], CODE, CODE.lower(), CODE[:-1], CODE + "0"),
    *("0123-4567-89ABT", "o123 4567–89abt", f" {PUBLIC_URL}/v/{CODE} ", f"{PUBLIC_URL}/V/{CODE}/"),
    *(f"{PUBLIC_URL}/V/{CODE}{tail}" for tail in ("?x=1", "#x", "/../V", "%00", "\u200b", "0")),
]


async def test_the_page_reads_codes_as_the_server_does(site: Site) -> None:
    rng = random.Random(31)
    texts = [*VECTORS, *(f"{host}/V/{CODE}" for _ in range(40) for host in look_alikes(rng))]
    page = await (await site.phone()).new_page()
    await page.goto("/")

    read = await page.evaluate(
        """async ([texts, ours]) => {
          const { readScan } = await import("/static/checkin/code.js");
          return texts.map((text) => readScan(text, ours));
        }""",
        [texts, PUBLIC_URL],
    )

    expected = [as_the_server_reads(text) for text in texts]
    assert [case for case in zip(texts, read, expected, strict=True) if case[1] != case[2]] == []


async def test_no_page_loads_anything_from_elsewhere_or_breaks_its_own_policy(site: Site) -> None:
    page = await (await site.phone()).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda wrong: said.append(str(wrong)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    for path in ("/", "/scan", "/visits", "/offline", "/V/0000", "/login"):
        await page.goto(path)

    assert [url for url in asked if not url.startswith(site.url)] == []
    assert [text for text in said if "404" not in text] == []
