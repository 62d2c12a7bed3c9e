"""Phone numbers as people write them → E.164, by the phonenumbers library."""

from __future__ import annotations

import phonenumbers

from checkin.model import PhoneNumberWrong


def normal_phone(text: str) -> str:
    """'0912 345 678', '84912345678', '+84 912…' → '+84912345678'."""
    digits = text.strip()
    if digits.startswith("84") and len(digits) >= 11:
        digits = "+" + digits
    try:
        number = phonenumbers.parse(digits, "VN")
    except phonenumbers.NumberParseException:
        raise PhoneNumberWrong from None
    if not phonenumbers.is_possible_number(number) or _cut_short(number):
        raise PhoneNumberWrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _cut_short(number: phonenumbers.PhoneNumber) -> bool:
    """The library also takes the shorter numbers of switchboards and hotlines, as which a digit
    forgotten on a person's number would pass; new prefixes pass here all the same."""
    return number.country_code == 84 and len(str(number.national_number)) < 9


def masked(phone: str) -> str:
    """'+84912345678' → '+84•••••678'."""
    return phone[:3] + "•" * max(0, len(phone) - 6) + phone[-3:]
