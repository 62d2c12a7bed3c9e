"""What people type into the form of a venue."""

from __future__ import annotations

import pytest

from venues.model import Mistake
from venues.typed import TypedVenue, understand


def test_a_form_with_nothing_typed_names_what_is_needed() -> None:
    read = understand(TypedVenue())

    assert read.mistakes == {
        "name": Mistake.MISSING,
        "address": Mistake.MISSING,
        "kind": Mistake.MISSING,
    }


@pytest.mark.parametrize("typed", ["10.0361, 105.78", "10,0361 105,78", "10.0361;105.78"])
def test_coordinates_are_read_as_maps_and_people_write_them(typed: str) -> None:
    read = understand(TypedVenue(position=typed))

    assert (read.facts.latitude, read.facts.longitude) == (10.0361, 105.78)
