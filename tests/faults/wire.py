"""HTTP/1.1 on one kept connection, one request at a time, as light as Python has it: what a
generator spends is missing to the service that it measures."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, cast

import httptools

LOST = (OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire(asyncio.Protocol):
    def __init__(self) -> None:
        self.waiting: asyncio.Future[Answer] | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's own is no subclass
        self._expect()

    def _expect(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.retry_after, self.body = "", b""

    async def ask(self, request: bytes) -> Answer:
        """ConnectionError where the connection goes away first."""
        if self.closed:
            raise ConnectionError("closed")
        self.waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.waiting

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"retry-after":
            self.retry_after = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        answer = Answer(self.parser.get_status_code(), self.retry_after, self.body)
        if not self.parser.should_keep_alive():
            self.closed = True
            self.transport.close()
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(answer)
        self._expect()

    def connection_lost(self, wrong: Exception | None) -> None:
        self.closed = True
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_exception(ConnectionError("lost"))

    def hang_up(self) -> None:
        self.transport.abort()


async def dial(port: int) -> Wire:
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(Wire, "127.0.0.1", port)
    return wire


def post(path: str, token: str, body: bytes, media_type: str = "application/json") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {media_type}\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, token: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )


async def answered(port: int, request: bytes, seconds: float = 60.0) -> Answer:
    """On connections of its own, until the service takes it: 503 or no answer at all means «send it
    again»."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                wire = await dial(port)
                answer = await wire.ask(request)
                wire.hang_up()
            except OSError:
                await asyncio.sleep(0.1)
                continue
            if answer.status != 503:
                return answer
            await asyncio.sleep(0.1)
