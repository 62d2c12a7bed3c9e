"""What an import answers, in words; the pages translate them."""

from __future__ import annotations

from collections.abc import Iterator

from venues.intake_row import Doubt, Reason
from venues.load import Report

REASONS = {
    Reason.NAME_MISSING: "The name is missing.",
    Reason.ADDRESS_MISSING: "The address is missing.",
    Reason.ON_THE_MOVE: "A bus, train or flight has no door to hang a code on.",
    Reason.HEADER_AGAIN: "The headers stand here a second time.",
    Reason.UNPRINTABLE: "A cell holds characters that cannot be printed.",
    Reason.TOO_LONG: "This text is too long.",
    Reason.TOO_MANY_CELLS: "The row has more cells than the headers.",
    Reason.QUOTE_LEFT_OPEN: "A quotation mark was left open, so that rows run together.",
    Reason.NUMBER_SHORTENED: "The spreadsheet shortened this number and lost its digits.",
    Reason.COORDINATE_UNREADABLE: "This is not a coordinate in degrees.",
    Reason.COORDINATE_MISSING: "One of the two coordinates is missing.",
    Reason.COORDINATES_SWAPPED: "Latitude and longitude are swapped.",
    Reason.COORDINATES_OUT_OF_RANGE: "There is no such place on Earth.",
    Reason.CAPACITY_UNREADABLE: "This is not a number of people.",
    Reason.ORGANISATION_MISSING: "No organisation is named, in the row or for the whole list.",
    Reason.NOT_YOURS: "Your account may not register venues for this organisation or ward.",
}
DOUBTS = {
    Doubt.KIND_UNKNOWN: "The kind was not understood; taken as «other».",
    Doubt.WARD_UNKNOWN: "No ward of Vietnam was recognised; the address is kept as text.",
    Doubt.OPENING_UNREADABLE: "The opening hours were not understood and left empty.",
    Doubt.PHONE_UNREADABLE: "The phone number was not understood and left empty.",
    Doubt.COORDINATES_ZERO: "Coordinates of zero were taken as missing.",
    Doubt.LETTERS_LOST: "Letters were lost before the list came here (�).",
}


def lines(report: Report) -> Iterator[str]:
    """For the command line."""
    yield f"{report.created} new, {report.known} known, {len(report.repeated)} repeated rows"
    for ignored in report.ignored:
        yield f"column {ignored.number} «{ignored.header}» was not read"
    for doubt in report.doubts:
        yield f"{doubt.count} rows: {DOUBTS[doubt.doubt]}"
    yield f"{report.refused} rows refused"
    for row in report.bad:
        column = f", {row.column}" if row.column else ""
        yield f"line {row.line}{column}: {REASONS[row.reason]} «{row.value}»"
