"""The text of a venue's QR: made, printed, typed, scanned, and told from other systems' codes."""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import lru_cache

# Crockford's base32: no I, L, O, U, so that nothing on a poster can be misread for a digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS = 12  # 60 random bits
SYMBOLS = RANDOM_SYMBOLS + 1
STEP_SYMBOLS = 6  # behind the code where a screen shows it; venues/display.py makes and judges them

_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_MISREAD = str.maketrans("OIL", "011")
_PUBLIC_URL = re.compile(r"(https?)://([a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:[0-9]{1,5})?/?", re.I)

OTHER_WEBSITE = "another website"
_FOREIGN = (
    ("NZ COVID Tracer", re.compile(r"NZCOVIDTRACER:", re.I)),
    ("NHS COVID-19", re.compile(r"UKC19TRACING:", re.I)),
    ("Corona-Warn-App", re.compile(r"https://e\.coronawarn\.app([/?#]|$)", re.I)),
    ("luca", re.compile(r"https://app\.luca-app\.de([/?#]|$)", re.I)),
    ("SafeEntry", re.compile(r"https://www\.safeentry-qr\.gov\.sg([/?#]|$)", re.I)),
    ("Taiwan 1922", re.compile(r"SMSTO:1922:", re.I)),
    (
        "PC-COVID",
        re.compile(r"https://([a-z0-9-]+\.)*(pccovid\.gov|tokhaiyte)\.vn([/?#]|$)", re.I),
    ),
    (OTHER_WEBSITE, re.compile(r"(https?://|//|www\.)", re.I)),
)


class BadCode(ValueError):
    """This is not a venue code; compare it with the poster."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class ForeignCode(ValueError):
    """This code belongs to another system."""

    def __init__(self, system: str) -> None:
        super().__init__(f"This code belongs to {system}.")
        self.system = system


def new_code() -> str:
    """60 random bits and their check symbol: 13 symbols."""
    body = symbols(secrets.randbits(5 * RANDOM_SYMBOLS), RANDOM_SYMBOLS)
    return body + check_symbol(body)


def symbols(bits: int, count: int) -> str:
    """Five bits a symbol, the highest first."""
    return "".join(ALPHABET[bits >> 5 * place & 31] for place in reversed(range(count)))


def check_symbol(body: str) -> str:
    """Luhn mod 32: sees every wrong symbol and every swap of neighbours but 0 with Z."""
    total = 0
    for place, symbol in enumerate(reversed(body)):
        value = _VALUE[symbol]
        # The symbol next to the check symbol counts double, then every second one.
        total += value if place % 2 else 2 * value // 32 + 2 * value % 32
    return ALPHABET[-total % 32]


def parse_code(text: str) -> str:
    """The code somebody typed: any case, spaces and dashes anywhere, O for 0, I or L for 1."""
    code = parse_shown(text)
    if len(code) != SYMBOLS:
        raise BadCode
    return code


@lru_cache(maxsize=10_000)  # the few codes of a busy hour, each scanned by thousands
def parse_shown(text: str) -> str:
    """As `parse_code`, and the step of a screen may stand behind the code: then STEP_SYMBOLS more.

    Only the code itself has a check symbol; a wrong step is the code without one.
    """
    typed = "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Pd")
    shown = typed.upper().translate(_MISREAD) if typed.isascii() else ""
    if len(shown) not in (SYMBOLS, SYMBOLS + STEP_SYMBOLS) or not _VALUE.keys() >= set(shown):
        raise BadCode
    if check_symbol(shown[:RANDOM_SYMBOLS]) != shown[RANDOM_SYMBOLS]:
        raise BadCode
    return shown


def printed(code: str) -> str:
    """In the groups that people read aloud and type: XXXX-XXXX-XXXXX; a step changes too fast."""
    return f"{code[:4]}-{code[4:8]}-{code[8:SYMBOLS]}"


def address(public_url: str, code: str, page: str = "V") -> str:
    """What the QR says, in upper case: a QR then spends 5.5 bits on a character instead of 8.
    `page`: V for venues, and a letter of their own for cards, passes and gates."""
    match = _PUBLIC_URL.fullmatch(public_url)
    if match is None:
        raise ValueError(f"the public URL must be scheme://host[:port] alone, not {public_url!r}")
    return f"{public_url.rstrip('/')}/{page}/{code}".upper()


def read_scan(text: str, public_url: str) -> str:
    """The code in a scanned text, with a screen's step if it has one. The text must be our address
    to the letter, or a bare code.

    Letters are compared, nothing is parsed as a URL: what a URL parser and a browser understand
    differently (user names, dots, ports, look-alike letters) has no say here.
    """
    scanned = text.strip()
    ours = address(public_url, "")
    if scanned.isascii() and scanned.upper().startswith(ours):
        return parse_shown(scanned[len(ours) :])
    for system, pattern in _FOREIGN:
        if pattern.match(scanned):
            raise ForeignCode(system)
    return parse_shown(scanned)
