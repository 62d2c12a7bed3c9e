"""People and their scans made for a test, straight into its database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from checkin.model import Colour, Identifier, Late, NewPerson, Pending
from checkin.queries import add_person
from checkin.queries_scans import store_scans
from checkin.vault import IdentifierKind, new_person_id
from kit.db import connection, transaction
from tests.conftest import NOW, Service
from tests.make_venues import CAI_KHE
from tracing.engine.model import Scan

BATCH = 2000


async def make_person(
    service: Service,
    name: str = "Nguyễn Thị Hoa",
    phone: str = "+84912345678",
    *,
    cccd: str = "",
    cmnd: str = "",
    person_id: int | None = None,
) -> int:
    state = service.state
    person_id = person_id or new_person_id()
    sealed, key_id = state["vault"].seal(person_id, {"full_name": name, "phone": phone})
    identifiers = [
        Identifier(kind=kind, hmac=state["vault"].find(kind, value), verified=verified)
        for kind, value, verified in (
            (IdentifierKind.PHONE, phone, False),
            (IdentifierKind.CCCD, cccd, True),
            (IdentifierKind.CMND, cmnd, True),
        )
        if value
    ]
    person = NewPerson(
        id=person_id,
        sealed=sealed,
        key_id=key_id,
        birth_year=1990,
        sex=None,
        area=CAI_KHE,
        guardian_id=None,
        identifiers=tuple(identifiers),
    )
    async with transaction(state["db"]) as db:
        await add_person(db, person, service.clock())
    return person_id


async def link(service: Service, one: int, other: int) -> None:
    """The two records are of one human being."""
    async with connection(service.state["db"]) as db:
        await db.execute(
            "INSERT INTO person_link (person_id, same_as, reason, made) "
            "VALUES ($1, $2, 'card', date_trunc('hour', $3::timestamptz, 'UTC'))",
            *(min(one, other), max(one, other), service.clock()),
        )


async def stand(service: Service, person_id: int, colour: Colour, *, hold: bool = False) -> None:
    """What they said of themselves, or a hold upon them, for a day."""
    async with connection(service.state["db"]) as db:
        if hold:
            await db.execute(
                "INSERT INTO standing (person_id, hold, hold_until, hold_case, hold_approved_by) "
                "VALUES ($1, $2, $3, 1, 1)",
                *(person_id, colour, NOW + timedelta(days=1)),
            )
        else:
            await db.execute(
                "INSERT INTO standing (person_id, own, own_until) VALUES ($1, $2, $3)",
                *(person_id, colour, NOW + timedelta(days=1)),
            )


async def make_scans(service: Service, scans: Iterable[Scan]) -> None:
    """The engine's scans as the ledger would have stored them; person and venue must exist."""
    pending = [_pending(service, scan) for scan in scans]
    async with connection(service.state["db"]) as db:
        for start in range(0, len(pending), BATCH):
            await store_scans(db, pending[start : start + BATCH])


def _pending(service: Service, scan: Scan) -> Pending:
    days, at = service.state["days"], datetime.fromtimestamp(scan.at / 1000, UTC)
    return Pending(
        person_id=scan.person,
        generation=0,
        subject=days.subject(scan.person, days.day(at)),
        at=at,
        venue_id=scan.venue,
        zone_id=scan.zone,
        checkpoint_id=None,
        way=scan.way,
        party=0,
        late=Late.MINUTES_10,
        source=scan.source,
        flags=scan.flags,
    )


async def audit_acts(service: Service, act: str = "") -> Sequence[tuple[str, int | None]]:
    """(act, account) of every row so far, oldest first."""
    async with connection(service.state["db"]) as db:
        rows = await db.fetch(
            "SELECT act, staff_id FROM audit WHERE $1 IN ('', act) ORDER BY seq", act
        )
    return [(row["act"], row["staff_id"]) for row in rows]
