"""SQL of cards: one constant, one typed function, one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from accounts.model import Grant, Scope
from kit.db import Connection

PRINT_CARDS = """
WITH batch AS (
    INSERT INTO card_batch (organisation_id, venue_id, area, printed_by, printed_at)
    VALUES ($2, $3, $4, $5, $6) RETURNING id
)
INSERT INTO card (hmac, batch_id) SELECT c, batch.id FROM batch, unnest($1::bytea[]) AS c
"""


async def print_cards(
    db: Connection, hmacs: Sequence[bytes], desk: Grant, staff_id: int, now: datetime
) -> None:
    """Nobody's yet; the codes themselves are on the paper alone."""
    await db.execute(
        PRINT_CARDS, hmacs, desk.organisation_id, desk.venue_id, desk.area, staff_id, now
    )


# $2, $3, $4 are a scope; a desk above a venue reaches the venue's cards.
OF_DESK = """
    c.hmac = $1 AND b.id = c.batch_id AND (b.organisation_id = ANY($2::int[])
        OR b.venue_id = ANY($3::int[]) OR b.area ^@ ANY($4::text[])
        OR b.venue_id IN (SELECT id FROM venue
            WHERE organisation_id = ANY($2::int[]) OR area ^@ ANY($4::text[])))
"""
CARD_STATE = f"""
SELECT c.person_id IS NOT NULL AS bound, c.revoked IS NOT NULL AS revoked
FROM card c, card_batch b WHERE {OF_DESK}
"""
BIND_CARD = f"""
UPDATE card c SET person_id = $5, bound = date_trunc('hour', $6::timestamptz, 'UTC')
FROM card_batch b WHERE {OF_DESK} AND c.person_id IS NULL AND c.revoked IS NULL
RETURNING c.hmac
"""
REVOKE_CARD = f"""
UPDATE card c SET revoked = coalesce(c.revoked, date_trunc('hour', $5::timestamptz, 'UTC'))
FROM card_batch b WHERE {OF_DESK} RETURNING c.hmac
"""


async def card_state(db: Connection, hmac: bytes, scope: Scope) -> tuple[bool, bool] | None:
    """(bound, revoked); None where it is no card of this scope. Whose it is says nothing here."""
    row = await db.fetchrow(CARD_STATE, hmac, scope.organisations, scope.venues, scope.areas)
    return None if row is None else (row["bound"], row["revoked"])


async def bind_card(
    db: Connection, hmac: bytes, scope: Scope, person_id: int, now: datetime
) -> bool:
    """False where it is not of this scope, bound or revoked."""
    values = (hmac, scope.organisations, scope.venues, scope.areas, person_id, now)
    return await db.fetchval(BIND_CARD, *values) is not None


async def revoke_card(db: Connection, hmac: bytes, scope: Scope, now: datetime) -> bool:
    """False where it is not of this scope."""
    values = (hmac, scope.organisations, scope.venues, scope.areas, now)
    return await db.fetchval(REVOKE_CARD, *values) is not None


REVOKE_CARDS_OF = """
UPDATE card SET revoked = date_trunc('hour', $3::timestamptz, 'UTC')
WHERE person_id = $1 AND hmac <> $2 AND revoked IS NULL
"""


async def revoke_cards_of(db: Connection, person_id: int, but: bytes, now: datetime) -> None:
    await db.execute(REVOKE_CARDS_OF, person_id, but, now)


PERSON_OF_DOCUMENT = """
SELECT person_id FROM identifier WHERE kind = $1 AND hmac = $2 AND verified
"""


async def person_of_document(db: Connection, kind: int, hmac: bytes) -> int | None:
    """Whom a document names that somebody saw; at most one."""
    found: int | None = await db.fetchval(PERSON_OF_DOCUMENT, kind, hmac)
    return found


COUNT_TYPED = """
INSERT INTO desk_typed (staff_id, day, numbers) VALUES ($1, $2, $3)
ON CONFLICT (staff_id, day) DO UPDATE SET numbers = desk_typed.numbers + EXCLUDED.numbers
RETURNING numbers
"""


async def count_typed(db: Connection, staff_id: int, day: date, more: int) -> int:
    """Of that day, with these."""
    found: int = await db.fetchval(COUNT_TYPED, staff_id, day, more)
    return found
