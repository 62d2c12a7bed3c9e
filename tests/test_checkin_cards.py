"""Cards: printed for a desk, bound to a person, locked; and what nobody reads with one."""

from __future__ import annotations

import asyncio
import re
from io import BytesIO
from typing import Any

import httpx
import pypdfium2
import pytest
import zxingcpp

import app
from accounts.access import DEVICE_COOKIE, SESSION_COOKIE
from accounts.keydir import FIRST
from accounts.model import Role
from checkin import queries_cards
from checkin.cards import card_address, card_hmac, is_card, new_card, read_card
from kit.db import connection
from kit.http import Endpoint
from tests.conftest import Service
from tests.make_people import audit_acts, make_person
from tests.make_venues import CAI_KHE, make_venue, staff_client
from venues.code import BadCode, printed

ME = {"full_name": "Trần Thị Chim Hoàng Yến", "phone": "0987 601 234"}
CCCD = "092187001234"
CANARIES = ("Chim Hoàng Yến", "987601234", "987 601 234", "Chợ Bí Mật", CCCD)


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


async def desk(service: Service, area: str = CAI_KHE) -> httpx.AsyncClient:
    return await staff_client(service, Role.COORDINATOR, area=area)


async def print_one(service: Service, client: httpx.AsyncClient) -> str:
    """The code of a card that this desk printed; what the PDF says is tested by itself."""
    before = await hmacs(service)
    answer = await client.post("/v1/cards/sheets", json={"sheets": 1})
    assert answer.status_code == 200, answer.text
    code, index = new_card(), service.state["keys"].index.key(FIRST)
    one = next(iter(await hmacs(service) - before))
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE card SET hmac = $2 WHERE hmac = $1", one, card_hmac(index, code))
    return code


async def hmacs(service: Service) -> set[bytes]:
    async with connection(service.state["db"]) as db:
        return {row["hmac"] for row in await db.fetch("SELECT hmac FROM card")}


async def holder(service: Service, code: str) -> int | None:
    index = service.state["keys"].index.key(FIRST)
    async with connection(service.state["db"]) as db:
        found: int | None = await db.fetchval(
            "SELECT person_id FROM card WHERE hmac = $1 AND revoked IS NULL",
            card_hmac(index, code),
        )
    return found


def test_a_card_is_read_as_scanned_and_as_typed() -> None:
    code = new_card()
    scanned = card_address("https://chot.example", code)

    assert is_card(scanned, "https://chot.example")
    assert read_card(scanned, "https://chot.example") == code
    assert read_card(printed(code).lower(), "https://chot.example") == code
    assert not is_card(scanned, "https://other.example")
    with pytest.raises(BadCode):
        read_card(scanned, "https://other.example")


async def test_each_card_of_a_sheet_can_be_scanned_and_is_in_the_table(service: Service) -> None:
    client = await desk(service)

    answer = await client.post("/v1/cards/sheets", json={"sheets": 2, "language": "en"})

    pages = pypdfium2.PdfDocument(BytesIO(answer.content))
    texts = {
        found.text
        for page in pages
        for found in zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    }
    index = service.state["keys"].index.key(FIRST)
    read = {card_hmac(index, read_card(text, "http://testserver")) for text in texts}
    assert len(texts) == 16
    assert read == await hmacs(service)


async def test_a_card_is_bound_to_whoever_stands_there(service: Service) -> None:
    client = await desk(service)
    code = await print_one(service, client)

    bound = await client.post("/v1/cards/bindings", json=ME | {"code": printed(code)})
    again = await client.post("/v1/cards/bindings", json=ME | {"code": code})

    assert (bound.status_code, bound.content) == (204, b"")
    assert await holder(service, code) is not None
    assert (again.status_code, slug(again)) == (409, "card-bound")


async def test_a_typed_phone_joins_nobody_but_a_document_that_was_seen_does(
    service: Service,
) -> None:
    known = await make_person(service, ME["full_name"], phone="+84987601234", cccd=CCCD)
    client = await desk(service)
    typed, seen = await print_one(service, client), await print_one(service, client)

    await client.post("/v1/cards/bindings", json=ME | {"code": typed})
    await client.post("/v1/cards/bindings", json=ME | {"code": seen, "cccd": CCCD})

    assert await holder(service, typed) not in (None, known)
    assert await holder(service, seen) == known


async def test_the_answer_never_tells_whether_a_document_is_known(service: Service) -> None:
    await make_person(service, cccd=CCCD)
    client = await desk(service)
    one, other = await print_one(service, client), await print_one(service, client)

    known = await client.post("/v1/cards/bindings", json=ME | {"code": one, "cccd": CCCD})
    unknown = await client.post(
        "/v1/cards/bindings", json=ME | {"code": other, "cccd": "092187009999"}
    )

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


async def test_a_lost_card_is_locked_by_the_document(service: Service) -> None:
    client = await desk(service)
    old, new = await print_one(service, client), await print_one(service, client)
    await client.post("/v1/cards/bindings", json=ME | {"code": old, "cccd": CCCD})

    nameless = await client.post("/v1/cards/bindings", json=ME | {"code": new, "lost": True})
    replaced = await client.post(
        "/v1/cards/bindings", json=ME | {"code": new, "cccd": CCCD, "lost": True}
    )

    assert slug(nameless) == "document-needed"
    assert replaced.status_code == 204
    assert await holder(service, old) is None
    assert await holder(service, new) is not None


