"""Venues and staff made for a test, straight into its database."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass
from datetime import timedelta

import httpx

from accounts import access, queries
from accounts.model import Grant, Role
from kit.db import connection, transaction
from tests.conftest import Service
from venues.code import new_code
from venues.model import Direction, VenueKind

CAI_KHE = "2025/92/31120/"  # Phường Cái Khế, Thành phố Cần Thơ
numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCheckpoint:
    id: int
    zone_id: int | None
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeVenue:
    """With its first checkpoint and the code of it."""

    id: int
    organisation_id: int
    checkpoint_id: int
    code: str


async def make_organisation(service: Service, name: str = "") -> int:
    async with connection(service.state["db"]) as db:
        found: int = await db.fetchval(
            "INSERT INTO organisation (name, created_at) VALUES ($1, $2) RETURNING id",
            name or f"Công ty {next(numbers)}",
            service.clock(),
        )
    return found


async def make_venue(
    service: Service,
    *,
    name: str = "",
    kind: VenueKind = VenueKind.MARKET,
    area: str = CAI_KHE,
    organisation_id: int | None = None,
    direction: Direction = Direction.BOTH,
    demands_declaration: bool = False,
) -> MadeVenue:
    """Of an organisation of its own where none is given."""
    name = name or f"Chợ số {next(numbers)}"
    if organisation_id is None:
        organisation_id = await make_organisation(service)
    async with connection(service.state["db"]) as db:
        venue_id: int = await db.fetchval(
            "INSERT INTO venue (organisation_id, name, kind, address, area, demands_declaration, "
            "natural_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            *(organisation_id, name, kind, "12 đường 30/4", area, demands_declaration),
            *(f"{name.casefold()} {next(numbers)}", service.clock()),
        )
    door = await make_checkpoint(service, venue_id, direction=direction)
    return MadeVenue(
        id=venue_id, organisation_id=organisation_id, checkpoint_id=door.id, code=door.code
    )


async def make_zone(service: Service, venue_id: int, name: str = "Tầng 1") -> int:
    async with connection(service.state["db"]) as db:
        found: int = await db.fetchval(
            "INSERT INTO zone (venue_id, name) VALUES ($1, $2) RETURNING id", venue_id, name
        )
    return found


async def make_checkpoint(
    service: Service,
    venue_id: int,
    *,
    name: str = "",
    direction: Direction = Direction.BOTH,
    zone_id: int | None = None,
) -> MadeCheckpoint:
    """With a code valid from some days before now, so that past scans may be made."""
    since, code = service.clock() - timedelta(days=60), new_code()
    async with transaction(service.state["db"]) as db:
        checkpoint_id: int = await db.fetchval(
            "INSERT INTO checkpoint (venue_id, zone_id, name, direction, created_at) "
            "VALUES ($1, $2, $3, $4, $5) RETURNING id",
            *(venue_id, zone_id, name or f"Cửa {next(numbers)}", direction, since),
        )
        await db.execute(
            "INSERT INTO code (code, checkpoint_id, valid_from) VALUES ($1, $2, $3)",
            *(code, checkpoint_id, since),
        )
    return MadeCheckpoint(id=checkpoint_id, zone_id=zone_id, code=code)


async def make_staff(
    service: Service,
    role: Role,
    *,
    organisation_id: int | None = None,
    venue_id: int | None = None,
    area: str | None = None,
) -> str:
    """The session token of a new account with one grant in one scope."""
    token, now = secrets.token_urlsafe(32), service.clock()
    grant = Grant(role=role, organisation_id=organisation_id, venue_id=venue_id, area=area)
    async with transaction(service.state["db"]) as db:
        staff_id = await queries.add_staff(
            db, f"staff{next(numbers)}", "Nhân viên", "no password", False, now
        )
        assert staff_id is not None
        await queries.add_grant(db, staff_id, grant, now)
        hmac = access.session_hmac(service.state, token)
        await queries.start_session(db, hmac, staff_id, now, now + timedelta(hours=10))
    return token


async def staff_client(
    service: Service,
    role: Role,
    *,
    organisation_id: int | None = None,
    venue_id: int | None = None,
    area: str | None = None,
) -> httpx.AsyncClient:
    """A client signed in as a new account with one grant in one scope."""
    token = await make_staff(
        service, role, organisation_id=organisation_id, venue_id=venue_id, area=area
    )
    return await service.client(Authorization=f"Bearer {token}")
