"""What a declaration is judged by: the policy of the day and the days since an epidemic area."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.model import Role
from checkin.declaration import POLICY, Answers, ListedArea, Symptom, verdict
from checkin.model import Colour
from tests.conftest import NOW, Service
from tests.make_phones import NOTHING, signed_up
from tests.make_venues import CAI_KHE, staff_client

CAN_THO = "2025/92/"
TODAY = date(2021, 7, 20)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def been(
    left_on: date | None = None, until: date | None = None, colour: Colour = Colour.RED
) -> Answers:
    area = ListedArea(
        edition=1,
        area=CAI_KHE,
        since=date(2021, 7, 10),
        until=until,
        verdict=colour,
        source="QĐ 1",
    )
    return Answers(
        symptoms=frozenset(),
        met_case=False,
        from_epidemic_area=True,
        met_sick=False,
        listed=area,
        left_on=left_on,
    )


@pytest.mark.parametrize(
    ("answers", "colour", "lasts"),
    [
        (been(), Colour.RED, days(14)),
        (been(left_on=date(2021, 7, 16)), Colour.RED, days(10)),
        (been(left_on=date(2021, 7, 9)), Colour.GREEN, days(1)),  # before the outbreak
        (been(left_on=date(2021, 7, 10)), Colour.RED, days(4)),
        (been(until=date(2021, 7, 14)), Colour.RED, days(8)),  # over, though they stayed
        (been(left_on=date(2021, 7, 18), until=date(2021, 7, 14)), Colour.RED, days(8)),
        (been(colour=Colour.AMBER), Colour.AMBER, days(14)),
    ],
)
def test_an_epidemic_area_counts_from_the_last_day_in_it_while_it_was_one(
    answers: Answers, colour: Colour, lasts: timedelta
) -> None:
    assert verdict(answers, NOW, TODAY) == (colour, NOW + lasts)


def test_the_days_of_an_area_run_out() -> None:
    late = TODAY + days(9)

    gone = verdict(been(left_on=date(2021, 7, 15)), NOW + days(9), late)

    assert gone == (Colour.GREEN, NOW + days(10))


def test_the_worst_answer_counts_and_of_two_alike_the_longer() -> None:
    unwell = Answers(
        symptoms=frozenset({Symptom.FEVER}),
        met_case=False,
        from_epidemic_area=True,
        met_sick=False,
        listed=been(colour=Colour.AMBER).listed,
    )

    assert verdict(unwell, NOW, TODAY) == (Colour.AMBER, NOW + days(14))


def test_until_is_rounded_up_to_the_hour() -> None:
    at = datetime(2021, 7, 20, 5, 30, tzinfo=UTC)

    assert verdict(been(), at, TODAY)[1] == datetime(2021, 8, 3, 6, 0, tzinfo=UTC)


async def test_a_new_policy_holds_from_its_day_and_changes_nothing_before(
    service: Service,
) -> None:
    admin = await staff_client(service, Role.ADMIN, area="")
    phone = await signed_up(service)
    known = (await phone.get("/v1/declaration-policies")).json()
    stricter = known["policies"][0] | {
        "version": 2,
        "in_force_from": "2021-07-21",
        "symptoms": "red",
        "green_hours": 12,
    }
    unwell = NOTHING | {"symptoms": ["fever"]}

    past = await admin.post(
        "/v1/declaration-policies", json=stricter | {"in_force_from": "2021-07-19"}
    )
    far = await admin.post(
        "/v1/declaration-policies", json=stricter | {"in_force_from": "9999-12-31"}
    )
    made = await admin.post("/v1/declaration-policies", json=stricter)
    twice = await admin.post("/v1/declaration-policies", json=stricter)
    before = (await phone.post("/v1/declarations", json=unwell)).json()
    kept = (await phone.get("/v1/me/standing")).json()["own"]
    service.clock.tick(days=1)
    after = (await phone.post("/v1/declarations", json=unwell)).json()

    assert known["today"] == POLICY.edition
    assert [a.status_code for a in (past, far, made, twice)] == [422, 422, 201, 409]
    assert (before["verdict"], before["policy"], kept) == ("amber", "vn-2021/1", "amber")
    assert (after["verdict"], after["policy"]) == ("red", "vn-2021/2")


async def test_only_an_admin_of_everything_makes_a_policy(service: Service) -> None:
    form = (await (await service.client()).get("/v1/declaration-policies")).json()["policies"][0]
    new = form | {"version": 2, "in_force_from": "2021-07-21"}

    for role in Role:
        client = await staff_client(service, role, area=CAN_THO)
        answer = await client.post("/v1/declaration-policies", json=new)
        assert answer.status_code == (404 if role is Role.ADMIN else 403)
