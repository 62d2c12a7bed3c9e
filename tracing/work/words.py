"""The work on contacts in words: English here, Vietnamese in the translations."""

from __future__ import annotations

from tracing.clock import ClockState
from tracing.work.desk import Act, Verdict
from tracing.work.notes import NoteKind

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
    ClockState.RUNNING: "of the hour to reach all F1",
    ClockState.OVERDUE: "overdue: F1 left to reach",
    ClockState.DONE: "until all F1 were reached",
    ClockState.LATE: "until all F1 were reached, more than the hour",
    ClockState.OFF: "the clock is off",
}
