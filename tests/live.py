"""The service on a loopback port, in a thread of its own, for clients that are real programs."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import uvicorn

import app
from settings import Settings

PATIENCE = 30


@contextlib.contextmanager
def serving(settings: Settings, clock: Callable[[], datetime] = app.now) -> Iterator[str]:
    """Its address; the service has ended when this returns."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        built = app.build(replace(settings, public_url=url), clock)
        server = uvicorn.Server(uvicorn.Config(built, log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            deadline = time.monotonic() + PATIENCE
            while not server.started:
                assert thread.is_alive(), "the service did not start"
                assert time.monotonic() < deadline, "the service did not start in time"
                time.sleep(0.01)
            yield url
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
