"""Lists of venues from elsewhere: each row becomes a venue or is reported with its reason."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from typing import ParamSpec, TypeVar

from venues.intake_columns import (
    TITLE_ROWS,
    Column,
    IgnoredColumn,
    Layout,
    column_of,
    columns_missing,
    layout,
)
from venues.intake_kinds import kind_of
from venues.intake_row import (
    BadRow,
    Defaults,
    Doubt,
    Duplicate,
    Note,
    Reason,
    RowRefused,
    VenueRow,
)
from venues.intake_text import compared, is_unprintable, shown, tidy
from venues.intake_values import (
    capacity,
    coordinates,
    full_address,
    is_on_the_move,
    opening,
    phone,
    refuse_shortened,
    unit_of,
    without_visit_day,
)
from venues.model import VenueKind

TEXT_LIMIT = 200
ADDRESS_LIMIT = 400
CELL_LINES = 4  # an address typed on several lines; more is a quote that swallowed rows
COMPARED = (Column.KIND, Column.OPENING, Column.PHONE, Column.CAPACITY)
SAME_PLACE = 0.001  # degrees, about 100 m: two readings of one door
Given = ParamSpec("Given")
Judged = TypeVar("Judged")


def venue_key(organisation: str, name: str, address: str) -> tuple[str, str, str]:
    """Equal for one venue however it is typed; what makes a second import change nothing."""
    return compared(organisation), compared(name), compared(address)


def read_venues(
    rows: Iterable[tuple[int, list[str]]],
    *,
    find_ward: Callable[[str], str | None],
    defaults: Defaults,
) -> Iterator[IgnoredColumn | VenueRow | BadRow | Duplicate]:
    """What each row is, in order, after the columns that are not read.

    Raises ColumnsMissing, and what reading the rows raises, which may come after many venues:
    store them in one transaction.
    """
    rows = iter(rows)
    columns = _find_layout(rows)
    yield from columns.ignored
    seen: dict[tuple[str, str, str], VenueRow] = {}
    for line, cells in rows:
        faults: list[RowRefused] = []
        known = _known_cells(cells, columns, faults)
        venue = None if known is None else _venue(line, known, find_ward, defaults, faults)
        if venue is None:
            for fault in faults:
                value = shown(fault.value)
                yield BadRow(line=line, column=fault.column, reason=fault.reason, value=value)
            continue
        first = seen.setdefault(venue_key(venue.organisation, venue.name, venue.address), venue)
        if first is venue:
            yield venue
        else:
            yield Duplicate(line=line, first_line=first.line, differs=_differences(first, venue))


def _find_layout(rows: Iterator[tuple[int, list[str]]]) -> Layout:
    looked_at = []
    for line, cells in rows:
        found = layout(line, cells)
        if found.is_enough:
            return found
        looked_at.append(cells)
        if len(looked_at) == TITLE_ROWS:
            break
    raise columns_missing(looked_at)


def _known_cells(
    cells: list[str], columns: Layout, faults: list[RowRefused]
) -> dict[Column, str] | None:
    """The cells with text by column, cleaned. Cells no column claims may hold anything. None where
    it is not known which is which."""
    beyond = [cell for cell in cells[columns.width :] if cell.strip()]
    if beyond:
        faults.append(RowRefused(Reason.TOO_MANY_CELLS, None, beyond[0]))
        return None
    known = {}
    for column, place in columns.places.items():
        raw = cells[place] if place < len(cells) else ""
        text = tidy(raw)
        reason = _unreadable(column, raw, text)
        if reason is not None:
            faults.append(RowRefused(reason, column, raw))
        elif text:
            known[column] = text
    return known


def _unreadable(column: Column, raw: str, text: str) -> Reason | None:
    if is_unprintable(text):
        return Reason.UNPRINTABLE
    if raw.strip().count("\n") >= CELL_LINES:
        return Reason.QUOTE_LEFT_OPEN
    if len(text) > (ADDRESS_LIMIT if column is Column.ADDRESS else TEXT_LIMIT):
        return Reason.TOO_LONG
    return None


def _venue(
    line: int,
    cells: dict[Column, str],
    find_ward: Callable[[str], str | None],
    defaults: Defaults,
    faults: list[RowRefused],
) -> VenueRow | None:
    """None with `faults`, all there are."""
    unread = {fault.column for fault in faults}
    name, street = _name_and_street(cells)
    faults += _named_wrong(name, street, cells, unread)
    unit = unit_of(cells)
    address = full_address(street, unit)
    latitude, longitude = cells.get(Column.LATITUDE, ""), cells.get(Column.LONGITUDE, "")
    position = None
    if not unread & {Column.LATITUDE, Column.LONGITUDE}:
        position = _tried(faults, coordinates, latitude, longitude)
    _tried(faults, refuse_shortened, Column.PHONE, cells.get(Column.PHONE, ""))
    people = _tried(faults, capacity, cells.get(Column.CAPACITY, ""))
    organisation = cells.get(Column.ORGANISATION, defaults.organisation)
    if not organisation and Column.ORGANISATION not in unread:
        faults.append(RowRefused(Reason.ORGANISATION_MISSING, Column.ORGANISATION, ""))
    if faults:
        return None
    kind = kind_of(cells[Column.KIND]) if Column.KIND in cells else defaults.kind
    venue = VenueRow(
        line=line,
        organisation=organisation,
        name=name,
        kind=kind or VenueKind.OTHER,
        address=address,
        area=find_ward(", ".join(unit) or address),
        latitude=position[0] if position else None,
        longitude=position[1] if position else None,
        opening=opening(_hours(cells)),
        phone=phone(cells[Column.PHONE]) if Column.PHONE in cells else None,
        capacity=people,
        notes=(),
    )
    return replace(venue, notes=tuple(_notes(venue, cells, kind)))


def _tried(
    faults: list[RowRefused], judge: Callable[Given, Judged], *given: Given.args, **by: Given.kwargs
) -> Judged | None:
    """None with a fault."""
    try:
        return judge(*given, **by)
    except RowRefused as refused:
        faults.append(refused)
        return None


def _name_and_street(cells: dict[Column, str]) -> tuple[str, str]:
    event = cells.get(Column.EVENT, "")
    return cells.get(Column.NAME) or tidy(without_visit_day(event)), cells.get(Column.ADDRESS, "")


def _named_wrong(
    name: str, street: str, cells: dict[Column, str], unread: Container[Column | None]
) -> Iterator[RowRefused]:
    """Where a ward is given the street may be empty, as it often is out of town."""
    if column_of(street) is Column.ADDRESS and column_of(name) in (Column.NAME, Column.EVENT):
        yield RowRefused(Reason.HEADER_AGAIN, Column.NAME, name)
        return
    if not name and Column.NAME not in unread and Column.EVENT not in unread:
        value = street or cells.get(Column.EVENT, "")
        yield RowRefused(Reason.NAME_MISSING, Column.NAME, value)
    if name and is_on_the_move(name, street):
        yield RowRefused(Reason.ON_THE_MOVE, Column.NAME, name)
    elif not street and Column.WARD not in cells and Column.ADDRESS not in unread:
        yield RowRefused(Reason.ADDRESS_MISSING, Column.ADDRESS, name)


def _hours(cells: dict[Column, str]) -> str:
    ends = [cells[column] for column in (Column.OPENING, Column.CLOSING) if column in cells]
    return " - ".join(ends)


def _notes(venue: VenueRow, cells: dict[Column, str], kind: VenueKind | None) -> Iterator[Note]:
    units, hours = ", ".join(unit_of(cells)), _hours(cells)
    phone_text, latitude = cells.get(Column.PHONE, ""), cells.get(Column.LATITUDE, "")
    doubts = (
        (kind is None, Column.KIND, Doubt.KIND_UNKNOWN, cells.get(Column.KIND, "")),
        (venue.area is None, Column.WARD, Doubt.WARD_UNKNOWN, units or venue.address),
        (hours and not venue.opening, Column.OPENING, Doubt.OPENING_UNREADABLE, hours),
        (phone_text and not venue.phone, Column.PHONE, Doubt.PHONE_UNREADABLE, phone_text),
        (
            latitude and venue.latitude is None,
            Column.LATITUDE,
            Doubt.COORDINATES_ZERO,
            latitude,
        ),
        ("�" in venue.name, Column.NAME, Doubt.LETTERS_LOST, venue.name),
        ("�" in venue.address, Column.ADDRESS, Doubt.LETTERS_LOST, venue.address),
    )
    for is_so, column, doubt, value in doubts:
        if is_so:
            yield Note(column=column, doubt=doubt, value=shown(value))


def _differences(first: VenueRow, later: VenueRow) -> tuple[Column, ...]:
    """What the later row says else or more; what it leaves out is no difference."""
    differs = [
        column
        for column in COMPARED
        if getattr(later, column) not in (None, getattr(first, column))
    ]
    if _is_elsewhere(first, later):
        differs.append(Column.LATITUDE)
    return tuple(differs)


def _is_elsewhere(first: VenueRow, later: VenueRow) -> bool:
    if later.latitude is None or later.longitude is None:
        return False
    if first.latitude is None or first.longitude is None:
        return True
    return (
        abs(first.latitude - later.latitude) > SAME_PLACE
        or abs(first.longitude - later.longitude) > SAME_PLACE
    )
