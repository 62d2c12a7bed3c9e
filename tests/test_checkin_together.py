"""What many ask at once is looked up by one statement."""

from __future__ import annotations

import asyncio

import pytest

from checkin import together
from checkin.looks import Looks
from checkin.vault import IdentifierKind
from kit.db import connection
from tests.conftest import Service
from tests.make_people import make_person


async def test_who_asks_meanwhile_shares_a_statement_and_one_failure_ends_none_after_it() -> None:
    asked: list[list[int]] = []

    async def doubled(questions: list[int]) -> list[int]:
        asked.append(questions)
        if 13 in questions:
            raise ValueError("13")
        return [2 * question for question in questions]

    ask = together.Together(doubled)

    assert await asyncio.gather(*map(ask, range(5))) == [0, 2, 4, 6, 8]
    with pytest.raises(ValueError, match="13"):
        await ask(13)
    gone = asyncio.create_task(ask(6))
    await asyncio.sleep(0)
    gone.cancel()

    assert await ask(7) == 14
    assert len(asked[0]) == 5


async def test_many_documents_are_found_by_one_statement_each_by_its_own_strongest_number(
    service: Service,
) -> None:
    looks: Looks = service.state["looks"]
    people = [
        await make_person(service, f"Người {n}", f"+8491234567{n}", cccd=cccd)
        for n, cccd in enumerate(("", "092190000001", "092190000002"))
    ]
    find = service.state["vault"].find
    async with connection(service.state["db"]) as db:
        await db.executemany(
            "INSERT INTO identifier (kind, hmac, person_id, verified) VALUES (3, $1, $2, true)",
            [
                (find(IdentifierKind.CMND, f"36000000{n}"), person)
                for n, person in enumerate(people)
            ],
        )
    cccd, cmnd = IdentifierKind.CCCD, IdentifierKind.CMND
    numbers = [
        ((cccd, find(cccd, "092190000001")), (cmnd, find(cmnd, "360000002"))),
        ((cccd, find(cccd, "092190000009")), (cmnd, find(cmnd, "360000000"))),
        ((cccd, find(cccd, "092190000009")),),
        ((cccd, find(cccd, "092190000009")), (cmnd, find(cmnd, "360000001"))),  # another CCCD
    ]

    found = await looks._people(list(numbers))

    assert [meant for meant, _ in found] == [people[1], people[0], None, None]
    assert [list(rows) for _, rows in found] == [[people[1]], [people[0]], [], []]
