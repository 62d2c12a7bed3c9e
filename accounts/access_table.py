"""The access table: one line a route, deny by default. A route without a line stops the start."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from accounts.model import OFFICERS, Role


class Who(Enum):
    PUBLIC = auto()
    CITIZEN = auto()
    STAFF = auto()
    GATE = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    who: Who
    roles: frozenset[Role] = frozenset()


PUBLIC = Rule(Who.PUBLIC)
CITIZEN = Rule(Who.CITIZEN)
GATE = Rule(Who.GATE)
STAFF = Rule(Who.STAFF, frozenset(Role))
VENUES = Rule(Who.STAFF, frozenset({Role.VENUE_STAFF, Role.ADMIN}))
CARD_DESK = Rule(Who.STAFF, frozenset({Role.VENUE_STAFF, Role.ADMIN, Role.COORDINATOR}))
OFFICER = Rule(Who.STAFF, OFFICERS)
CASE_READER = Rule(Who.STAFF, OFFICERS - {Role.TRACER})  # whole cases; tracers their contacts
VERIFIER = Rule(Who.STAFF, frozenset({Role.VERIFIER, Role.COORDINATOR}))
CASE_OPENER = Rule(Who.STAFF, frozenset({Role.COORDINATOR, Role.INVESTIGATOR}))
INTERVIEWER = Rule(Who.STAFF, frozenset({Role.COORDINATOR, Role.INVESTIGATOR, Role.TRACER}))
CASE_APPROVER = Rule(Who.STAFF, frozenset({Role.COORDINATOR}))
AREA_KEEPER = Rule(Who.STAFF, frozenset({Role.COORDINATOR, Role.ADMIN}))
ADMIN = Rule(Who.STAFF, frozenset({Role.ADMIN}))
AUDITOR = Rule(Who.STAFF, frozenset({Role.AUDITOR}))

ACCESS: dict[str, Rule] = {
    "GET /docs": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /problems/{slug}": PUBLIC,
    "GET /health": PUBLIC,
    "GET /ready": PUBLIC,
    "GET /metrics": PUBLIC,  # its own token: it looks itself
    "POST /language": PUBLIC,
    "GET /login": PUBLIC,
    "POST /login": PUBLIC,
    "POST /logout": PUBLIC,
    "POST /v1/sessions": PUBLIC,
    "DELETE /v1/sessions/current": STAFF,
    "GET /v1/sessions/current": STAFF,
    # check-in
    # pages of the poster: an unknown device is led to the first step, not to the staff log-in
    "GET /": PUBLIC,
    "GET /scan": PUBLIC,
    "GET /code": PUBLIC,
    "GET /visits": PUBLIC,
    "GET /offline": PUBLIC,
    "GET /worker.js": PUBLIC,
    "GET /V/{code}": PUBLIC,
    "GET /v/{code}": PUBLIC,
    "GET /V/{code}/sign-up": PUBLIC,
    "POST /V/{code}/sign-up": PUBLIC,
    "GET /V/{code}/declare": PUBLIC,
    "POST /V/{code}/declare": PUBLIC,
    "POST /V/{code}/check-in": PUBLIC,
    "POST /V/{code}/check-out": PUBLIC,
    "GET /V/{code}/done": PUBLIC,
    "POST /v1/people": PUBLIC,
    "POST /v1/declarations": CITIZEN,
    "POST /v1/check-ins": CITIZEN,
    "POST /v1/check-outs": CITIZEN,
    "POST /v1/uploads": CITIZEN,
    "GET /v1/me/visits": CITIZEN,
    "GET /v1/me/standing": CITIZEN,
    "GET /v1/me/pass": CITIZEN,
    "POST /v1/me/objections": CITIZEN,
    # gate devices: pairing is open to whoever holds the code; a page without a device says so
    "GET /gate": PUBLIC,
    "GET /G/{code}": PUBLIC,
    "POST /G/{code}": PUBLIC,
    "POST /v1/gate/pairings": PUBLIC,
    "GET /v1/gate": GATE,
    "POST /v1/gate/scans": GATE,
    "POST /v1/gate/people": GATE,
    "POST /v1/gate/undos": GATE,
    "POST /v1/gate/uploads": GATE,
    "GET /gate-worker.js": PUBLIC,
    "GET /v1/venues/{venue_id:int}/gates": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/gates": VENUES,
    "POST /v1/gates/{gate_id:int}/revoke": VENUES,
    "GET /venues/{venue_id:int}/gates": VENUES,
    "POST /venues/{venue_id:int}/gates": VENUES,
    "POST /venues/{venue_id:int}/gates/{gate_id:int}/revoke": VENUES,
    "GET /pass": PUBLIC,  # an unknown device is told how to begin
    "GET /standing": PUBLIC,
    "POST /standing/objection": PUBLIC,
    "GET /standing/declare": PUBLIC,
    "POST /standing/declare": PUBLIC,
    "GET /C/{code}": PUBLIC,  # one page for all cards and passes: it tells nothing
    "GET /P/{code}": PUBLIC,
    "POST /v1/cards/sheets": CARD_DESK,
    "POST /v1/cards/bindings": CARD_DESK,
    "POST /v1/cards/locks": CARD_DESK,
    "GET /cards": CARD_DESK,
    "POST /cards/sheets": CARD_DESK,
    "POST /cards/bindings": CARD_DESK,
    "POST /cards/locks": CARD_DESK,
    # what a declaration is judged by: public, since everybody is asked about it
    "GET /v1/epidemic-areas": PUBLIC,
    "POST /v1/epidemic-areas": AREA_KEEPER,
    "GET /v1/epidemic-areas/editions": AREA_KEEPER,
    "POST /v1/epidemic-areas/{edition:int}/editions": AREA_KEEPER,
    "GET /v1/declaration-policies": PUBLIC,
    "POST /v1/declaration-policies": ADMIN,
    "GET /epidemic-areas": AREA_KEEPER,
    "POST /epidemic-areas": AREA_KEEPER,
    "POST /epidemic-areas/{edition:int}": AREA_KEEPER,
    # venues
    "GET /v1/venues": VENUES,
    "POST /v1/venues": VENUES,
    "GET /v1/venues/posters": VENUES,
    "POST /v1/venues/import": VENUES,
    "GET /v1/venues/{venue_id:int}": VENUES,
    "PATCH /v1/venues/{venue_id:int}": VENUES,
    "POST /v1/venues/{venue_id:int}/zones": VENUES,
    "POST /v1/venues/{venue_id:int}/checkpoints": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/close": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/codes": VENUES,
    "GET /v1/checkpoints/{checkpoint_id:int}/poster": VENUES,
    "GET /venues": VENUES,
    "GET /venues/new": VENUES,
    "POST /venues/new": VENUES,
    "GET /venues/import": VENUES,
    "POST /venues/import": VENUES,
    "GET /venues/{venue_id:int}": VENUES,
    "GET /venues/{venue_id:int}/edit": VENUES,
    "POST /venues/{venue_id:int}/edit": VENUES,
    "POST /venues/{venue_id:int}/zones": VENUES,
    "POST /venues/{venue_id:int}/checkpoints": VENUES,
    "POST /venues/{venue_id:int}/checkpoints/{checkpoint_id:int}/codes": VENUES,
    "GET /venues/{venue_id:int}/checkpoints/{checkpoint_id:int}/close": VENUES,
    "POST /venues/{venue_id:int}/checkpoints/{checkpoint_id:int}/close": VENUES,
    "GET /display/{checkpoint_id:int}": PUBLIC,  # a screen's own token, else staff: it looks itself
    "POST /display/{checkpoint_id:int}": VENUES,
    "GET /display-worker.js": PUBLIC,
    "POST /display/{checkpoint_id:int}/presence": VENUES,
    "POST /display/{checkpoint_id:int}/screens/{display_id:int}/revoke": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/displays": VENUES,
    "GET /v1/checkpoints/{checkpoint_id:int}/displays": VENUES,
    "POST /v1/checkpoints/{checkpoint_id:int}/presence": VENUES,
    "POST /v1/displays/{display_id:int}/revoke": VENUES,
    "GET /v1/displays/current": PUBLIC,  # a screen's own token
    "GET /v1/venues/{venue_id:int}/occupancy": VENUES,
    "POST /v1/venues/{venue_id:int}/closings": VENUES,
    "POST /v1/venues/{venue_id:int}/closings/undo": VENUES,
    "POST /v1/venues/{venue_id:int}/crowd": VENUES,
    "GET /v1/venues/{venue_id:int}/crowd": PUBLIC,  # only where the venue wants it
    "GET /venues/{venue_id:int}/occupancy": VENUES,
    "POST /venues/{venue_id:int}/closings": VENUES,
    "POST /venues/{venue_id:int}/closings/undo": VENUES,
    "POST /venues/{venue_id:int}/crowd": VENUES,
    "GET /crowd/{venue_id:int}": PUBLIC,  # only where the venue wants it
    "GET /v1/venue-kinds": PUBLIC,
    "GET /v1/areas": PUBLIC,  # the official list; citizens choose their ward from it too
    # tracing
    "GET /v1/audit": AUDITOR,
    "GET /audit": AUDITOR,
    "POST /v1/cases": CASE_OPENER,
    "GET /v1/cases": OFFICER,
    "GET /v1/cases/{case_id:int}": OFFICER,
    "POST /v1/cases/{case_id:int}/approval": CASE_APPROVER,
    "GET /v1/cases/{case_id:int}/corrections": CASE_READER,
    "POST /v1/cases/{case_id:int}/corrections": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/corrections/{correction_id:int}/decision": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/runs": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/runs/{run_id:int}": CASE_READER,
    "POST /v1/cases/{case_id:int}/runs/{run_id:int}/cancel": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/backward": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/history": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/source": CASE_OPENER,
    "GET /v1/transmission": CASE_READER,
    "GET /v1/transmission.svg": CASE_READER,
    "GET /v1/transmission.graphml": CASE_READER,
    "POST /v1/clusters": CASE_READER,
    "GET /v1/cases/{case_id:int}/contacts": OFFICER,
    "POST /v1/cases/{case_id:int}/contacts/reveal": OFFICER,
    "POST /v1/cases/{case_id:int}/contacts/work": OFFICER,
    "POST /v1/cases/{case_id:int}/contacts/verdicts": VERIFIER,
    "POST /v1/cases/{case_id:int}/contacts/assignments": CASE_APPROVER,
    "GET /v1/tracers": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/contacts/{number}/case": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/notes": OFFICER,
    "POST /v1/cases/{case_id:int}/notes": OFFICER,
    "POST /v1/cases/{case_id:int}/seen": OFFICER,
    "POST /v1/cases/{case_id:int}/closing": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/reopening": CASE_APPROVER,
    "GET /v1/cases/{case_id:int}/contacts.xlsx": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/contacts.csv": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/export": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/releases": OFFICER,
    "GET /v1/cases/{case_id:int}/releases": OFFICER,
    "POST /v1/cases/{case_id:int}/releases/{release_id:int}/decision": CASE_APPROVER,
    "GET /v1/releases": CASE_APPROVER,
    "POST /v1/case-lists": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/contact-lists": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/guest-lists": CASE_OPENER,
    "GET /desk/cases/{case_id:int}/people-list": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/people-list": CASE_OPENER,
    "GET /v1/cases/{case_id:int}/holds": CASE_READER,
    "POST /v1/cases/{case_id:int}/holds": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/decision": CASE_APPROVER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/end": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/holds/{hold_id:int}/objection": CASE_APPROVER,
    "GET /v1/cases/{case_id:int}/points": CASE_READER,
    "POST /v1/cases/{case_id:int}/points": CASE_OPENER,
    "PUT /v1/cases/{case_id:int}/points/{point_id:int}": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/points/{point_id:int}/people": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/points/{point_id:int}/removals": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/points/{point_id:int}/withdrawal": CASE_OPENER,
    "POST /v1/cases/{case_id:int}/points/{point_id:int}/assignments": CASE_APPROVER,
    "GET /v1/cases/{case_id:int}/contacts/{number}/interview": OFFICER,
    "PUT /v1/cases/{case_id:int}/contacts/{number}/interview": INTERVIEWER,
    "GET /v1/cases/{case_id:int}/contacts/{number}/isolations": OFFICER,
    "POST /v1/cases/{case_id:int}/contacts/{number}/isolations": INTERVIEWER,
    "POST /v1/cases/{case_id:int}/contacts/{number}/isolations/{isolation_id:int}/withdrawal": (
        INTERVIEWER
    ),
    "GET /desk": OFFICER,
    "GET /desk/cases/new": CASE_OPENER,
    "POST /desk/cases": CASE_OPENER,
    "GET /desk/cases/{case_id:int}": OFFICER,
    "POST /desk/cases/{case_id:int}/approval": CASE_APPROVER,
    "GET /desk/cases/{case_id:int}/days": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/days": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/days/{correction_id:int}": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/runs": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/runs/{run_id:int}/cancel": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/backward": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/history": CASE_OPENER,
    "GET /desk/cases/{case_id:int}/source": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/source": CASE_OPENER,
    "GET /desk/graph": CASE_READER,
    "GET /desk/clusters": CASE_READER,
    "POST /desk/clusters": CASE_READER,
    "GET /desk/cases/{case_id:int}/points": CASE_READER,
    "POST /desk/cases/{case_id:int}/points": CASE_OPENER,
    "GET /desk/cases/{case_id:int}/points/{point_id:int}": CASE_READER,
    "POST /desk/cases/{case_id:int}/points/{point_id:int}": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/points/{point_id:int}/people": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/points/{point_id:int}/removals": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/points/{point_id:int}/withdrawal": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/points/{point_id:int}/assignments": CASE_APPROVER,
    "GET /desk/cases/{case_id:int}/contacts/{number}/interview": INTERVIEWER,
    "POST /desk/cases/{case_id:int}/contacts/{number}/interview": INTERVIEWER,
    "GET /desk/cases/{case_id:int}/contacts/{number}/isolations": INTERVIEWER,
    "POST /desk/cases/{case_id:int}/contacts/{number}/isolations": INTERVIEWER,
    "POST /desk/cases/{case_id:int}/contacts/{number}/isolations/{isolation_id:int}/withdrawal": (
        INTERVIEWER
    ),
    "POST /desk/cases/{case_id:int}/reveal": OFFICER,
    "GET /desk/releases": CASE_APPROVER,
    "GET /desk/case-list": CASE_OPENER,
    "GET /desk/samples/{name}": CASE_OPENER,
    "POST /desk/case-list": CASE_OPENER,
    "GET /desk/cases/{case_id:int}/releases": OFFICER,
    "POST /desk/cases/{case_id:int}/releases": OFFICER,
    "POST /desk/cases/{case_id:int}/releases/{release_id:int}/decision": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/notes": OFFICER,
    "POST /desk/cases/{case_id:int}/seen": OFFICER,
    "POST /desk/cases/{case_id:int}/closing": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/reopening": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/contacts/work": OFFICER,
    "GET /desk/cases/{case_id:int}/contacts/{number}/case": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/contacts/{number}/case": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/contacts/verdicts": VERIFIER,
    "POST /desk/cases/{case_id:int}/contacts/assignments": CASE_APPROVER,
    "GET /v1/alerts": CASE_READER,
    "POST /v1/alerts/{reference}/seen": CASE_READER,
    "GET /desk/alerts": CASE_READER,
    "POST /desk/alerts/seen": CASE_READER,
    "POST /desk/alerts/reveal": CASE_READER,
    "GET /desk/holds": CASE_READER,
    "GET /desk/cases/{case_id:int}/holds": CASE_READER,
    "POST /desk/cases/{case_id:int}/holds": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/holds/{hold_id:int}/decision": CASE_APPROVER,
    "POST /desk/cases/{case_id:int}/holds/{hold_id:int}/end": CASE_OPENER,
    "POST /desk/cases/{case_id:int}/holds/{hold_id:int}/objection": CASE_APPROVER,
}
