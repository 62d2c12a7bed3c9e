"""People, scans and standing as the other packages see them, and what can be wrong with them."""

from __future__ import annotations

from enum import IntEnum


class Way(IntEnum):
    """Which way a scan goes; a refusal is a scan that turned someone away at a door."""

    IN = 1
    OUT = 2
    REFUSED = 3


class Source(IntEnum):
    """Who or what said so; the tracing side judges the end of a stay by it."""

    POSTER = 1  # the citizen's phone at a poster
    GATE = 2  # a guard or a gate device at the time
    STAFF = 3  # entered by hand by venue staff
    UPLOAD = 4  # the citizen's phone, sent late
    IMPORT = 5  # taken over from another system
    BUTTON = 6  # the citizen pressed «check out»
    CLOSING = 7  # «check out everyone» of a venue
    TIMER = 8  # an end no human saw
    EXIT = 9  # the citizen's phone at an exit's poster
