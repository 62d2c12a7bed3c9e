"""The keys a gate seals under: followed by others, kept while needed, told from foreign ones."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from checkin.seal import (
    KEPT,
    RENEWED,
    SealBroken,
    SealForeign,
    keep_keys,
    newest_key,
    sealed,
    unsealed,
)
from kit.keys import KeyShelf
from tests.conftest import Service
from tests.make_gates import gate_client
from tests.make_venues import make_venue

TODAY = date(2021, 7, 20)


def test_a_key_is_followed_by_another_and_kept_until_nothing_can_come_under_it(
    tmp_path: Path,
) -> None:
    shelf = KeyShelf(tmp_path / "gates", 32)
    keep_keys(shelf, TODAY)
    first = newest_key(shelf)
    waiting = sealed(first, b"{}")

    keep_keys(shelf, TODAY + RENEWED - timedelta(days=1))
    assert newest_key(shelf) == first
    keep_keys(shelf, TODAY + RENEWED)
    assert newest_key(shelf) != first

    keep_keys(shelf, TODAY + RENEWED + KEPT)
    assert unsealed(shelf, first.id, waiting) == b"{}"
    keep_keys(shelf, TODAY + RENEWED + KEPT + timedelta(days=1))
    with pytest.raises(SealForeign):
        unsealed(shelf, first.id, waiting)


def test_what_was_sealed_for_another_service_is_told_from_what_was_damaged(tmp_path: Path) -> None:
    ours, theirs = KeyShelf(tmp_path / "ours", 32), KeyShelf(tmp_path / "theirs", 32)
    keep_keys(ours, TODAY)
    keep_keys(theirs, TODAY)
    foreign = newest_key(theirs)
    text = sealed(foreign, b"{}")

    with pytest.raises(SealForeign):
        unsealed(ours, foreign.id, text)
    with pytest.raises(SealBroken):
        unsealed(ours, newest_key(ours).id, text)


async def test_the_public_key_of_the_page_is_the_services(service: Service) -> None:
    venue = await make_venue(service)
    http = await gate_client(service, venue.checkpoint_id)
    lane = (await http.get("/v1/gate")).json()

    http.cookies.set("chot_gate", http.headers["Authorization"].removeprefix("Bearer "))
    page = await http.get("/gate")

    assert lane["seal"]["id"] in page.text
    assert lane["seal"]["public"] in page.text