async def test_a_locked_card_names_nobody_again(service: Service) -> None:
    client = await desk(service)
    code = await print_one(service, client)
    await client.post("/v1/cards/bindings", json=ME | {"code": code})

    locked = await client.post("/v1/cards/locks", json={"code": code})
    bound = await client.post("/v1/cards/bindings", json=ME | {"code": code})

    assert locked.status_code == 204
    assert await holder(service, code) is None
    assert (bound.status_code, slug(bound)) == (410, "card-revoked")


async def test_another_desks_card_is_not_there(service: Service) -> None:
    code = await print_one(service, await desk(service))
    stranger = await desk(service, "2025/01/")
    made_up = new_card()

    for path, form in (("bindings", ME), ("locks", {})):
        for text in (code, made_up):
            answer = await stranger.post(f"/v1/cards/{path}", json=form | {"code": text})
            assert (answer.status_code, slug(answer)) == (404, "card-unknown")


async def test_two_desks_at_once_bind_a_card_once(service: Service) -> None:
    client = await desk(service)
    code = await print_one(service, client)

    answers = await asyncio.gather(
        *(client.post("/v1/cards/bindings", json=ME | {"code": code}) for _ in range(4))
    )

    assert sorted(one.status_code for one in answers) == [204, 409, 409, 409]
    async with connection(service.state["db"]) as db:
        assert await db.fetchval("SELECT count(*) FROM person") == 1


async def test_the_same_document_at_two_desks_makes_one_person(service: Service) -> None:
    client = await desk(service)
    cards = [await print_one(service, client) for _ in range(3)]

    await asyncio.gather(
        *(
            client.post("/v1/cards/bindings", json=ME | {"code": code, "cccd": CCCD})
            for code in cards
        )
    )

    assert len({await holder(service, code) for code in cards}) == 1


async def test_every_act_of_the_desk_is_audited(service: Service) -> None:
    client = await desk(service)
    code = await print_one(service, client)
    await client.post("/v1/cards/bindings", json=ME | {"code": code})
    await client.post("/v1/cards/locks", json={"code": code})

    for act in ("print-cards", "bind-card", "lock-card"):
        assert len(await audit_acts(service, act)) == 1


async def test_the_desks_page_says_what_is_wrong_and_keeps_what_was_typed(
    service: Service,
) -> None:
    client = await desk(service)
    client.headers["accept-language"] = "en"
    code = await print_one(service, client)

    wrong = await client.post("/cards/bindings", data=ME | {"code": "no card at all"})
    short = await client.post("/cards/bindings", data=ME | {"code": code, "cccd": "12"})
    bound = await client.post("/cards/bindings", data=ME | {"code": code})
    done = await client.get(bound.headers["location"])
    sheet = await client.post("/cards/sheets", data={"sheets": "1", "language": "vi"})

    assert wrong.status_code == 422
    assert "This is not the code of a card" in wrong.text
    assert ME["full_name"] in wrong.text
    assert short.status_code == 422
    assert "The card is bound." in done.text
    assert sheet.content.startswith(b"%PDF")


async def test_the_queries_find_a_person_by_a_seen_document_only(service: Service) -> None:
    known = await make_person(service, cccd=CCCD)
    found = service.state["vault"].find(2, CCCD)
    async with connection(service.state["db"]) as db:
        seen = await queries_cards.person_of_document(db, 2, found)
        await db.execute("UPDATE identifier SET verified = false")
        unseen = await queries_cards.person_of_document(db, 2, found)

    assert (seen, unseen) == (known, None)


# A03: what hangs on a wall, lies in a wallet or is seen over a shoulder opens nothing.


@pytest.fixture
async def seen_by_all(service: Service) -> list[str]:
    """Everything printed or shown of a person with a history: texts and bare codes."""
    venue = await make_venue(service, name="Chợ Bí Mật")
    other = await make_venue(service)
    clerk = await desk(service)
    phone = await service.client()
    signed = await phone.post("/v1/people", json=ME)
    phone.headers["Authorization"] = f"Bearer {signed.json()['token']}"
    visited = await phone.post(
        "/v1/check-ins", json={"code": venue.code, "at": service.clock().isoformat()}
    )
    assert visited.status_code == 201
    history = (await phone.get("/v1/me/visits")).text
    assert "Chợ Bí Mật" in history, "the canary is there for whoever holds the device's token"
    code = await print_one(service, clerk)
    await clerk.post("/v1/cards/bindings", json=ME | {"code": code})
    shown = (await phone.get("/v1/me/pass")).json()["text"]
    return [
        other.code,
        code,
        card_address("http://testserver", code),
        shown,
        shown.rpartition("/")[2],
    ]


def filled(endpoint: Endpoint, credential: str) -> str:
    path = re.sub(r"{\w+:int}", "1", endpoint.path)
    return re.sub(r"{\w+}", credential.rpartition("/")[2], path)


async def test_no_route_gives_history_or_personal_data_for_what_is_printed_or_shown(
    service: Service, seen_by_all: list[str]
) -> None:
    told: list[str] = []
    for credential in seen_by_all:
        bearer = await service.client(Authorization=f"Bearer {credential}")
        cookies = await service.client()
        for name in (DEVICE_COOKIE, SESSION_COOKIE, "chot_gate"):
            cookies.cookies.set(name, credential)
        named: dict[str, Any] = dict.fromkeys(("code", "token", "card", "pass", "q"), credential)
        for endpoint in app.endpoints:
            path = filled(endpoint, credential)
            for client in (bearer, cookies):
                answer = await client.request(endpoint.method, path, params=named)
                if any(canary in answer.text for canary in CANARIES):
                    told.append(f"{endpoint.name} with {credential}")

    assert told == []
