"""Who gets in where: every route against every kind of caller, sessions, log-ins."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

import app
import database
from accounts import attempts, queries, sessions
from accounts.access import SESSION_COOKIE
from accounts.access_table import ACCESS, Rule, Who
from accounts.model import Gate, Grant, Role
from accounts.password import hash_password
from kit.db import transaction
from kit.http import Endpoint
from tests.conftest import Service
from tests.make_venues import make_staff
from tests.stored import owner_of, rows

PASSWORD = "mật khẩu đủ dài"
REFUSED = {401, 403}


def address(endpoint: Endpoint) -> str:
    return re.sub(r"{\w+:int}", "1", re.sub(r"{\w+}", "0123456789ABC", endpoint.path))


async def status(client: httpx.AsyncClient, endpoint: Endpoint) -> int:
    answer = await client.request(endpoint.method, address(endpoint))
    if endpoint.page and answer.status_code == 303 and "/login" in answer.headers["location"]:
        return 401
    return answer.status_code


def rules(who: Who) -> list[tuple[Endpoint, Rule]]:
    return [(e, ACCESS[e.name]) for e in app.endpoints if ACCESS[e.name].who is who]


async def test_nobody_gets_past_a_route_that_is_not_public(service: Service) -> None:
    nobody = await service.client()
    forged = await service.client(Authorization="Bearer eyJhbGciOiJub25lIn0.e30.")

    for endpoint, _ in rules(Who.STAFF) + rules(Who.CITIZEN) + rules(Who.GATE):
        assert await status(nobody, endpoint) == 401, endpoint.name
        assert await status(forged, endpoint) == 401, endpoint.name


async def test_a_citizen_is_nobody_to_staff_routes_and_staff_are_no_citizens(
    service: Service,
) -> None:
    signed = await (await service.client()).post(
        "/v1/people", json={"full_name": "Hoa", "phone": "0912345678"}
    )
    citizen = await service.client(Authorization=f"Bearer {signed.json()['token']}")
    staff = await service.client(
        Authorization=f"Bearer {await make_staff(service, Role.ADMIN, area='')}"
    )

    for endpoint, _ in rules(Who.STAFF) + rules(Who.GATE):
        assert await status(citizen, endpoint) == 401, endpoint.name
    for endpoint, _ in rules(Who.CITIZEN) + rules(Who.GATE):
        assert await status(staff, endpoint) == 401, endpoint.name


async def test_a_gate_device_is_neither_staff_nor_citizen(service: Service) -> None:
    token = service.state["gate_tokens"].issue(Gate(gate_id=1), service.clock())
    gate = await service.client(Authorization=f"Bearer {token}")

    for endpoint, _ in rules(Who.STAFF) + rules(Who.CITIZEN):
        assert await status(gate, endpoint) == 401, endpoint.name


@pytest.mark.parametrize("role", list(Role))
async def test_a_role_opens_its_own_routes_and_no_other(service: Service, role: Role) -> None:
    token = await make_staff(service, role, area="")

    for endpoint, rule in rules(Who.STAFF):
        if endpoint.name == "DELETE /v1/sessions/current":
            continue
        client = await service.client(Authorization=f"Bearer {token}")
        found = await status(client, endpoint)
        assert (found in REFUSED) == (role not in rule.roles), f"{endpoint.name}: {found}"


@pytest.mark.parametrize("role", list(Role))
async def test_an_empty_scope_holds_nothing(service: Service, role: Role) -> None:
    """A grant for an organisation that has nothing: every object is «not there», every list is
    empty."""
    token = await make_staff(service, role, organisation_id=999_999)
    client = await service.client(Authorization=f"Bearer {token}")

    for endpoint, rule in rules(Who.STAFF):
        if role in rule.roles and "{" in endpoint.path and endpoint.method == "GET":
            # 422: it asks for a purpose or the like before it looks for anything
            assert await status(client, endpoint) in {404, 422}, endpoint.name


async def add_account(service: Service) -> None:
    async with transaction(service.state["db"]) as db:
        staff_id = await queries.add_staff(
            db, "lan", "Lan", hash_password(PASSWORD), False, service.clock()
        )
        assert staff_id is not None
        await queries.add_grant(db, staff_id, Grant(role=Role.AUDITOR, area=""), service.clock())


async def test_a_log_in_gives_a_session_that_log_out_ends(service: Service) -> None:
    await add_account(service)
    client = await service.client()

    made = await client.post("/v1/sessions", json={"login": " LAN ", "password": PASSWORD})
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    mine = await client.get("/v1/sessions/current")
    gone = await client.delete("/v1/sessions/current")
    after = await client.get("/v1/sessions/current")

    assert made.status_code == 201
    assert mine.json()["login"] == "lan"
    assert gone.status_code == 204
    assert after.status_code == 401


async def test_sessions_that_ended_or_expired_are_forgotten_hourly(service: Service) -> None:
    # given one that ended, one that expired and one that holds
    await add_account(service)
    client, said = await service.client(), {"login": "lan", "password": PASSWORD}
    await client.post("/v1/sessions", json=said)
    service.clock.tick(seconds=sessions.LIFETIME.total_seconds())
    for ended in (True, False):
        made = await client.post("/v1/sessions", json=said)
        client.headers["Authorization"] = f"Bearer {made.json()['token']}"
        if ended:
            await client.delete("/v1/sessions/current")
    assert len(await rows(service, "session")) == 3
    # when
    async with owner_of(service) as db:
        await database.keep(db, service.settings, service.clock())
    # then
    assert len(await rows(service, "session")) == 1
    assert (await client.get("/v1/sessions/current")).status_code == 200


async def test_a_session_ends_with_the_shift(service: Service) -> None:
    token = await make_staff(service, Role.AUDITOR, area="")
    client = await service.client(Authorization=f"Bearer {token}")
    service.clock.tick(seconds=sessions.LIFETIME.total_seconds())

    assert (await client.get("/v1/sessions/current")).status_code == 401


async def test_a_revoked_grant_ends_at_once(service: Service) -> None:
    token = await make_staff(service, Role.AUDITOR, area="")
    client = await service.client(Authorization=f"Bearer {token}")
    async with transaction(service.state["db"]) as db:
        await db.execute("UPDATE staff_grant SET revoked_at = now()")

    assert (await client.get("/v1/sessions/current")).status_code == 403


async def test_wrong_login_and_wrong_password_look_alike_and_slow_guessing_down(
    service: Service,
) -> None:
    await add_account(service)
    client = await service.client()

    unknown = await client.post("/v1/sessions", json={"login": "nobody", "password": PASSWORD})
    wrong = [
        await client.post("/v1/sessions", json={"login": "lan", "password": "wrong"})
        for _ in range(attempts.FREE)
    ]
    locked = await client.post("/v1/sessions", json={"login": "lan", "password": PASSWORD})
    service.clock.tick(seconds=int(locked.headers["retry-after"]))
    later = await client.post("/v1/sessions", json={"login": "lan", "password": PASSWORD})

    assert unknown.json() == wrong[0].json()
    assert {answer.status_code for answer in wrong} == {401}
    assert locked.status_code == 429
    assert later.status_code == 201


async def test_nobody_is_locked_out_by_the_guesses_of_another_address(service: Service) -> None:
    await add_account(service)
    for n in range(attempts.GUESSED + 10):
        service.state["attempts"].note("lan", f"192.0.2.{n % 50}", service.clock())

    assert await sessions.log_in(service.state, "lan", PASSWORD, "198.51.100.7")
    assert service.state["attempts"].wait("lan", "192.0.2.1", service.clock())


@pytest.mark.parametrize(
    "head",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://example.com"},
        {"Origin": "null"},
    ],
)
async def test_another_sites_page_cannot_act_with_our_cookies(
    service: Service, head: dict[str, str]
) -> None:
    token = await make_staff(service, Role.AUDITOR, area="")
    client = await service.client()
    client.cookies.set(SESSION_COOKIE, token)

    refused = await client.delete("/v1/sessions/current", headers=head)
    own = await client.delete("/v1/sessions/current", headers={"Origin": "http://testserver"})

    assert refused.status_code == 403
    assert own.status_code == 204


async def test_the_log_in_page_leads_back_but_never_to_another_site(service: Service) -> None:
    await add_account(service)
    client = await service.client()
    form = {"login": "lan", "password": PASSWORD}

    home = await client.post("/login", data=form | {"next": "/venues?q=a"})
    away = await client.post("/login", data=form | {"next": "//example.com/"})

    assert home.headers["location"] == "/venues?q=a"
    assert away.headers["location"] == "/audit"
    assert "HttpOnly" in home.headers["set-cookie"]
    assert "samesite=strict" in home.headers["set-cookie"].lower()


async def test_a_form_sent_after_the_session_leads_back_to_the_page_it_stood_on(
    service: Service,
) -> None:
    client = await service.client(**{"accept": "text/html", "accept-language": "en"})

    async def next_of(path: str, came: str = "") -> str:
        head = {"Referer": f"http://testserver{came}"} if came else {}
        answer = await client.post(path, data={}, headers=head)
        assert answer.status_code == 303
        page = await client.get(answer.headers["location"])
        assert "Your session has ended: log in again." in page.text
        return unescape(re.findall(r'name="next" value="([^"]*)"', page.text)[-1])

    assert await next_of("/desk/cases", "/desk/cases/new") == "/desk/cases/new"
    assert await next_of("/desk/cases/5/contacts/work", "/desk/cases/5?tier=1&reached=no") == (
        "/desk/cases/5?tier=1&reached=no"
    )
    # a page that answered a form has no address of its own, and another site's is none of ours
    assert await next_of("/desk/cases/5/notes", "/desk/cases/5/reveal") == "/desk/cases/5"
    assert await next_of("/desk/cases/5/notes") == "/desk/cases/5"
    away = {"Referer": "https://example.com/desk/cases/9"}
    led = await client.post("/desk/cases/5/notes", data={}, headers=away)
    assert led.headers["location"] == "/login?next=/desk/cases/5&ended=yes"
    # who only comes to look is asked to log in without a word of a session
    first = await client.get("/desk/cases/5?tier=2")
    assert first.headers["location"] == "/login?next=/desk/cases/5%3Ftier%3D2"


async def test_staff_begin_again_at_their_work_and_no_typed_address_of_a_form_is_an_error(
    service: Service,
) -> None:
    token = await make_staff(service, Role.TRACER, area="2025/92/")
    client = await service.client(accept="text/html")
    client.cookies.set(SESSION_COOKIE, token)

    missing = await client.get("/desk/cases/99")
    forbidden = await client.get("/audit")
    nowhere = await client.get("/desk/nothing")
    typed = await client.get("/desk/cases/5/reveal")
    elsewhere = await client.get("/nothing")
    api = await client.delete("/v1/cases", headers={"accept": "application/json"})

    for page in (missing, forbidden, nowhere):
        assert 'class="button" href="/desk"' in page.text
    assert (typed.status_code, typed.headers["location"]) == (303, "/desk/cases/5")
    assert 'class="button" href="/"' in elsewhere.text
    assert api.status_code == 405


async def test_a_session_of_yesterday_is_no_key_of_today(service: Service) -> None:
    """The token is not what is stored: a stolen session table opens nothing."""
    token = await make_staff(service, Role.AUDITOR, area="")
    async with transaction(service.state["db"]) as db:
        stored: bytes = await db.fetchval("SELECT hmac FROM session")

    assert token.encode() not in stored
    client = await service.client(Authorization=f"Bearer {stored.hex()}")
    assert (await client.get("/v1/sessions/current")).status_code == 401
    assert timedelta(hours=12) >= sessions.LIFETIME
