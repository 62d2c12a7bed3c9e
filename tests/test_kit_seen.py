"""Words as people see them, wherever they come in."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.fields import Reason
from kit.http import BadForm, decoded, plain, seen
from tests.conftest import Service
from tests.make_cases import CASE, make_golden_world, make_officers
from venues.intake_text import tidy


class Said(msgspec.Struct, frozen=True):
    reason: Reason


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u2060 \ufeff", "\u200d", "\u3164", "\u2800"])
def test_what_nobody_can_see_is_nothing(text: str) -> None:
    assert seen(text) == ""
    with pytest.raises(msgspec.ValidationError):
        decoded(msgspec.json.Decoder(Said), msgspec.json.encode({"reason": text}))


@pytest.mark.parametrize("text", ["Nguyễn Thị Hoà", "می‌خواهم", "👩‍⚕️", "Lô «B» – tầng 2…", "ﷺ"])
def test_words_of_every_script_stay_as_they_are(text: str) -> None:
    assert seen(text) == text


def test_letters_that_turn_others_round_are_gone() -> None:
    assert seen("Hoa\u202egnp.exe\u202c") == "Hoagnp.exe"
    assert tidy("\u2067Hoa\u2069 \u200bLê") == "Hoa Lê"


@given(st.text())
def test_however_json_writes_a_text_it_is_read_the_same(text: str) -> None:
    forms = [msgspec.json.encode([text])] if text.isprintable() else []
    try:
        wanted = plain([text])
    except BadForm:
        return
    for body in [*forms, msgspec.json.encode(["\u2028", text])]:
        read: list[str] = decoded(msgspec.json.Decoder(list[str]), body)
        assert [seen(one) for one in read[-1:]] == wanted


async def test_a_case_is_neither_opened_nor_decided_with_words_nobody_can_see(
    service: Service,
) -> None:
    await make_golden_world(service)
    officers = await make_officers(service)
    unseen = "\u200b\u2060"

    nothing = await officers.opener.post("/v1/cases", json=CASE | {"lab_reference": unseen})
    opened = await officers.opener.post("/v1/cases", json=CASE)
    twice = await officers.opener.post(
        "/v1/cases", json=CASE | {"lab_reference": CASE["lab_reference"] + unseen}
    )
    path = f"{opened.json()['id']}/approval"
    decided = await officers.approver.post(
        f"/v1/cases/{path}", json={"approved": True, "reason": unseen}
    )
    page = await officers.approver.post(
        f"/desk/cases/{path}", data={"approved": "1", "reason": unseen}
    )

    assert nothing.json()["fields"][0]["field"] == "lab_reference"
    assert twice.json()["type"] == "/problems/case-open-already"
    assert (decided.status_code, page.status_code) == (422, 422)
    assert decided.json()["fields"][0]["field"] == "reason"
