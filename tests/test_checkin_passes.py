"""The personal pass: what its QR says, who can read it, and how long it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.passes import (
    AHEAD,
    ROTATES,
    SYMBOLS,
    VALID,
    BadPass,
    is_pass,
    is_valid,
    pass_address,
    pass_code,
    pass_key,
    read_pass,
)
from kit.db import transaction
from tests.conftest import Service
from venues.code import ALPHABET

HOST = "https://chot.example"
KEY = pass_key(bytes(32))
OTHER = pass_key(bytes([1]) * 32)
NOON = datetime(2021, 7, 20, 5, 0, tzinfo=UTC)
people = st.integers(1, 2**63 - 1)


def shown(person_id: int, at: datetime = NOON, generation: int = 0) -> str:
    return pass_address(HOST, pass_code(KEY, person_id, generation, at))


@given(people, st.integers(0, 2**15 - 1), st.integers(0, 2_524_608_000))
def test_a_pass_says_who_stands_there_and_since_which_minute(
    person_id: int, generation: int, seconds: int
) -> None:
    now = datetime.fromtimestamp(seconds, UTC)

    found = read_pass(shown(person_id, now, generation), HOST, [OTHER, KEY])

    assert (found.person_id, found.generation) == (person_id, generation)
    assert found.made == now.replace(second=0, microsecond=0)


def test_a_pass_stays_in_the_letters_that_make_a_small_qr() -> None:
    assert set(shown(2**63 - 1)) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
    assert is_pass(shown(7).lower(), HOST)


@given(people, st.integers(0, SYMBOLS - 1), st.sampled_from(ALPHABET))
def test_a_changed_pass_is_none(person_id: int, place: int, symbol: str) -> None:
    text = shown(person_id)
    at = len(text) - SYMBOLS + place
    changed = text[:at] + symbol + text[at + 1 :]

    if changed != text:
        with pytest.raises(BadPass):
            read_pass(changed, HOST, [KEY])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HTTPS://CHOT.EXAMPLE/P/",
        "HTTPS://CHOT.EXAMPLE/V/0123456789ABC",
        shown(7).replace("CHOT.EXAMPLE", "CH0T.EXAMPLE"),
        shown(7).replace("HTTPS", "HTTPſ"),
        shown(7) + "0",
        shown(7)[:-1],
        shown(7)[:-1] + "U",
    ],
)
def test_another_text_is_no_pass(text: str) -> None:
    with pytest.raises(BadPass):
        read_pass(text, HOST, [KEY])


def test_nobody_without_the_key_reads_or_makes_a_pass() -> None:
    with pytest.raises(BadPass):
        read_pass(shown(7), HOST, [OTHER])


def test_two_passes_of_one_person_have_nothing_in_common() -> None:
    """Whoever photographs passes cannot tell that two of them are of one person."""
    one = pass_code(KEY, 7, 0, NOON)
    other = pass_code(KEY, 7, 0, NOON + ROTATES)

    same = sum(a == b for a, b in zip(one, other, strict=True))

    assert one == pass_code(KEY, 7, 0, NOON + timedelta(seconds=59))
    assert same < SYMBOLS / 4


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        (timedelta(0), True),
        (VALID, True),
        (ROTATES + VALID - timedelta(milliseconds=1), True),
        (ROTATES + VALID, False),
        (timedelta(days=1), False),
        (-AHEAD + timedelta(milliseconds=1), True),
        (-AHEAD, False),
    ],
)
def test_a_pass_counts_for_some_minutes_of_the_scans_own_time(
    later: timedelta, counts: bool
) -> None:
    found = read_pass(shown(7, NOON), HOST, [KEY])

    assert is_valid(found, NOON + later) == counts


async def phone_of(service: Service) -> httpx.AsyncClient:
    phone = await service.client(**{"accept-language": "en"})
    signed = await phone.post("/v1/people", json={"full_name": "Hoa", "phone": "0912345678"})
    phone.headers["Authorization"] = f"Bearer {signed.json()['token']}"
    return phone


def keys(service: Service) -> list[bytes]:
    return [pass_key(key) for key in service.state["keys"].tokens.all().values()]


async def test_a_phone_gets_the_pass_of_this_minute(service: Service) -> None:
    phone = await phone_of(service)
    token = phone.headers["Authorization"].removeprefix("Bearer ")
    citizen = service.state["device_tokens"].citizen(token, service.clock())

    first = (await phone.get("/v1/me/pass")).json()
    service.clock.tick(seconds=first["rotates"])
    second = (await phone.get("/v1/me/pass")).json()

    found = read_pass(second["text"], "http://testserver", keys(service))
    assert first["text"] != second["text"]
    assert (found.person_id, found.made) == (citizen.person_id, service.clock())


async def test_a_pass_made_before_a_key_was_added_still_counts(service: Service) -> None:
    phone = await phone_of(service)
    before = (await phone.get("/v1/me/pass")).json()["text"]

    service.state["keys"].tokens.make("0002")
    after = (await phone.get("/v1/me/pass")).json()["text"]

    assert before != after
    for text in (before, after):
        read_pass(text, "http://testserver", keys(service))


async def test_the_page_shows_the_pass_to_its_phone_and_nothing_to_another(
    service: Service,
) -> None:
    phone, stranger = await phone_of(service), await service.client(**{"accept-language": "en"})

    own, none = await phone.get("/pass"), await stranger.get("/pass")

    assert '<svg viewBox="0 0 ' in own.text
    assert "<svg" not in none.text
    assert "nobody's yet" in none.text.replace("&#39;", "'")


async def test_a_revoked_phone_has_no_pass(service: Service) -> None:
    phone = await phone_of(service)
    async with transaction(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO standing (person_id, token_generation) SELECT id, 1 FROM person"
        )

    assert (await phone.get("/v1/me/pass")).status_code == 401
    assert "<svg" not in (await phone.get("/pass")).text


async def test_a_found_card_and_a_made_up_one_show_the_same_page(service: Service) -> None:
    phone = await phone_of(service)
    shown_now = (await phone.get("/v1/me/pass")).json()["text"]
    stranger = await service.client(**{"accept-language": "en"})

    pages = [
        await stranger.get(path)
        for path in (shown_now.removeprefix("HTTP://TESTSERVER"), "/P/0", "/C/0123456789ABC")
    ]

    assert {page.status_code for page in pages} == {200}
    assert all("It opens nothing" in page.text for page in pages)
    assert len({page.text.count("\n") for page in pages}) == 1
