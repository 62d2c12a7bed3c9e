"""What our door is held against, each in its best honest form: a bare Starlette route that stores
nothing, and the textbook route, which verifies the token with PyJWT and inserts one row a request.

Run by uvicorn (uvloop, httptools) like the service itself, without any middleware. The textbook's
table has the columns and indexes of `scan`; its venues are in memory, its statement is prepared,
and its pool skips the clean-up round trip that asyncpg makes at every release.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict

import asyncpg
import jwt
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

AUDIENCE = "chot:device"
POOL = 16  # of each worker; 8 and 32 were not quicker

TABLE = """
CREATE TABLE textbook_scan (
    subject uuid NOT NULL,
    at timestamptz(3) NOT NULL,
    venue_id integer NOT NULL,
    zone_id integer,
    checkpoint_id integer,
    way smallint NOT NULL,
    party smallint NOT NULL,
    late smallint NOT NULL,
    source smallint NOT NULL,
    flags smallint NOT NULL,
    PRIMARY KEY (subject, at, venue_id)
);
CREATE INDEX ON textbook_scan (venue_id, at) INCLUDE (subject, way, zone_id);
GRANT SELECT, INSERT ON textbook_scan TO chot_app;
"""
INSERT = """
INSERT INTO textbook_scan
    (subject, at, venue_id, zone_id, checkpoint_id, way, party, late, source, flags)
VALUES ($1, $2, $3, NULL, $4, 1, $5, 0, 1, 0)
ON CONFLICT DO NOTHING
"""
DOORS = """
SELECT c.code, v.id AS venue_id, p.id AS checkpoint_id, v.name AS venue, p.name AS checkpoint
FROM code c JOIN checkpoint p ON p.id = c.checkpoint_id JOIN venue v ON v.id = p.venue_id
"""


class CheckIn(msgspec.Struct, frozen=True):
    code: str
    at: datetime
    companions: int = 0


class Answer(msgspec.Struct, frozen=True):
    venue: str
    checkpoint: str
    at: datetime


FORM = msgspec.json.Decoder(CheckIn)
ENCODER = msgspec.json.Encoder()


async def nothing(request: Request[Any]) -> Response:
    form = FORM.decode(await request.body())
    return replied(Answer("Chợ", "Cửa chính", form.at))


def replied(answer: Answer) -> Response:
    return Response(ENCODER.encode(answer), 201, media_type="application/json")


bare = Starlette(routes=[Route("/v1/check-ins", nothing, methods=["POST"])])


class Door(TypedDict):
    venue_id: int
    checkpoint_id: int
    venue: str
    checkpoint: str


class Textbook(TypedDict):
    db: asyncpg.Pool[asyncpg.Record]
    doors: dict[str, Door]
    key: bytes


async def one_insert(request: Request[Textbook]) -> Response:
    state = request.state
    token = request.headers["authorization"].removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, state["key"], algorithms=["HS256"], audience=AUDIENCE)
    except jwt.PyJWTError:
        return Response(status_code=401)
    form = FORM.decode(await request.body())
    door = state["doors"][form.code]
    subject = uuid.UUID(int=int(claims["sub"]))
    places = door["venue_id"], door["checkpoint_id"]
    await state["db"].execute(INSERT, subject, form.at, *places, form.companions)
    return replied(Answer(door["venue"], door["checkpoint"], form.at))


@asynccontextmanager
async def opened(app: Starlette) -> AsyncIterator[Textbook]:
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=POOL, max_size=POOL, reset=no_reset
    ) as db:
        doors: dict[str, Door] = {}
        for row in await db.fetch(DOORS):
            doors[row["code"]] = Door(
                venue_id=row["venue_id"],
                checkpoint_id=row["checkpoint_id"],
                venue=row["venue"],
                checkpoint=row["checkpoint"],
            )
        yield Textbook(db=db, doors=doors, key=token_key())


def token_key() -> bytes:
    return Path(os.environ["CHOT_KEY_DIR"], "tokens", "0001.key").read_bytes()


async def no_reset(connection: object) -> None:
    """One autocommitted statement a request leaves nothing to reset."""


textbook = Starlette(routes=[Route("/v1/check-ins", one_insert, methods=["POST"])], lifespan=opened)
