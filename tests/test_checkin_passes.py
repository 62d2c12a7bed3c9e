"""The personal pass: what its QR says, who can read it, and how long it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

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
