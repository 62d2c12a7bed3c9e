"""A card desk that tries somebody's number under another name learns nothing and locks nothing."""

from __future__ import annotations

import pytest

from checkin import typed
from checkin.model import Colour
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, show
from tests.make_people import audit_acts, make_person, stand
from tests.stored import rows
from tests.test_checkin_cards import CCCD, ME, desk, holder, print_one, slug

VICTIM = {"full_name": "Nguyễn Thị Bí Mật", "phone": "0987 601 234", "cccd": CCCD}
FORGED = ME | {"cccd": CCCD}
TOO_MANY = "too many documents under another name at a desk"


async def test_a_card_under_an_invented_name_is_somebody_new_and_locks_nobodys(
    service: Service,
) -> None:
    gate, _ = await a_gate(service)
    client = await desk(service)
    victim = await make_person(service, VICTIM["full_name"], cccd=CCCD)
    await stand(service, victim, Colour.RED, hold=True)
    own, forged, lost = [await print_one(service, client) for _ in range(3)]
    await client.post("/v1/cards/bindings", json=VICTIM | {"code": own})

    bound = await client.post("/v1/cards/bindings", json=FORGED | {"code": forged})
    locked = await client.post("/v1/cards/bindings", json=FORGED | {"code": lost, "lost": True})
    scanned = await show(gate, forged, NOW)

    assert (bound.status_code, bound.content) == (locked.status_code, locked.content) == (204, b"")
    assert (scanned.json()["colour"], scanned.json()["name"]) == ("green", "T. T. C. H. Yến")
    assert await holder(service, own) == victim
    assert victim not in (await holder(service, forged), await holder(service, lost))
    seen = [row["person_id"] for row in await rows(service, "identifier") if row["verified"]]
    assert seen == [victim]


@pytest.mark.parametrize("name", ["NGUYEN THI BI MAT", "nguyễn thị bí mật", "Nguy?n Th? B? M?t"])
async def test_a_name_is_compared_as_at_a_gate(service: Service, name: str) -> None:
    client = await desk(service)
    known = await make_person(service, VICTIM["full_name"], cccd=CCCD)
    code = await print_one(service, client)

    await client.post("/v1/cards/bindings", json=VICTIM | {"code": code, "full_name": name})

    assert await holder(service, code) == known


async def test_documents_under_another_name_end_for_the_day(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 2)
    client = await desk(service)
    await make_person(service, VICTIM["full_name"], cccd=CCCD)
    codes = [await print_one(service, client) for _ in range(8)]

    async def bind(form: dict[str, str]) -> str:
        answer = await client.post("/v1/cards/bindings", json=form | {"code": codes.pop()})
        return "" if answer.status_code == 204 else slug(answer)

    before = [await bind(form) for form in (FORGED, VICTIM, FORGED)]
    after = [await bind(form) for form in (FORGED, VICTIM, FORGED)]
    page = await client.post("/cards/bindings", data=VICTIM | {"code": codes[0]})
    without = await bind(ME)
    service.clock.tick(hours=24)
    client = await desk(service)
    tomorrow = await client.post("/v1/cards/bindings", json=VICTIM | {"code": codes.pop()})

    assert before == [""] * 3
    assert after == ["documents-too-many"] * 3  # of the right name, too: no answer tells it apart
    assert page.status_code == 429
    assert "quá nhiều giấy tờ" in page.text
    assert without == ""
    assert tomorrow.status_code == 204
    assert [act for act, _ in await audit_acts(service)].count(TOO_MANY) == 1


async def test_another_desk_is_not_stopped_with_the_first(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typed, "A_DAY", 0)
    first, other = await desk(service), await desk(service)
    await make_person(service, VICTIM["full_name"], cccd=CCCD)
    one, two = await print_one(service, first), await print_one(service, first)

    stopped = await first.post("/v1/cards/bindings", json=FORGED | {"code": one})
    bound = await other.post("/v1/cards/bindings", json=VICTIM | {"code": two})

    assert (stopped.status_code, bound.status_code) == (429, 204)
    assert await holder(service, one) is None
