"""The running service: uvicorn's workers, and beside them the keeper with the owner's rights."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from datetime import UTC, datetime

import uvicorn

import database
import metrics
from accounts.keydir import open_keys
from checkin.footfall import keep_footfall
from checkin.pseudonym import ServiceDays
from kit import log
from settings import NAMES, Settings

HOUR = 3600
log_of_days = logging.getLogger("chot.days")


def run_server(settings: Settings, **tls: str) -> None:
    """Until a signal ends it. The owner's address stays in this process: a thread keeps the days
    with it."""
    asyncio.run(database.refuse_too_few_connections(settings))
    os.environ.update(environment(settings))
    os.environ.pop("DATABASE_OWNER_URL", None)
    log.start(settings.log)
    metrics.begin(settings)
    ended = threading.Event()
    keeper = threading.Thread(target=keep_hourly, args=(settings, ended), daemon=True)
    keeper.start()
    try:
        uvicorn.run(
            "app:from_environment",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            log_config=None,  # its loggers speak through ours
            log_level="warning",
            access_log=False,
            server_header=False,
            http="kit.one_write:OneWrite",
            proxy_headers=False,  # app.py has them, after the scans
            timeout_graceful_shutdown=10,
            # uvicorn's 5 s kill a worker that is still importing on a busy machine, over and over
            timeout_worker_healthcheck=30,
            ssl_certfile=tls.get("certificate"),
            ssl_keyfile=tls.get("key"),
        )
    except KeyboardInterrupt:
        pass
    finally:
        ended.set()
        keeper.join(timeout=10)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as the workers read them again."""
    hours, minutes = divmod(abs(settings.utc_offset_minutes), 60)
    sign = "-" if settings.utc_offset_minutes < 0 else "+"
    found = {NAMES[field]: str(getattr(settings, field)) for field in NAMES}
    found |= {"CHOT_UTC_OFFSET": f"{sign}{hours:02}:{minutes:02}"}
    return found


def keep_hourly(settings: Settings, ended: threading.Event) -> None:
    """Hourly, so that a day is never missing; a failure is an alarm in the log and is tried
    again. Complete days are counted at once, too: here nobody waits for it."""
    _count(settings)
    while not ended.wait(HOUR):
        try:
            asyncio.run(_keep(settings))
            metrics.note_kept(settings)
        except Exception:
            log_of_days.exception("the days ahead could not be made")
        _count(settings)


def _count(settings: Settings) -> None:
    try:
        asyncio.run(_counted(settings))
    except Exception:
        log_of_days.exception("complete days could not be counted: clusters take longer")


async def _keep(settings: Settings) -> None:
    async with database.owner(settings) as connection:
        await database.keep(connection, settings, datetime.now(UTC))


async def _counted(settings: Settings) -> None:
    days = ServiceDays(open_keys(settings.key_dir).days, settings.zone)
    async with database.owner(settings) as connection:
        await keep_footfall(connection, days, datetime.now(UTC))
