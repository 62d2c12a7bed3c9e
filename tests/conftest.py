"""Real PostgreSQL, migrated once and copied for each test; the service built on it with a clock of
the test's own."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import asyncpg
import httpx
import hypothesis
import pytest

import app
import database
from accounts.keydir import open_keys
from checkin.partitions import make_days
from checkin.pseudonym import ServiceDays
from kit import postgres
from kit.log import Lines
from settings import Settings
from tracing.state import State

# Machines are shared: an example may take long without being wrong.
hypothesis.settings.register_profile("chot", deadline=None)
hypothesis.settings.load_profile("chot")

NOW = datetime(2021, 7, 20, 5, 0, tzinfo=UTC)  # noon in Cần Thơ
UNSAFE_BUT_QUICK = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    memory = Path("/dev/shm")  # noqa: S108  a database a test: their files need no disk
    folder = Path(tempfile.mkdtemp(prefix="chot-test-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    started = postgres.start(folder / "db", say=lambda text: None, settings=UNSAFE_BUT_QUICK)
    yield started
    postgres.stop(started)
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A migrated database that nobody is connected to, with its key directory."""

    settings: Settings
    admin_url: str


@pytest.fixture(scope="session")
def template(cluster: postgres.Cluster, tmp_path_factory: pytest.TempPathFactory) -> Template:
    settings = Settings(
        key_dir=tmp_path_factory.mktemp("keys"),
        database_url=cluster.app_url,
        database_owner_url=cluster.owner_url,
        public_url="http://testserver",
        retention_days=21,
    )

    async def migrated() -> None:
        database.NEEDED_ON = ()  # the tests' server is quick and forgetful on purpose
        await database.prepare(settings, NOW)
        async with database.owner(settings) as owner:
            days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
            await make_days(owner, days, days.day(NOW) - timedelta(days=21), days.day(NOW))

    asyncio.run(migrated())
    return Template(settings=settings, admin_url=cluster.admin_url)


@pytest.fixture
async def settings(template: Template, tmp_path: Path) -> AsyncIterator[Settings]:
    """Of a database of this test's own."""
    async with copied(template, tmp_path) as found:
        yield found


@asynccontextmanager
async def copied(template: Template, folder: Path) -> AsyncIterator[Settings]:
    name = f"test_{next(numbers)}"
    admin = await asyncpg.connect(template.admin_url)
    # Through the log, as is the default, it would take eight times as long.
    quickly = "TEMPLATE chot STRATEGY file_copy OWNER chot_owner"
    await admin.execute(f"CREATE DATABASE {name} {quickly}")
    keys = folder / "keys"
    shutil.copytree(template.settings.key_dir, keys)
    yield replace(
        template.settings,
        key_dir=keys,
        data_dir=folder,
        database_url=template.settings.database_url.replace("/chot?", f"/{name}?"),
        database_owner_url=template.settings.database_owner_url.replace("/chot?", f"/{name}?"),
    )
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


@pytest.fixture(scope="session")
def settings_read_only(template: Template) -> Settings:
    """Of the template itself, for tests that change nothing; close every connection again."""
    return template.settings


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **delta: float) -> datetime:
        self.now += timedelta(**delta)
        return self.now


@dataclass
class Service:
    """The running application: `client()` is a new browser or phone, `state` what the handlers
    see."""

    state: State
    clock: Clock
    settings: Settings
    _transport: httpx.ASGITransport
    _clients: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def client(self, **headers: str) -> httpx.AsyncClient:
        made = httpx.AsyncClient(
            transport=self._transport, base_url="http://testserver", headers=headers
        )
        return await self._clients.enter_async_context(made)


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    async with running(settings) as found:
        yield found


@asynccontextmanager
async def running(settings: Settings, lines: Lines | None = None) -> AsyncIterator[Service]:
    """`lines`: where it logs."""
    clock = Clock()
    starlette = app.build(settings, clock, lines)
    async with starlette.router.lifespan_context(starlette) as found, AsyncExitStack() as clients:
        state = cast(State, found)

        async def with_state(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = dict(state)
            await starlette(scope, receive, send)

        transport = httpx.ASGITransport(with_state)
        yield Service(state, clock, settings, transport, clients)
