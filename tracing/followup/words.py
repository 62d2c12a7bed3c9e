"""The work on contacts in words: English here, Vietnamese in the translations."""

from __future__ import annotations

from tracing.clock import Clock, ClockState, Gap
from tracing.followup.desk import Act, Verdict
from tracing.followup.notes import NoteKind
from tracing.words import Translate, elapsed

ACTS = {
    Act.REACHED: "Reached",
    Act.NO_ANSWER: "Called, no answer",
    Act.SAMPLED: "Sampled",
    Act.POSITIVE: "Positive",
    Act.NEGATIVE: "Negative",
    Act.VACCINATED: "Vaccinated",
    Act.NOT_VACCINATED: "Not vaccinated",
}
VERDICTS = {Verdict.CONFIRMED: "Confirmed", Verdict.REJECTED: "Rejected"}
STATES = {"candidate": "Candidate", "confirmed": "Confirmed", "rejected": "Rejected"}
TESTS = {"awaiting": "Awaiting the result", "positive": "Positive", "negative": "Negative"}
COUNTERS = {
    "close": "close contacts",
    "other": "other contacts",
    "reached": "reached",
    "sampled": "sampled",
    "positive": "positive",
    "negative": "negative",
    "awaiting": "awaiting a result",
}
NOTES = {
    NoteKind.NOTE: "Note",
    NoteKind.HAND_OVER: "Handed over",
    NoteKind.CLOSING: "Closed",
    NoteKind.REOPENING: "Opened again",
}
CLOCKS = {
    ClockState.RUNNING: "{elapsed} of the 60 min to reach all F1",
    ClockState.OVERDUE: "{elapsed}, more than the 60 min: F1 left to reach",
    ClockState.DONE: "All F1 reached after {elapsed}",
    ClockState.LATE: "All F1 reached after {elapsed}, more than the 60 min",
    ClockState.PARTLY: "All F1 that were found reached after {elapsed}",
    ClockState.NOBODY: "Nobody to reach",
    ClockState.OFF: "the clock is off",
}
GAPS = {
    Gap.PERSON_UNKNOWN: "nobody is known under this phone or document",
    Gap.PERIOD_EMPTY: "isolated before it could infect others",
    Gap.DAYS_MISSING: "scans of some days are gone",
}


def clock_words(translate: Translate, clock: Clock) -> tuple[str, str]:
    """Where the clock stands, and why there may be others to reach; '' where nothing is missing."""
    stands = translate(CLOCKS[clock.state]).format(elapsed=elapsed(translate, clock.elapsed))
    missing = clock.gaps if clock.state in (ClockState.PARTLY, ClockState.NOBODY) else ()
    return stands, "; ".join(translate(GAPS[gap]) for gap in missing)
