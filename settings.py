"""Settings from the environment in one frozen class; a missing or senseless one stops the start by
name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit


class BadSetting(ValueError):
    """A setting is missing or makes no sense; the message names it and says what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Each field is the environment variable of its upper-case name behind `CHOT_` (or as `NAMES`
    says)."""

    data_dir: Path = Path("var")
    key_dir: Path = Path("var/keys")
    database_url: str = ""
    database_owner_url: str = ""
    public_url: str = "http://localhost:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    utc_offset_minutes: int = 7 * 60
    retention_days: int = 21
    archive: bool = False
    demo: bool = False
    second_person: bool = True
    names_a_day: int = 300
    log: str = "info"
    metrics_token: str = field(default="", repr=False)

    @property
    def embedded(self) -> bool:
        """No database of one's own: Chốt starts PostgreSQL itself."""
        return not self.database_url

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https:")

    @property
    def zone(self) -> timezone:
        """The fixed offset by which service days are counted."""
        return timezone(timedelta(minutes=self.utc_offset_minutes))


# The variable of every setting; `docs/settings.md` is held to this list by a test.
NAMES = {
    "data_dir": "CHOT_DATA_DIR",
    "key_dir": "CHOT_KEY_DIR",
    "database_url": "DATABASE_URL",
    "database_owner_url": "DATABASE_OWNER_URL",
    "public_url": "CHOT_PUBLIC_URL",
    "host": "CHOT_HOST",
    "port": "CHOT_PORT",
    "workers": "CHOT_WORKERS",
    "utc_offset_minutes": "CHOT_UTC_OFFSET",
    "retention_days": "CHOT_RETENTION_DAYS",
    "archive": "CHOT_ARCHIVE",
    "demo": "CHOT_DEMO",
    "second_person": "CHOT_SECOND_PERSON",
    "names_a_day": "CHOT_NAMES_A_DAY",
    "log": "CHOT_LOG",
    "metrics_token": "CHOT_METRICS_TOKEN",
}
LOG_LEVELS = ("off", "error", "warning", "info")
SHORTEST_TOKEN = 20  # characters: nobody guesses one of them


def read_settings(environ: Mapping[str, str] = os.environ, *, owner: bool = True) -> Settings:
    """`owner`: the owner's address is needed beside the app's; the workers that answer requests
    never get it."""
    unknown = sorted(n for n in environ if n.startswith("CHOT_") and n not in NAMES.values())
    if unknown:
        raise BadSetting(f"{', '.join(unknown)}: no such setting; docs/settings.md lists them all")
    kinds = get_type_hints(Settings)
    given: dict[str, Any] = {
        field: _value(name, kinds[field], environ[name].strip())
        for field, name in NAMES.items()
        if environ.get(name, "").strip()
    }
    if "key_dir" not in given:
        given["key_dir"] = given.get("data_dir", Path("var")) / "keys"
    settings = Settings(**given)
    _check(settings, owner=owner)
    return settings


def _value(name: str, kind: type, text: str) -> Any:
    if name == "CHOT_UTC_OFFSET":
        return _offset(text)
    if kind is bool:
        if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
            raise BadSetting(f"{name}={text}: say 1 or 0")
        return text.lower() in ("1", "true", "yes")
    if kind is int:
        if not text.isascii() or not text.isdigit():
            raise BadSetting(f"{name}={text}: a whole number is needed")
        return int(text)
    return kind(text)


def _offset(text: str) -> int:
    """'+07:00' → 420; an offset and not a zone name, so that a day key belongs to one interval for
    ever."""
    sign, (hours, colon, minutes) = text[:1], text[1:].partition(":")
    whole = sign in "+-" and colon and hours.isdigit() and minutes.isdigit()
    if not whole or int(hours) > 14 or int(minutes) > 59:
        raise BadSetting(f"CHOT_UTC_OFFSET={text}: write it like +07:00")
    return (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1)


def _check(settings: Settings, *, owner: bool) -> None:
    for name, url in (
        ("DATABASE_URL", settings.database_url),
        ("DATABASE_OWNER_URL", settings.database_owner_url),
    ):
        if url and urlsplit(url).scheme not in ("postgresql", "postgres"):
            raise BadSetting(
                f"{name}: an address like postgresql://user:password@host/database is needed"
            )
    if owner and bool(settings.database_url) != bool(settings.database_owner_url):
        missing = "DATABASE_OWNER_URL" if settings.database_url else "DATABASE_URL"
        raise BadSetting(f"{missing} is missing: give both database addresses, or neither")
    app, owner_url = urlsplit(settings.database_url), urlsplit(settings.database_owner_url)
    if owner and settings.database_url and app.username == owner_url.username:
        raise BadSetting(
            "DATABASE_URL has the owner's account: the service needs one that owns no table"
        )
    public = urlsplit(settings.public_url)
    if (
        public.scheme not in ("http", "https")
        or not public.hostname
        or public.path not in ("", "/")
    ):
        raise BadSetting(
            f"CHOT_PUBLIC_URL={settings.public_url}: "
            "an address like https://chot.example.vn is needed, without a path"
        )
    if not 14 <= settings.retention_days <= 28:
        raise BadSetting(f"CHOT_RETENTION_DAYS={settings.retention_days}: between 14 and 28")
    if not 1 <= settings.workers <= 64:
        raise BadSetting(f"CHOT_WORKERS={settings.workers}: between 1 and 64")
    if not 1 <= settings.port <= 65535:
        raise BadSetting(f"CHOT_PORT={settings.port}: between 1 and 65535")
    if not 1 <= settings.names_a_day <= 100_000:
        raise BadSetting(f"CHOT_NAMES_A_DAY={settings.names_a_day}: between 1 and 100000")
    _check_watch(settings)


def _check_watch(settings: Settings) -> None:
    if settings.log not in LOG_LEVELS:
        raise BadSetting(f"CHOT_LOG={settings.log}: one of {', '.join(LOG_LEVELS)}")
    if 0 < len(settings.metrics_token) < SHORTEST_TOKEN:
        raise BadSetting(f"CHOT_METRICS_TOKEN: at least {SHORTEST_TOKEN} characters are needed")
