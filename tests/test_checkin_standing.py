"""What a person who is held is told, may correct and may object to."""

from __future__ import annotations

from accounts.model import Role
from tests.conftest import Service
from tests.make_cases import CAN_THO
from tests.make_holds import NOTE, Held, device, held, slug
from tests.make_people import make_person
from tests.make_venues import staff_client

__all__ = ["held"]  # the fixture

CALM = {"met_case": False, "from_epidemic_area": False, "met_sick": False}


async def test_a_correction_ends_the_own_red_and_never_touches_the_hold(held: Held) -> None:
    await held.citizen.post("/v1/declarations", json=CALM | {"met_case": True})
    await held.stand()

    await held.citizen.post("/v1/declarations", json=CALM)
    own = await held.own()

    assert (own["own"], own["colour"], own["hold"]["colour"]) == ("green", "red", "red")
    assert {one["verdict"] for one in own["declarations"]} == {"green", "red"}


async def test_lifting_a_hold_leaves_the_own_red(held: Held) -> None:
    await held.citizen.post("/v1/declarations", json=CALM | {"met_case": True})
    hold_id = await held.stand()

    lifted = await held.officers.opener.post(
        f"{held.path}/{hold_id}/end", json={"reason": "âm tính"}
    )
    own = await held.own()

    assert lifted.json()["status"] == "lifted"
    assert (own["own"], own["hold"], own["colour"]) == ("red", None, "red")


async def test_an_own_red_ends_with_its_validity(held: Held) -> None:
    await held.citizen.post("/v1/declarations", json=CALM | {"met_case": True})
    held.service.clock.tick(days=14, hours=1)

    own = await held.own()

    assert (own["colour"], own["own"]) == ("green", None)


async def test_a_person_objects_and_a_third_account_answers(held: Held) -> None:
    hold_id = await held.stand()
    objected = await held.citizen.post("/v1/me/objections", json={"words": "Tôi ở Hà Nội hôm đó"})
    twice = await held.citizen.post("/v1/me/objections", json={"words": "nữa"})
    path, no = f"{held.path}/{hold_id}/objection", {"upheld": False, "answer": "đã đối chiếu"}

    own_word = [
        slug(await client.post(path, json=no))
        for client in (held.officers.opener, held.officers.approver)
    ]
    third = await staff_client(held.service, Role.COORDINATOR, area=CAN_THO)
    seen = (await third.get(held.path)).json()["holds"][0]["objections"]
    answered = await third.post(path, json=no)
    told = (await held.own())["hold"]["objections"]

    assert (objected.status_code, slug(twice)) == (201, "already-objected")
    assert own_word == ["objection-third-person"] * 2
    assert seen[0]["words"] == "Tôi ở Hà Nội hôm đó"
    assert answered.status_code == 200
    assert (told[0]["upheld"], told[0]["answer"]) == (False, "đã đối chiếu")


async def test_an_objection_upheld_lifts_the_hold(held: Held) -> None:
    hold_id = await held.stand()
    await held.citizen.post("/v1/me/objections", json={"words": "nhầm người"})

    answer = await held.officers.approver.post(
        f"{held.path}/{hold_id}/objection", json={"upheld": True, "answer": "đúng là nhầm"}
    )

    assert answer.json()["status"] == "lifted"
    assert (await held.own())["colour"] == "green"


async def test_nobody_objects_to_a_hold_that_is_not_theirs(held: Held) -> None:
    await held.stand()
    other = await device(held.service, await make_person(held.service))

    answer = await other.post("/v1/me/objections", json={"words": "gì vậy"})

    assert (answer.status_code, slug(answer)) == (404, "not-held")


async def test_the_page_tells_the_reason_and_takes_the_objection(held: Held) -> None:
    await held.stand()
    held.citizen.headers["accept-language"] = "en"

    before = await held.citizen.get("/standing")
    empty = await held.citizen.post("/standing/objection", data={"words": " "})
    sent = await held.citizen.post("/standing/objection", data={"words": "nhầm người"})
    after = await held.citizen.get("/standing")

    assert NOTE in before.text
    assert "You were together with a confirmed case." in before.text
    assert empty.status_code == 422
    assert "Write why you object." in empty.text
    assert (sent.status_code, sent.headers["location"]) == (303, "/standing")
    assert "nhầm người" in after.text
    assert "Not answered yet." in after.text


async def test_the_page_takes_a_correction_and_keeps_the_hold(held: Held) -> None:
    no = {"met_case": "0", "from_epidemic_area": "0", "met_sick": "0", "true_and_complete": "1"}
    held.citizen.headers["accept-language"] = "en"
    await held.stand()

    form = await held.citizen.get("/standing/declare")
    red = await held.citizen.post("/standing/declare", data=no | {"met_case": "1"})
    green = await held.citizen.post("/standing/declare", data=no)
    own = await held.own()

    assert 'action="/standing/declare"' in form.text
    assert {red.headers["location"], green.headers["location"]} == {"/standing"}
    assert (own["own"], own["colour"]) == ("green", "red")


async def test_an_unknown_phone_is_told_how_to_begin(service: Service) -> None:
    stranger = await service.client(**{"accept-language": "en"})

    page = await stranger.get("/standing")
    acts = [
        await stranger.post("/standing/objection", data={"words": "gì"}),
        await stranger.get("/standing/declare"),
    ]

    assert "nobody's yet" in page.text.replace("&#39;", "'")
    assert {answer.headers["location"] for answer in acts} == {"/standing"}


async def test_a_red_page_tells_the_own_answers_and_what_to_do(held: Held) -> None:
    held.citizen.headers["accept-language"] = "en"
    none = await held.citizen.get("/standing")
    blank = await held.citizen.get("/standing/declare")

    await held.citizen.post("/v1/declarations", json=CALM | {"met_case": True})
    first = await held.citizen.get("/standing")
    answers = CALM | {"met_case": True, "symptoms": ["fever"]}
    await held.citizen.post("/v1/declarations", json=answers)
    second = await held.citizen.get("/standing")

    assert "Declare again" not in none.text
    assert " checked" not in blank.text
    assert "Earlier declarations" not in first.text
    assert "<li>close to somebody confirmed or suspected" in first.text
    assert "<li>Fever" not in first.text
    assert "call the health station of your ward" in first.text
    assert "Earlier declarations (1)" in second.text
    assert "<li>Fever" in second.text  # of two in one hour, the later one


async def test_a_correction_begins_with_what_was_declared(held: Held) -> None:
    told = {"symptoms": ["fever"], "met_case": True, "note": "sốt từ tối qua"}
    await held.citizen.post("/v1/declarations", json=CALM | told)

    form = (await held.citizen.get("/standing/declare")).text

    assert 'name="fever" value="1" checked' in form
    assert 'name="cough" value="1">' in form
    assert 'name="met_case" value="1" checked' in form
    assert 'name="met_sick" value="0" required checked' in form
    assert "sốt từ tối qua" in form
    assert 'name="true_and_complete" value="1" required>' in form  # to be said each time


async def test_an_incomplete_declaration_is_told_beside_the_question(held: Held) -> None:
    held.citizen.headers["accept-language"] = "en"

    page = await held.citizen.post("/standing/declare", data={"fever": "1", "met_sick": "0"})

    assert page.status_code == 422
    assert page.text.count("Answer this question.") == 2
    assert 'id="met_case-wrong"' in page.text
    assert 'name="fever" value="1" checked' in page.text
    assert "Confirm that what you declare is true" in page.text
    assert (await held.own())["declarations"] == []
