"""A code is hard to guess, easy to type, and ours to the letter when scanned."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from venues.code import (
    ALPHABET,
    OTHER_WEBSITE,
    RANDOM_SYMBOLS,
    SYMBOLS,
    BadCode,
    ForeignCode,
    address,
    check_symbol,
    new_code,
    parse_code,
    printed,
    read_scan,
)

PUBLIC_URL = "https://chot.cantho.gov.vn"
HOST = "chot.cantho.gov.vn"
CODE = "0123456789ABT"

bodies = st.text(ALPHABET, min_size=RANDOM_SYMBOLS, max_size=RANDOM_SYMBOLS)
codes = bodies.map(lambda body: body + check_symbol(body))
places = st.integers(0, SYMBOLS - 1)


def accepted(text: str, public_url: str = PUBLIC_URL) -> bool:
    try:
        read_scan(text, public_url)
    except (BadCode, ForeignCode):
        return False
    return True


def test_a_new_code_has_sixty_random_bits_and_reads_back() -> None:
    made = {new_code() for _ in range(2000)}

    assert len(made) == 2000
    assert all(parse_code(code) == code for code in made)
    for place in range(RANDOM_SYMBOLS):
        assert {code[place] for code in made} == set(ALPHABET)


@given(codes, st.randoms(use_true_random=False))
def test_a_code_is_read_however_it_is_typed(code: str, rng: random.Random) -> None:
    misread = {"0": "0Oo", "1": "1IiLl"}
    typed = "".join(
        rng.choice(misread.get(symbol, symbol + symbol.lower())) + rng.choice(["", " ", "-", "–"])
        for symbol in code
    )

    assert parse_code(typed) == code
    assert parse_code(printed(code)) == code


def test_a_printed_code_stands_in_groups() -> None:
    assert printed(CODE) == "0123-4567-89ABT"


@given(codes, places, st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_always_noticed(code: str, place: int, symbol: str) -> None:
    assume(code[place] != symbol)

    with pytest.raises(BadCode):
        parse_code(code[:place] + symbol + code[place + 1 :])


@given(bodies)
def test_swapped_neighbours_are_noticed_unless_they_are_0_and_z(body: str) -> None:
    code = body + check_symbol(body)
    for place, (left, right) in enumerate(itertools.pairwise(code)):
        swapped = code[:place] + right + left + code[place + 2 :]
        passes = check_symbol(swapped[:-1]) == swapped[-1]
        assert passes == (left == right or {left, right} == {"0", "Z"})


@pytest.mark.parametrize(
    "text", ["", "0", CODE[:-1], CODE + "0", CODE.replace("A", "U"), "０" + CODE[1:], "*" * 13]
)
def test_what_is_not_a_code_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(BadCode, match="not a venue code"):
        parse_code(text)


@given(codes, st.sampled_from([PUBLIC_URL, PUBLIC_URL + "/", "https://CHOT.vn:8443"]))
def test_an_address_scans_back_to_its_code(code: str, public_url: str) -> None:
    scanned = address(public_url, code)

    assert scanned == scanned.upper()
    assert read_scan(scanned, public_url) == code
    assert read_scan(f" {scanned.lower()}\n", public_url) == code


def test_an_address_keeps_its_port_and_takes_no_path() -> None:
    assert address("https://h.vn:8443/", CODE) == f"HTTPS://H.VN:8443/V/{CODE}"
    for wrong in ("https://h.vn/chot", "https://u@h.vn", "h.vn", "https://h.vn.", "https://cần.vn"):
        with pytest.raises(ValueError, match="public URL"):
            address(wrong, CODE)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9", "NZ COVID Tracer"),
        ("UKC19TRACING:1:eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "NHS COVID-19"),
        ("https://e.coronawarn.app?v=1#CAESLAgBEhFNeSBCaXJ0", "Corona-Warn-App"),
        ("https://app.luca-app.de/webapp/512875cb-17e6#e30", "luca"),
        ("https://www.safeentry-qr.gov.sg/tenant/PROD-200604346E-1-SE", "SafeEntry"),
        ("SMSTO:1922:場所代碼:123456789012345", "Taiwan 1922"),
        ("https://qr.tokhaiyte.vn/abc", "PC-COVID"),
        ("https://qr.pccovid.gov.vn/abc", "PC-COVID"),
        ("https://example.org/menu", OTHER_WEBSITE),
        (f"https://e.coronawarn.app.{HOST}.evil.vn/V/{CODE}", OTHER_WEBSITE),
    ],
)
def test_a_code_of_another_system_is_named(text: str, system: str) -> None:
    with pytest.raises(ForeignCode, match=system) as caught:
        read_scan(text, PUBLIC_URL)

    assert caught.value.system == system


def ascii_upper(text: str) -> str:
    return "".join(c.upper() if c.isascii() else c for c in text)


HOMOGLYPHS = {
    "o": "о0ο",
    "a": "аɑ4",
    "c": "сϲ",
    "h": "һ",
    "n": "ո",
    "v": "ν",
    "t": "τ",
    ".": "。．․",
}


def look_alikes(rng: random.Random) -> list[str]:
    """Origins that a hurried reader takes for ours."""
    word = "".join(rng.choices("abcdefgh0123", k=5))
    at = rng.randrange(len(HOST))
    swapped = rng.choice(HOMOGLYPHS.get(HOST[at], "-"))
    return [
        f"https://{HOST[:at]}{swapped}{HOST[at + 1 :]}",
        f"https://{HOST[:at]}{HOST[at + 1 :]}",
        f"https://{HOST[:at]}{HOST[at]}{HOST[at:]}",
        f"https://{HOST[:at]}\u200b{HOST[at:]}",
        f"https://{word}.{HOST}",
        f"https://{HOST}.{word}.vn",
        f"https://{HOST}@{word}.vn",
        f"https://{word}@{HOST}",
        f"https://{HOST}:{rng.randrange(1, 65536)}",
        f"https://{HOST}.",
        f"https://xn--{HOST[:at]}-{word}{HOST[at:]}",
        f"https://{word}.vn/{HOST}",
        f"https://{word}.vn/?https://{HOST}",
        f"https://{HOST}\\@{word}.vn",
        f"https://{HOST}%2e{word}.vn",
        f"https:/{HOST}",
        f"https:///{HOST}",
        f"//{HOST}",
        f"http://{HOST}",
        f"httpſ://{HOST}",  # upper-cased, this is HTTPS
        f"https://{HOST.replace('.', '-')}.vn",
    ]


def test_a_thousand_look_alike_hosts_are_all_refused() -> None:
    rng = random.Random(31)
    hosts: set[str] = set()
    while len(hosts) < 1000:
        hosts.update(look_alikes(rng))
    hosts.discard(f"https://{HOST}")

    assert [h for h in sorted(hosts) if accepted(f"{h}/V/{CODE}")] == []
    assert [h for h in sorted(hosts) if accepted(ascii_upper(f"{h}/V/{CODE}"))] == []
    assert accepted(f"https://{HOST}/V/{CODE}")


@given(codes, st.sampled_from(["/", "?x=1", "#x", "/../V", "%00", "\u200b"]))
def test_our_address_with_anything_behind_it_is_refused(code: str, tail: str) -> None:
    assert not accepted(address(PUBLIC_URL, code) + tail)


@given(st.text())
def test_any_text_is_read_or_refused_by_name(text: str) -> None:
    assert not accepted(text) or len(parse_code(text)) == SYMBOLS
