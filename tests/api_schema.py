"""schemathesis against a running service: no server error, no answer that the document does not
describe. Two files share its operations, so that two processes of the suite do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS

import app
from accounts import queries
from accounts.model import Grant, Role
from accounts.password import hash_password
from kit.db import make_pool
from settings import Settings
from tests.conftest import NOW, Template, copied
from tests.live import serving

PASSWORD = "a password of the test"
examples = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
PATIENCE = 60  # seconds; machines are shared, and fifty sheets of cards are drawn

document = app.document()
schema = schemathesis.openapi.from_dict(document)
CASES = "/v1/cases/"
# An operation that cannot be read has no `ok` and fails here.
operations = [found.ok() for found in schema.get_all_operations()]  # type: ignore[union-attr]
of_a_case = [one for one in operations if one.path.startswith(CASES)]
all_others = [one for one in operations if not one.path.startswith(CASES)]
CORE = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
checks: list[Any] = [CHECKS.get_one(name) for name in CORE]


@schemathesis.serializer(
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/x-ndjson"
)
def any_bytes(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@dataclass(frozen=True)
class Live:
    url: str
    device: str
    gate: str
    session: str


@contextmanager
def served(template: Template, folder: Path) -> Iterator[Live]:
    with asyncio.Runner() as runner:
        database = copied(template, folder)
        own = runner.run(database.__aenter__())
        runner.run(add_admin(own))
        with serving(own, lambda: NOW) as url:
            yield signed_in(url)
        runner.run(database.__aexit__(None, None, None))


async def add_admin(own: Settings) -> None:
    pool = await make_pool(own.database_url, size=1, statement_seconds=5)
    async with pool.acquire() as db:
        staff_id = await queries.add_staff(
            db, "every", "Every role", hash_password(PASSWORD), False, NOW
        )
        assert staff_id is not None
        for role in Role:
            await queries.add_grant(db, staff_id, Grant(role=role, area=""), NOW)
    await pool.close()


def signed_in(url: str) -> Live:
    person = {"full_name": "Nguyễn Văn Thử", "phone": "0912345678"}
    device = httpx.post(f"{url}/v1/people", json=person).raise_for_status().json()["token"]
    login = {"login": "every", "password": PASSWORD}
    session = httpx.post(f"{url}/v1/sessions", json=login).raise_for_status().json()["token"]
    staff = {"Authorization": f"Bearer {session}"}
    facts = {"name": "Chợ", "kind": "market", "address": "12", "organisation": "Chợ", "area": ""}
    venue = httpx.post(f"{url}/v1/venues", json=facts, headers=staff).raise_for_status().json()
    door = f"{url}/v1/checkpoints/{venue['checkpoints'][0]['id']}/gates"
    offer = httpx.post(door, json={"name": "1"}, headers=staff).raise_for_status().json()
    paired = httpx.post(f"{url}/v1/gate/pairings", json={"code": offer["code"]})
    return Live(url, device, paired.raise_for_status().json()["token"], session)


def each(operations: list[Any]) -> pytest.MarkDecorator:
    """A test for each, by a name of its own: schemathesis' own parametrize gives all of them one
    name, and pytest-xdist runs one test of a name."""
    return pytest.mark.parametrize("operation", operations, ids=[one.label for one in operations])


def check_answers(operation: Any, live: Live) -> None:
    @examples
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode]))
    def tried(case: Case[Any]) -> None:
        check_answer(case, live)

    tried()


def check_answer(case: Case[Any], live: Live) -> None:
    head = {}
    if case.operation.definition.raw.get("security"):
        (scheme,) = case.operation.definition.raw["security"][0]
        head = {"Authorization": f"Bearer {getattr(live, scheme)}"}

    answer = case.call(base_url=live.url, headers=head, timeout=PATIENCE)

    case.validate_response(answer, checks=checks)
