"""An answer's head and body leave together, and nothing waits for what does not come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from kit import one_write
from kit.one_write import OneWrite

HEAD = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]}
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
ended = asyncio.Event()


async def whole(scope: Any, receive: Any, send: Any) -> None:
    await send(HEAD)
    await send({"type": "http.response.body", "body": b"body"})


async def later(scope: Any, receive: Any, send: Any) -> None:
    await send(HEAD)
    await ended.wait()
    await send({"type": "http.response.body", "body": b"body"})


async def after_the_body(scope: Any, receive: Any, send: Any) -> None:
    assert (await receive())["body"] == b"asked"
    await whole(scope, receive, send)


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError


class Pieces(asyncio.Protocol):
    """What the server wrote, a piece for each write that arrived alone."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.more = asyncio.Event()
        self.ended = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.more.set()
        self.ended.set()

    def data_received(self, data: bytes) -> None:
        self.found.append(data)
        self.more.set()

    async def next(self) -> bytes:
        await self.more.wait()
        self.more.clear()
        return b"".join(self.found)


class Writes(OneWrite):
    written: list[bytes]
    state: ServerState

    def connection_made(self, transport: Any) -> None:
        real = transport.write

        class Seen(asyncio.Transport):
            def __getattribute__(self, name: str) -> Any:
                return seen if name == "write" else getattr(transport, name)

        def seen(data: bytes) -> None:
            Writes.written.append(bytes(data))
            real(data)

        super().connection_made(Seen())


@asynccontextmanager
async def asked(app: Any, request: bytes = REQUEST) -> AsyncIterator[tuple[Any, Pieces]]:
    Writes.written = []
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(app, http=Writes, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    Writes.state = server.server_state
    make = config.http_protocol_class
    listening = await loop.create_server(
        lambda: make(config=config, server_state=server.server_state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
    )
    transport, pieces = await loop.create_connection(
        Pieces, "127.0.0.1", listening.sockets[0].getsockname()[1]
    )
    transport.write(request)
    yield transport, pieces
    transport.close()
    listening.close()


async def test_head_and_body_are_one_write() -> None:
    async with asked(whole) as (_, pieces):
        answer = await pieces.next()

    assert answer.endswith(b"\r\n\r\nbody")
    assert len(Writes.written) == 1


async def test_a_head_does_not_wait_for_its_body() -> None:
    ended.clear()
    async with asked(later) as (_, pieces):
        assert (await pieces.next()).endswith(b"\r\n\r\n")
        ended.set()
        assert (await pieces.next()).endswith(b"\r\n\r\nbody")

    assert len(Writes.written) == 2


async def test_who_waits_to_be_asked_for_the_body_is_asked_at_once() -> None:
    expecting = b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    async with asked(after_the_body, expecting) as (transport, pieces):
        assert (await pieces.next()).startswith(b"HTTP/1.1 100 ")
        transport.write(b"asked")
        assert (await pieces.next()).endswith(b"\r\n\r\nbody")


async def test_the_answer_to_an_error_is_whole_before_the_end() -> None:
    closing = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    async with asked(broken, closing) as (_, pieces):
        assert (await pieces.next()).endswith(b"Internal Server Error")


async def test_what_lies_in_the_socket_at_the_end_is_answered_before_it_closes() -> None:
    async with asked(whole) as (transport, pieces):
        await pieces.next()
        pieces.found.clear()
        [connection] = Writes.state.connections

        transport.write(REQUEST)  # at once, and the server reads it in its next turn
        connection.shutdown()
        answer = await pieces.next()
        await pieces.ended.wait()

    assert b"connection: close" in answer
    assert answer.endswith(b"\r\n\r\nbody")


async def test_an_idle_connection_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_write, "LINGER", 0.0)
    async with asked(whole) as (_, pieces):
        await pieces.next()
        [connection] = Writes.state.connections

        connection.shutdown()
        await pieces.ended.wait()

    assert not Writes.state.connections


async def test_who_asks_for_a_websocket_gets_the_page() -> None:
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    async with asked(whole, upgrade) as (_, pieces):
        assert (await pieces.next()).endswith(b"\r\n\r\nbody")
