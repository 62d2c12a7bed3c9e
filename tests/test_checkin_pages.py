"""The citizen's pages as plain HTML forms, on real PostgreSQL."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from accounts.access import DEVICE_COOKIE
from kit.db import connection
from kit.errors import every_problem
from kit.page import catalog
from tests.conftest import Service
from tests.make_venues import MadeVenue, make_venue
from venues.code import new_code
from venues.model import Direction

ROOT = Path(__file__).parent.parent
WEIGHT = 50 * 1024
NOTHING = {"met_case": "0", "from_epidemic_area": "0", "met_sick": "0", "true_and_complete": "1"}
AT = re.compile(r'name="at" value="([^"]+)"')


async def phone_of(service: Service, venue: MadeVenue) -> httpx.AsyncClient:
    """A phone whose person wrote name and number at this venue."""
    phone = await service.client(**{"accept": "text/html", "accept-language": "en"})
    signed = await phone.post(f"/V/{venue.code}/sign-up", data=ME)
    assert signed.status_code == 303
    return phone


ME = {"full_name": "Nguyễn Thị Hoa", "phone": "0912 345 678"}


async def shown_at(phone: httpx.AsyncClient, venue: MadeVenue) -> str:
    """The moment in the form of the confirmation page."""
    page = await phone.get(f"/V/{venue.code}")
    found = AT.search(page.text)
    assert found is not None
    return unescape(found[1])


async def rows(service: Service) -> list[tuple[int, int, int]]:
    """(way, party, source) of every stored scan, oldest first."""
    async with connection(service.state["db"]) as db:
        found = await db.fetch("SELECT way, party, source FROM scan ORDER BY at")
    return [(row["way"], row["party"], row["source"]) for row in found]


async def replace_code(service: Service, venue: MadeVenue) -> str:
    """The code of the new poster."""
    code = new_code()
    async with connection(service.state["db"]) as db:
        await db.execute(
            "UPDATE code SET valid_to = $2 WHERE code = $1", venue.code, service.clock()
        )
        await db.execute(
            "INSERT INTO code (code, checkpoint_id, valid_from) VALUES ($1, $2, $3)",
            *(code, venue.checkpoint_id, service.clock()),
        )
    service.state["doorways"].forget(venue.code)
    return code


async def test_a_code_opens_its_door_in_any_case_and_grouping(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await service.client()
    code = venue.code

    for path in (f"/V/{code}", f"/v/{code.lower()}", f"/V/{code[:4]}-{code[4:8]}-{code[8:]}"):
        page = await phone.get(path)
        assert page.status_code == 200
        assert "Chợ Tân An" in page.text
        assert "Phường Cái Khế, Thành phố Cần Thơ" in page.text


async def test_the_first_page_states_law_and_liability_before_anything_is_sent(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client()

    page = (await phone.get(f"/V/{venue.code}")).text

    for words in ("114/2025/QH15", "91/2025/QH15", "356/2025/NĐ-CP", "xử lý hình sự"):
        assert words in page


async def test_a_first_visit_is_name_phone_and_one_press(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)

    pressed = await phone.post(
        f"/V/{venue.code}/check-in", data={"at": at, "companions": "3"}, follow_redirects=True
    )

    assert pressed.status_code == 200
    assert "GREEN" in pressed.text
    assert "12:00" in pressed.text
    assert await rows(service) == [(1, 3, 1)]


async def test_the_page_whose_time_corrects_a_wrong_clock_comes_from_no_cache(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)

    page = await phone.get(f"/V/{venue.code}")

    assert page.headers["cache-control"] == "no-store"
    assert f'data-shown="{service.clock().isoformat()}"' in page.text


async def test_a_form_sent_twice_makes_one_visit(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    first = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    service.clock.tick(hours=2)
    second = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    assert second.headers["location"] == first.headers["location"]
    assert len(await rows(service)) == 1


async def test_a_page_left_open_asks_again_and_notes_nothing(service: Service) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)

    service.clock.tick(minutes=15)
    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    page = await phone.get(pressed.headers["location"])

    assert "Press once more" in page.text
    assert await rows(service) == []


async def test_a_press_in_the_future_asks_again_and_notes_nothing(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    future = (service.clock() + timedelta(minutes=3)).isoformat()

    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": future})

    assert pressed.headers["location"].endswith("?again=1")
    assert await rows(service) == []


async def test_check_out_is_by_the_exit_or_by_the_button_of_the_result(service: Service) -> None:
    venue = await make_venue(service, direction=Direction.IN)
    exit_only = await make_venue(service, direction=Direction.OUT)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    await phone.post(f"/V/{venue.code}/check-in", data={"at": at})

    later = service.clock.tick(minutes=40).isoformat()
    by_button = await phone.post(
        f"/V/{venue.code}/check-out", data={"at": later, "button": "1"}, follow_redirects=True
    )
    service.clock.tick(minutes=1)
    at_exit = await phone.post(
        f"/V/{exit_only.code}/check-out", data={"at": await shown_at(phone, exit_only)}
    )

    assert "Checked out" in by_button.text
    assert at_exit.status_code == 303
    assert await rows(service) == [(1, 0, 1), (2, 0, 6), (2, 0, 9)]


async def test_a_venue_that_asks_for_a_declaration_gets_it_before_the_press(
    service: Service,
) -> None:
    venue = await make_venue(service, direction=Direction.IN, demands_declaration=True)
    phone = await phone_of(service, venue)

    asked = await phone.get(f"/V/{venue.code}")
    early = await phone.post(f"/V/{venue.code}/check-in", data={"at": service.clock().isoformat()})
    declared = await phone.post(f"/V/{venue.code}/declare", data=NOTHING)
    at = await shown_at(phone, venue)
    done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)

    assert asked.headers["location"] == early.headers["location"] == f"/V/{venue.code}/declare"
    assert declared.headers["location"] == f"/V/{venue.code}"
    assert "GREEN" in done.text


async def test_the_result_shows_the_colour_of_the_declaration_in_words(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)

    for answers, colour in (({"fever": "1"}, "AMBER"), ({"met_case": "1"}, "RED")):
        phone = await phone_of(service, venue)
        await phone.post(f"/V/{venue.code}/declare", data=NOTHING | answers)
        at = await shown_at(phone, venue)
        done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)
        assert re.findall(r'<span data-for="[^"]+">([A-Z]{3,}):', done.text) == [colour]


async def test_a_declaration_nobody_confirms_is_refused(service: Service) -> None:
    venue = await make_venue(service, demands_declaration=True)
    phone = await phone_of(service, venue)
    unconfirmed = {name: value for name, value in NOTHING.items() if name != "true_and_complete"}

    refused = await phone.post(f"/V/{venue.code}/declare", data=unconfirmed)

    assert refused.status_code == 422
    assert "true and complete" in refused.text


async def test_a_wrong_phone_number_is_said_and_the_name_stays(service: Service) -> None:
    venue = await make_venue(service)
    phone = await service.client(**{"accept-language": "en"})

    page = await phone.post(f"/V/{venue.code}/sign-up", data=ME | {"phone": "123456"})
    nameless = await phone.post(f"/V/{venue.code}/sign-up", data={"phone": "0912345678"})
    neither = await phone.post(f"/V/{venue.code}/sign-up", data={"phone": "12"})

    assert {a.status_code for a in (page, nameless, neither)} == {422}
    assert "Write your name" not in page.text
    assert "Write your name" in neither.text
    assert "not a phone number" in neither.text
    assert "not a phone number" in page.text
    assert 'value="Nguyễn Thị Hoa"' in page.text
    assert "Write your name" in nameless.text
    assert DEVICE_COOKIE not in phone.cookies


async def test_the_device_cookie_is_out_of_reach_of_scripts_and_other_sites(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client()

    signed = await phone.post(f"/V/{venue.code}/sign-up", data=ME)

    cookie = signed.headers["set-cookie"]
    assert cookie.startswith(f"{DEVICE_COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={180 * 24 * 3600}" in cookie


async def test_a_revoked_device_starts_again_instead_of_at_the_staff_log_in(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, token_generation) SELECT id, 1 FROM person"
        )

    pressed = await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    page = await phone.get(pressed.headers["location"])

    assert "First time on this phone" in page.text
    assert await rows(service) == []
    assert (await phone.get("/visits")).status_code == 200


async def test_an_unknown_device_is_led_to_the_first_step_by_every_form(service: Service) -> None:
    venue = await make_venue(service)
    stranger = await service.client()
    at = {"at": service.clock().isoformat()}

    answers = [
        await stranger.post(f"/V/{venue.code}/check-in", data=at),
        await stranger.post(f"/V/{venue.code}/check-out", data=at),
        await stranger.post(f"/V/{venue.code}/declare", data=NOTHING),
        await stranger.get(f"/V/{venue.code}/declare"),
        await stranger.get(f"/V/{venue.code}/done", params=at),
    ]

    assert {answer.headers["location"] for answer in answers} == {f"/V/{venue.code}"}


async def test_the_result_is_what_the_ledger_holds_and_not_what_the_address_says(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await phone_of(service, venue)

    forged = await phone.get(
        f"/V/{venue.code}/done", params={"at": service.clock().isoformat(), "state": "green"}
    )

    assert forged.status_code == 303


async def test_a_replaced_poster_says_so_and_what_to_do(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await service.client(**{"accept-language": "en"})
    code = await replace_code(service, venue)

    old, new = await phone.get(f"/V/{venue.code}"), await phone.get(f"/V/{code}")

    assert old.status_code == 410
    assert "This poster was replaced" in old.text
    assert 'name="code"' in old.text
    assert new.status_code == 200


async def test_an_unknown_code_gets_a_box_to_type_it(service: Service) -> None:
    phone = await service.client(**{"accept-language": "en"})

    for code in ("0000", new_code(), "%E2%98%83", "x" * 300):
        page = await phone.get(f"/V/{code}")
        assert page.status_code == 404
        assert "No venue has this code" in page.text
        assert 'action="/code"' in page.text


async def test_a_typed_code_leads_to_its_door_and_a_foreign_one_is_named(
    service: Service,
) -> None:
    venue = await make_venue(service)
    phone = await service.client(**{"accept-language": "en"})
    code = venue.code

    typed = await phone.get("/code", params={"code": f" {code[:4].lower()} {code[4:]}"})
    pasted = await phone.get("/code", params={"code": f"http://testserver/v/{code}"})
    foreign = await phone.get("/code", params={"code": "NZCOVIDTRACER:abc"})
    website = await phone.get("/code", params={"code": f"https://testserver.evil.vn/V/{code}"})
    wrong = await phone.get("/code", params={"code": "<b>0123"})

    assert typed.headers["location"] == pasted.headers["location"] == f"/V/{code}"
    assert "belongs to NZ COVID Tracer" in foreign.text
    assert "another website" in website.text
    assert "&lt;b&gt;0123" in wrong.text


async def test_own_visits_show_on_their_own_phone_only(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An")
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    await phone.post(f"/V/{venue.code}/check-in", data={"at": at})
    same_name = await phone_of(service, venue)

    own, others = await phone.get("/visits"), await same_name.get("/visits")

    assert "Chợ Tân An" in own.text
    assert "12:00" in own.text
    assert "Chợ Tân An" not in others.text


async def test_pages_hold_no_name_and_no_number_of_anybody(service: Service) -> None:
    """What is on the screen is seen by whoever holds the phone, or the poster."""
    venue = await make_venue(service)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    done = await phone.post(f"/V/{venue.code}/check-in", data={"at": at}, follow_redirects=True)

    for path in (f"/V/{venue.code}", "/visits", "/", "/offline", f"/V/{venue.code}/sign-up"):
        page = (await phone.get(path)).text + done.text
        assert "Hoa" not in page
        assert "912345678" not in page.replace(" ", "")


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


async def test_an_exit_alone_is_listed_without_a_beginning(service: Service) -> None:
    venue = await make_venue(service, name="Chợ Tân An", direction=Direction.OUT)
    phone = await phone_of(service, venue)
    at = await shown_at(phone, venue)
    assert (await phone.post(f"/V/{venue.code}/check-out", data={"at": at})).status_code == 303

    page, answer = await phone.get("/visits"), await phone.get("/v1/me/visits")

    assert re.search(r"no check-in</span> – <time[^>]*>12:00", page.text)
    (visit,) = answer.json()["visits"]
    assert visit["arrived_at"] is None
    assert visit["left_at"].startswith("2021-07-20T")


async def test_who_is_inside_can_check_out_from_the_list_and_from_the_door(
    service: Service,
) -> None:
    venue = await make_venue(service, direction=Direction.IN)
    phone = await phone_of(service, venue)
    path = f"/V/{venue.code}"
    await phone.post(f"{path}/check-in", data={"at": await shown_at(phone, venue)})
    service.clock.tick(minutes=40)

    door, listed = await phone.get(path), await phone.get("/visits")
    at = AT.search(listed.text)
    assert at is not None
    pressed = await phone.post(f"{path}/check-out", data={"at": unescape(at[1]), "button": "1"})

    assert "You checked in at 12:00." in door.text
    assert f'action="{path}/check-out"' in listed.text
    assert pressed.status_code == 303
    for left in ((await phone.get(path)).text, (await phone.get("/visits")).text):
        assert "You checked in at" not in left
        assert 'name="button"' not in left.partition('id="result"')[0]
    assert [row[0] for row in await rows(service)] == [1, 2]
