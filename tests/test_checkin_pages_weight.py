"""What a door loads, what is kept for offline, and that all of it is said in Vietnamese."""

from __future__ import annotations

import gzip
import re
from html import unescape
from urllib.parse import urlsplit

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from kit.errors import every_problem
from kit.page import catalog
from tests.conftest import Service
from tests.make_venues import make_venue
from tests.test_checkin_pages import NOTHING, ROOT, phone_of

WEIGHT = 50 * 1024


async def test_everything_a_door_loads_weighs_less_than_50_kb(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)
    phone = await phone_of(service, venue)
    await phone.post(f"/V/{venue.code}/declare", data=NOTHING)

    loaded: dict[str, bytes] = {}
    waiting = [f"/V/{venue.code}", "/worker.js?lang=vi", "/offline?lang=vi"]
    while waiting:
        path = waiting.pop()
        if path not in loaded:
            answer = await phone.get(path)
            assert answer.status_code == 200
            loaded[path] = answer.content
            waiting += [found for found in _parts(answer.text, path) if found not in loaded]

    weights = {path: len(gzip.compress(content)) for path, content in loaded.items()}
    assert {"checkin/door.js", "checkin/queue.js", "kit/base.css"} <= {
        urlsplit(path).path.removeprefix("/static/") for path in weights
    }
    assert sum(weights.values()) <= WEIGHT, weights


def _parts(text: str, path: str) -> list[str]:
    """What a page, a module or the worker names as further files of its own."""
    linked = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    listed = re.findall(r'"(/static/[^"]+)"', text) if path.startswith("/worker") else []
    imported = re.findall(r'from "(?:\./)?([^"]+)"', text) if ".js" in path else []
    folder = urlsplit(path).path.rpartition("/")[0]
    return [
        *(unescape(one) for one in linked + listed),
        *(one if one.startswith("/") else f"{folder}/{one}" for one in imported),
    ]


async def test_the_worker_keeps_every_file_the_offline_page_needs(service: Service) -> None:
    phone = await service.client()
    worker = (await phone.get("/worker.js?lang=vi")).text
    page = (await phone.get("/offline?lang=vi")).text

    needed = _parts(page, "/offline")
    for path in needed:
        text = (await phone.get(path)).text if ".js" in path else ""
        needed += [one for one in _parts(text, path) if one not in needed]

    kept = set(_parts(worker, "/worker.js"))
    assert {path for path in needed if "icon" not in path} <= kept
    assert '"/offline?lang=vi"' in worker


def test_every_word_a_citizen_can_meet_is_in_vietnamese() -> None:
    found = catalog(ROOT / "locale" / "vi")
    language = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    words = set[str]()
    for package in ("kit", "accounts", "checkin"):
        for template in (ROOT / package / "templates").iterdir():
            for _, _, message in extract_from_ast(language.parse(template.read_text())):
                words.add((message[0] if isinstance(message, tuple) else message) or "")
    titles = {
        problem.title()
        for problem in every_problem()
        if problem.__module__.partition(".")[0] in ("kit", "accounts", "checkin")
    }

    assert sorted((words | titles) - found.keys() - {""}) == []
