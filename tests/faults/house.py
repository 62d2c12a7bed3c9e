"""A database server, people with tokens, one door, and the service as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, TypeVar
from urllib.request import urlopen

import asyncpg

import database
import serving
from accounts.keydir import open_keys
from accounts.model import Citizen
from accounts.tokens import DeviceTokens
from checkin.pseudonym import ServiceDays
from checkin.rules import up_to_hour
from checkin.vault import Vault, new_person_id
from checkin.verify import Reconciled, reconcile
from kit import postgres
from kit.postgres_process import lock
from settings import Settings
from tests.faults.guard import SWITCH, Guard
from venues.code import new_code

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0
PEOPLE, LONERS = 2_000, 3
PUSHED = {"max_wal_size": "512MB", "shared_buffers": "128MB"}
Db: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class House:
    folder: Path
    cluster: postgres.Cluster
    database_settings: Mapping[str, str]
    settings: Settings
    code: str = ""
    without: Guard | None = None  # a guard that the service is started without
    service: subprocess.Popen[bytes] | None = None
    files: list[Path] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings.public_url

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    @property
    def loners(self) -> Path:
        """Tokens of people who are not among the crowd: their scans are in no crowd's file."""
        return self.folder / "loners"

    @property
    def log(self) -> Path:
        """Of the service."""
        return self.folder / "service.log"

    # -- the service

    def start_service(self, database_url: str = "") -> float:
        """Seconds until it was ready."""
        begun = time.monotonic()
        environment = self.environment(database_url)
        program = ["-m", "tests.faults.serve"] if self.without else ["chot.py", "serve"]
        with self.log.open("ab") as log:
            self.service = subprocess.Popen(
                [sys.executable, *program], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        until(self.is_ready, self.service)
        return time.monotonic() - begun

    def environment(self, database_url: str = "") -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("CHOT_")}
        if self.without:
            kept[SWITCH] = self.without
        settings = self.settings
        if database_url:
            settings = replace(settings, database_url=database_url)
        return kept | serving.environment(settings)

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError), urlopen(f"{self.url}/ready", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def end_service(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it was gone; it may be gone already."""
        begun = time.monotonic()
        if self.service is not None:
            if self.service.poll() is None:
                self.service.send_signal(number)
            self.service.wait(PATIENCE)
        return time.monotonic() - begun

    # -- the database

    def start_database(self) -> None:
        self.cluster = postgres.start(
            self.cluster.data_dir, say=lambda text: None, settings=self.database_settings
        )

    def stop_database(self) -> None:
        postgres.stop(self.cluster)

    def kill_database(self) -> None:
        """Every process of it at once, the first one first, and waits until the last is gone."""
        for pid in (self.cluster.pid, *children(self.cluster.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.wait_database_gone()

    def wait_database_gone(self) -> None:
        until(self.is_database_gone)

    def is_database_gone(self) -> bool:
        with lock(self.cluster.data_dir) as held:
            return held is not None

    def signal_database(self, number: signal.Signals) -> None:
        for pid in (self.cluster.pid, *children(self.cluster.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def ask(self, question: Callable[[Db], Awaitable[T]], *, admin: bool = False) -> T:
        """With a connection of the owner, or of the superuser on the same database."""

        async def asked() -> T:
            url = self.settings.database_owner_url
            if admin:
                url = self.cluster.admin_url.replace("/postgres?", "/chot?")
            connection = await asyncpg.connect(url, timeout=10)
            try:
                return await question(connection)
            finally:
                await connection.close()

        return asyncio.run(asked())

    def execute(self, *statements: str, admin: bool = False) -> None:
        async def run(db: Db) -> None:
            for statement in statements:
                await db.execute(statement)

        self.ask(run, admin=admin)

    # -- what was acknowledged

    def verify(self, path: Path) -> Reconciled:
        keys = open_keys(self.settings.key_dir)
        tokens, days = DeviceTokens(keys.tokens), ServiceDays(keys.days, self.settings.zone)

        async def compared(db: Db) -> Reconciled:
            with path.open("rb") as lines:
                return await reconcile(db, lines, tokens, days, Vault(keys))

        return self.ask(compared)

    def new_file(self) -> Path:
        path = self.folder / f"scans-{len(self.files) + 1:04}.ndjson"
        self.files.append(path)
        return path


@contextlib.contextmanager
def house(
    database_settings: Mapping[str, str] = PUSHED,
    *,
    folder: Path | None = None,
    database_folder: Path | None = None,
    workers: int = 1,
    utc_offset_minutes: int = 7 * 60,
) -> Iterator[House]:
    """With a ready database and people; the service is not started yet. Everything ends with it."""
    place = folder or Path(tempfile.mkdtemp(prefix="chot-faults-"))
    place.chmod(0o755)
    data_dir = (database_folder or place) / "db"
    cluster = postgres.start(data_dir, say=lambda text: None, settings=database_settings)
    port = free_port()
    settings = Settings(
        data_dir=place,
        key_dir=place / "keys",
        port=port,
        public_url=f"http://127.0.0.1:{port}",
        workers=workers,
        utc_offset_minutes=utc_offset_minutes,
        database_url=cluster.app_url,
        database_owner_url=cluster.owner_url,
    )
    made = House(
        folder=place, cluster=cluster, database_settings=database_settings, settings=settings
    )
    try:
        made.code = asyncio.run(_furnish(made))
        yield made
    finally:
        made.end_service(signal.SIGKILL)
        made.signal_database(signal.SIGCONT)
        if not made.is_database_gone():
            made.stop_database()
        if folder is None:
            shutil.rmtree(place, ignore_errors=True)


async def _furnish(made: House) -> str:
    """People whose tokens stand in a file, one a line; the code of the door they all use."""
    now, code = datetime.now(UTC), new_code()
    await database.prepare(made.settings, now)
    keys = open_keys(made.settings.key_dir)
    vault, tokens = Vault(keys), DeviceTokens(keys.tokens)
    people = [new_person_id() for _ in range(PEOPLE + LONERS)]
    sealed = vault.seal_all((person, {"full_name": "Người Thử"}) for person in people)
    hour = up_to_hour(now)
    async with database.owner(made.settings) as db, db.transaction():
        await db.copy_records_to_table(
            "person",
            records=[(p, *s, hour) for p, s in zip(people, sealed, strict=True)],
            columns=["id", "sealed", "key_id", "created"],
        )
        await db.execute(DOOR, code, now)
    issued = [tokens.issue(Citizen(person_id=p, generation=0), now) for p in people]
    made.loners.write_text("\n".join(issued[:LONERS]))
    made.tokens.write_text("\n".join(issued[LONERS:]))
    return code


DOOR = """
WITH o AS (INSERT INTO organisation (name, created_at) VALUES ('Faults', $2) RETURNING id),
v AS (
    INSERT INTO venue (organisation_id, name, kind, address, natural_key, created_at)
    SELECT id, 'Chợ Thử', 'market', '', 'faults', $2 FROM o RETURNING id
), c AS (
    INSERT INTO checkpoint (venue_id, name, direction, created_at)
    SELECT id, 'Cửa chính', 'both', $2 FROM v RETURNING id
)
INSERT INTO code (code, checkpoint_id, valid_from) SELECT $1, id, $2 FROM c
"""


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    return port


def children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in listed.split()]


def until(claim: Callable[[], bool], process: subprocess.Popen[bytes] | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not claim():
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"it ended with status {process.returncode}; see its log")
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in time")
        time.sleep(0.01)
