"""The operator's own trace, without a case or a second person: recorded before it begins.

It needs the key directory, which only the operator has, and writes names into a file.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import BinaryIO, TypeAlias

from accounts import audit
from accounts.keydir import FIRST, KeyDir, open_keys
from checkin.pseudonym import ServiceDays
from checkin.queries import linked_people, people_by_identifier
from checkin.vault import IdentifierKind, Vault
from kit.db import Pool, make_pool, transaction
from kit.page import catalog
from kit.sheet import Table, csv_bytes
from settings import Settings
from tracing import words
from tracing.case import Purpose, check_days, check_isolation
from tracing.desk import policy_of
from tracing.engine.contact import Contact, Hop
from tracing.engine.model import MINUTE, Policy
from tracing.facts import moment_of
from tracing.names import NOBODY, Named, opened
from tracing.opening import identity
from tracing.runs import queries_contacts
from tracing.trace import Asked, Progress, Traced, hops, silent
from tracing.words import Because, Translate

COLUMNS = (
    *("tier", "full_name", "phone", "venue", "first_exposure", "last_exposure"),
    *("minutes", "rank", "reason", "path", "basis"),
)
LOCALE = Path(__file__).parent.parent / "locale"


class TraceRefused(ValueError):
    """The operator's trace cannot be made; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the operator asks for, and where the names go."""

    phone: str
    document: str
    onset: date | None
    sampled: date | None
    isolated: datetime | None
    policy: str
    purpose: Purpose
    output: Path
    max_tier: int = 1
    language: str = "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a running service that a trace needs."""

    pool: Pool
    keys: KeyDir
    days: ServiceDays
    settings: Settings
    now: datetime
    progress: Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many people were written, and what is kept of the days that were asked about: nobody is
    an all-clear only where it is all of them."""

    count: int
    coverage: str
    complete: bool


Row: TypeAlias = tuple[str | int, ...]


async def break_glass(
    settings: Settings, order: Order, now: datetime, progress: Progress = silent
) -> Outcome:
    """Writes the people to the output, which must not be there yet."""
    check_days(order.onset, order.sampled, now.astimezone(settings.zone).date())
    check_isolation(order.isolated, now)
    if not (settings.key_dir / "days").is_dir():
        raise TraceRefused(f"{settings.key_dir} holds no keys: without them nobody can be traced")
    kind, value = identity(order.phone, order.document)
    keys = open_keys(settings.key_dir)
    pool = await make_pool(settings.database_url, size=1, statement_seconds=60)
    try:
        days = ServiceDays(keys.days, settings.zone)
        parts = Parts(
            pool=pool, keys=keys, days=days, settings=settings, now=now, progress=progress
        )
        with _new_file(order.output) as file:
            found, policy = await _traced(parts, order, kind, value)
            rows = await _rows(parts, order, found, policy)
            _write(file, csv_bytes(Table(columns=COLUMNS, rows=rows)))
    finally:
        await pool.close()
    kept = found.answer.coverage
    return Outcome(
        count=len(rows),
        coverage=words.coverage(_translator(order.language), kept),
        complete=not kept.missing,
    )


async def _traced(
    service: Parts, order: Order, kind: IdentifierKind, value: str
) -> tuple[Traced, Policy]:
    found = Vault(service.keys).find(kind, value)
    facts = {
        "looked_up": found.hex(),
        "policy": order.policy,
        "onset": order.onset,
        "sampled": order.sampled,
        "operator": getpass.getuser(),
    }
    # Committed before anybody is looked up: what fails later was still asked.
    await _record(service, order, facts)
    async with transaction(service.pool) as db:
        policy = await policy_of(db, order.policy)
        people = await linked_people(db, await people_by_identifier(db, kind, found))
    if not people:
        raise TraceRefused("nobody is known here under this number: that says of no contact at all")
    asked = Asked(
        people=sorted(people),
        onset=order.onset,
        sampled=order.sampled,
        isolated=order.isolated,
        policy=policy,
        max_tier=order.max_tier,
    )
    if not 1 <= order.max_tier <= policy.max_tier:
        raise TraceRefused(f"policy {policy.name} traces from F1 to F{policy.max_tier}")
    async with hops(service.pool, service.days, asked, service.now, service.progress) as made:
        traced = await made.contacts()
    if traced.answer.period.start == traced.answer.period.end:
        raise TraceRefused("isolated before the infectious period begins: no day is left to trace")
    return traced, policy


async def _rows(service: Parts, order: Order, traced: Traced, policy: Policy) -> list[Row]:
    contacts = (*traced.answer.contacts, *traced.answer.brief)
    names = await _names(service, order, contacts)
    said, zone = _translator(order.language), service.settings.zone
    anchor = order.onset or order.sampled
    assert anchor is not None  # noqa: S101  `check_days` refuses an order without
    as_of, kept = f"{service.now.astimezone(zone):%Y-%m-%d %H:%M}", traced.answer.coverage
    basis = str(words.basis(said, policy, anchor, as_of, kept))
    numbers = {one.person: str(place) for place, one in enumerate(contacts, 1)}
    return [
        (*_row(traced, numbers, one, names.get(one.person, NOBODY), zone, said), basis)
        for one in contacts
    ]


async def _record(service: Parts, order: Order, facts: Mapping[str, object]) -> None:
    entry = audit.Entry(act="operator-trace", staff_id=None, purpose=order.purpose, facts=facts)
    async with transaction(service.pool) as db:
        await audit.record(db, service.keys.audit.key(FIRST), entry, service.now)


async def _names(service: Parts, order: Order, contacts: Sequence[Contact]) -> dict[int, Named]:
    key, vault = service.keys.audit.key(FIRST), Vault(service.keys)
    async with transaction(service.pool) as db:
        rows = await queries_contacts.sealed_people(db, [one.person for one in contacts])
        entry = audit.Entry(act="reveal-name", staff_id=None, purpose=order.purpose)
        entries = [replace(entry, person_id=row.id) for row in rows]
        await audit.record_all(db, key, entries, service.now)
    return {row.id: opened(vault, row) for row in rows}


def _row(
    traced: Traced,
    numbers: Mapping[int, str],
    contact: Contact,
    person: Named,
    zone: timezone,
    translate: Translate,
) -> Row:
    """`numbers`: of the rows, by which a path names those on the way."""

    def local(at: int) -> str:
        return f"{moment_of(at).astimezone(zone):%Y-%m-%d %H:%M}"

    def step(place: int, hop: Hop) -> str:
        row = translate("row {number}").format(number=numbers.get(hop.person, "?"))
        who = f"F{contact.tier - len(contact.path) + place} ({row}): "
        if hop.exposure is None:
            return who
        minutes = translate("{minutes} min").format(minutes=hop.exposure.length // MINUTE)
        where = traced.names.venues[hop.exposure.venue]
        return f"{who}{where}, {local(hop.exposure.start)} – {local(hop.exposure.end)}, {minutes}"

    steps = [step(place, hop) for place, hop in enumerate(contact.path, 1)]
    reason = contact.reasons[0]
    return (
        *(f"F{contact.tier}", person.full_name, person.phone, traced.names.venues[reason.venue]),
        *(local(contact.first_exposure), local(contact.last_exposure), contact.minutes),
        contact.rank.value,
        words.reason(
            translate,
            [one.why for one in contact.reasons],
            Because(
                venue=traced.names.venues[reason.venue],
                minutes=reason.minutes,
                minimum=reason.minimum,
                together=reason.together,
            ),
        ),
        " → ".join(["F0", *steps]),
    )


def _translator(code: str) -> Translate:
    found = catalog(LOCALE / code)
    return lambda text: found.get(text, text)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """For the operator's eyes only, never over a file that is there. Opened before anything is
    asked, so that nobody is named for nothing; gone again where the trace fails."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise TraceRefused(f"{path} is there already") from None
    except OSError as wrong:
        raise TraceRefused(f"{path} cannot be made: {wrong.strerror}") from None
    try:
        with open(number, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(file: BinaryIO, body: bytes) -> None:
    try:
        file.write(body)
        file.flush()
    except OSError as wrong:
        raise TraceRefused(f"{file.name} cannot be written: {wrong.strerror}") from None
