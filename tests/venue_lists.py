"""Lists of venues made for a test, and what reading them gives."""

from __future__ import annotations

from collections.abc import Iterable

from venues.intake import read_venues
from venues.intake_columns import Column, IgnoredColumn
from venues.intake_row import BadRow, Defaults, Duplicate, Reason, VenueRow

DEFAULTS = Defaults(organisation="Sở Y tế")

Read = list[IgnoredColumn | VenueRow | BadRow | Duplicate]


def ward_by_name(text: str) -> str | None:
    return "26740" if "Bến Nghé" in text else None


def read(table: Iterable[list[str]], *, defaults: Defaults = DEFAULTS) -> Read:
    return list(read_venues(enumerate(table, start=1), find_ward=ward_by_name, defaults=defaults))


def one(**cells: str) -> VenueRow | BadRow:
    """What becomes of one row with these cells; name and address are given unless they are set."""
    cells = {"name": "Quán Ngon", "address": "12 Lê Lợi, Bến Nghé"} | cells
    [row] = read([list(cells), list(cells.values())])
    assert isinstance(row, VenueRow | BadRow)
    return row


def venue(**cells: str) -> VenueRow:
    row = one(**cells)
    assert isinstance(row, VenueRow), row
    return row


def reason(**cells: str) -> tuple[Reason, Column | None]:
    row = one(**cells)
    assert isinstance(row, BadRow), row
    return row.reason, row.column
