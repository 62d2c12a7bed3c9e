"""What was done, in words: English here, Vietnamese in the translations."""

from __future__ import annotations

from collections.abc import Mapping

from tracing.followup import words as followup_words
from tracing.words import Translate

CASES = {
    "open-case": "Opened a case",
    "approve-case": "Approved a case",
    "refuse-case": "Refused a case",
    "ask-correction": "Asked to put the days of a case right",
    "correct-case": "Put the days of a case right",
    "refuse-correction": "Refused other days of a case",
    "close-case": "Closed a case",
    "reopen-case": "Opened a case again",
    "delete-case": "Deleted a case file whose time was over",
    "hand-over-case": "Handed a case over",
    "note-case": "Wrote a note",
    "import-cases": "Took in a list of cases",
    "import-people": "Took in a list of people",
    "trace-run": "Traced a case",
    "cancel-run": "Cancelled a trace",
    "look-back": "Looked for the source",
    "look-at-history": "Looked where a case was",
    "look-for-clusters": "Looked for clusters",
    "name-source": "Named the source of a case",
    "operator-trace": "Traced without a case (operator)",
}
PEOPLE = {
    "reveal-name": "Read a name",
    "refuse-reveal": "Was refused names",
    "names-over-quota": "Read names beyond the quota",
    "export-contacts": "Fetched a list",
    "ask-release": "Asked for a list",
    "approve-release": "Let a list go",
    "refuse-release": "Refused a list",
    "give-contacts": "Gave contacts",
    "f1-reached": "All F1 reached",
    "interview-contact": "Noted an interview",
    "isolate-contact": "Entered an isolation",
    "undo-isolate-contact": "Took an isolation back",
    "add-point": "Entered a point",
    "correct-point": "Corrected a point",
    "withdraw-point": "Withdrew a point",
    "list-person": "Listed somebody at a point",
    "unlist-person": "Took somebody off a point",
    "propose-hold": "Proposed a hold",
    "approve-hold": "Approved a hold",
    "refuse-hold": "Refused a hold",
    "lift-hold": "Lifted a hold",
    "answer-objection": "Answered an objection",
    "print-cards": "Printed cards",
    "bind-card": "Gave out a card",
    "lock-card": "Locked a card",
}
REST = {
    "staff-add": "Added an account",
    "staff-disable": "Disabled an account",
    "staff-enable": "Enabled an account",
    "staff-unlock": "Unlocked an account",
    "staff-reset": "Set a new password",
    "read-audit": "Read the audit",
    "list-epidemic-area": "Changed an epidemic area",
    "declaration-policy": "Changed the rules of declarations",
    "visits imported": "Imported visits",
    "venues imported": "Imported venues",
    "venue registered": "Registered a venue",
    "venue changed": "Changed a venue",
    "crowd shown": "Showed how full a venue is",
    "crowd hidden": "Hid how full a venue is",
    "zone added": "Added a zone",
    "checkpoint added": "Added a checkpoint",
    "checkpoint closed": "Closed a checkpoint",
    "code replaced": "Replaced a code",
    "screen paired": "Paired a screen",
    "screen revoked": "Revoked a screen",
    "presence demanded": "Demanded presence at a door",
    "presence no longer demanded": "Demanded presence no longer",
    "gate offered": "Offered a gate",
    "gate revoked": "Revoked a gate",
    "everyone checked out": "Checked everyone out",
    "closing undone": "Took a closing back",
    "too many numbers typed at a gate": "Too many numbers typed at a gate",
    "too many documents under another name at a desk": "Too many documents under another name",
}
ACTS = CASES | PEOPLE | REST

# What rows say more, by the name it has in the row.
FACTS = {
    "act": "what was done",
    "added": "added",
    "area": "area",
    "arrivals": "arrivals",
    "bad": "bad rows",
    "before": "before row",
    "brief": "brief",
    "cards": "cards",
    "case": "case",
    "cases": "cases",
    "checkpoint": "checkpoint",
    "colour": "colour",
    "correction": "correction",
    "count": "how many",
    "created": "registered",
    "departures": "departures",
    "disease": "disease",
    "display": "screen",
    "edition": "edition",
    "format": "file",
    "gate": "gate",
    "high": "high",
    "hold": "hold",
    "isolation": "isolation",
    "known": "known before",
    "left": "left",
    "linked": "linked",
    "login": "account",
    "longer": "a longer period",
    "lost": "lost before",
    "low": "low",
    "medium": "medium",
    "note": "note",
    "numbers": "numbers",
    "onset": "onset",
    "opened": "opened",
    "operator": "operator",
    "looked_up": "sign of who was looked up",
    "people": "people",
    "point": "point",
    "policy": "rules",
    "purpose": "purpose",
    "reason": "reason",
    "refused": "refused",
    "release": "request",
    "replaces": "instead of",
    "role": "role",
    "rows": "rows",
    "run": "trace",
    "sampled": "sampled",
    "since": "from",
    "source": "source",
    "staff": "account number",
    "tier": "F",
    "tiers": "by tier",
    "to": "for account",
    "tracer": "tracer",
    "until": "until",
    "upheld": "objection accepted",
    "upper_bound_adds": "more by the upper bound",
    "venue": "place",
    "what": "what",
    "zone": "zone",
}
WORK = followup_words.ACTS | followup_words.VERDICTS
CONTACT, UNDO = "contact-", "undo-"


def chosen() -> list[str]:
    """Acts to choose from, in their order."""
    return [*ACTS, *(CONTACT + one for one in WORK)]


def told(translate: Translate, facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Names and values of what a row says more; what is empty or nought says nothing, and a name
    without words here is told as it stands."""
    return [
        (translate(FACTS[name]) if name in FACTS else name, _plain(translate, value))
        for name, value in facts.items()
        if value
    ]


def _plain(translate: Translate, value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {one}" for name, one in told(translate, value))
    if isinstance(value, list):
        return " / ".join(_plain(translate, one) for one in value)
    return translate("yes") if value is True else str(value)


def said(translate: Translate, act: str) -> str:
    """An act that is none of these is told by its code."""
    for prefix, before in ((CONTACT, "Contact"), (UNDO, "Taken back")):
        work = act.removeprefix(prefix)
        if act.startswith(prefix) and work in WORK:
            return f"{translate(before)}: {translate(WORK[work])}"  # type: ignore[index]
    return translate(ACTS[act]) if act in ACTS else act
