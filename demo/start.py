"""The start of the demo: its settings, its city, its certificate, and the server at last."""

from __future__ import annotations

import asyncio
import errno
import io
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from urllib.parse import urlsplit

import database
from demo import crowd, crowd_load, queries, tls
from demo.casework import work_a_case
from demo.city import city
from demo.crowd_load import load_crowd, metropolis
from demo.load import LAST_LOGIN, load, steps
from demo.welcome import qr, welcome
from kit.progress import progress
from serving import run_server
from settings import BadSetting, Settings, read_settings

PORT, LAN_PORT = 8000, 8443
FEWEST = 100  # people, for the story to have its friends
PATIENCE = 3.0  # seconds, for one that was told to end
Say = Callable[[str], None]


class PortTaken(BadSetting):
    """Another program listens there; stop it, or choose another port with --port."""


class NoNetwork(BadSetting):
    """This machine has no address on a network; connect it first, or leave --lan out."""


def demo_settings(
    environ: Mapping[str, str], *, lan: bool, port: int | None, whole: bool = False
) -> Settings:
    """One's own settings count; those that are not given are the demo's. `whole`: of the city with
    all its people, whose days are all kept."""
    ours = {"CHOT_DATA_DIR": "var/demo", "CHOT_LOG": "warning"}
    if whole:
        ours |= {"CHOT_DATA_DIR": "var/city", "CHOT_RETENTION_DAYS": str(crowd.DAYS)}
    chosen = str(port or environ.get("CHOT_PORT") or (LAN_PORT if lan else PORT))
    ours["CHOT_PUBLIC_URL"] = f"http://localhost:{chosen}"
    if lan:
        address = tls.lan_address()
        if address is None:
            raise NoNetwork(NoNetwork.__doc__)
        ours |= {"CHOT_HOST": "0.0.0.0", "CHOT_PUBLIC_URL": f"https://{address}:{chosen}"}  # noqa: S104
    given = {name: text for name, text in environ.items() if text.strip()}
    # One worker, so that a kill -9 leaves no other process on the port.
    return read_settings(
        ours | given | {"CHOT_PORT": chosen, "CHOT_DEMO": "1", "CHOT_WORKERS": "1"}
    )


def run(
    settings: Settings, *, seed: int, people: int, scans: int | None, lan: bool, say: Say
) -> None:
    """Until a signal ends it. `scans`: about so many, of a whole city; None for the small one."""
    with ExitStack() as held:
        opened = _opened(settings, say, held)
        told = asyncio.run(_made_ready(opened, seed, people, scans))
        served: dict[str, str] = {}
        if lan:
            made = _certificate(opened, datetime.now(UTC))
            served = {"certificate": str(made.certificate), "key": str(made.key)}
            told += (
                f"\n\n{qr(opened.public_url)}\n  {opened.public_url}\n"
                f"  The phone warns of this certificate once; its SHA-256 is\n  {made.fingerprint}"
            )
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without Vietnamese
        sys.stdout.write(f"\n{told}\n\n  Ctrl-C stops it; the data stay.\n")
        sys.stdout.flush()
        run_server(opened, **served)


def _opened(settings: Settings, say: Say, held: ExitStack) -> Settings:
    """Alone on its port and its data; one that was told to end gets a moment for it."""
    patient_until = time.monotonic() + PATIENCE
    while True:
        try:
            require_free(settings)
            return held.enter_context(database.opened(settings, say, alone=True))
        except (PortTaken, database.AlreadyRunning):
            if time.monotonic() >= patient_until:
                raise
            time.sleep(0.2)


def require_free(settings: Settings) -> None:
    """PortTaken now, rather than after the city is made."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as wrong:
            if wrong.errno == errno.EADDRINUSE:
                raise PortTaken(f"port {settings.port}: {PortTaken.__doc__}") from None
            raise BadSetting(f"{settings.host}:{settings.port}: {wrong.strerror}") from None


async def _made_ready(settings: Settings, seed: int, people: int, scans: int | None) -> str:
    now = datetime.now(UTC)
    await database.prepare(settings, now)
    async with database.owner(settings) as db:
        loaded = await queries.loaded_at(db, LAST_LOGIN)
    if loaded is None and scans is None:
        made = city(seed, people, now, settings.zone)
        with progress(f"Making a city of {people} people", steps(made)) as shown:
            await load(settings, made, shown)
        await work_a_case(settings, made)
    if loaded is None and scans is not None:
        made, everybody = metropolis(seed, crowd.size(scans), now, settings)
        label = f"Making a city of {len(everybody):,} people"
        with progress(label, crowd_load.steps(everybody)) as shown:
            await load_crowd(settings, made, everybody, shown)
    return await welcome(settings, now, whole=scans is not None)


def _certificate(settings: Settings, now: datetime) -> tls.Certificate:
    addresses, names = ["127.0.0.1"], tls.host_names()
    public = urlsplit(settings.public_url).hostname or "localhost"
    wanted = addresses if public.replace(".", "").isdigit() else names
    if public not in wanted:
        wanted.append(public)
    return tls.self_made(settings.data_dir / "tls", addresses, names, now)
