"""schemathesis over the whole OpenAPI document, against a running service: no server error, no
answer that the document
does not describe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import validate
from schemathesis import Case
from schemathesis.checks import CHECKS

import app
from accounts import queries
from accounts.access_table import ACCESS, Who
from accounts.model import Grant, Role
from accounts.password import hash_password
from kit.db import make_pool
from settings import Settings
from tests.conftest import NOW, Template, copied
from tests.live import serving

PASSWORD = "a password of the test"
EXAMPLES = 12
PATIENCE = 60  # seconds; machines are shared, and fifty sheets of cards are drawn

document = app.document()
schema = schemathesis.openapi.from_dict(document)
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


@pytest.fixture(scope="module")
def live(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with asyncio.Runner() as runner:
        database = copied(template, tmp_path_factory.mktemp("live"))
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


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_the_document_says(case: Case[Any], live: Live) -> None:
    name = f"{case.operation.method.upper()} {case.operation.path}"
    if name == "DELETE /v1/sessions/current":
        return  # it would end the session of all that follow; test_accounts_access.py calls it
    head = {}
    if case.operation.definition.raw.get("security"):
        (scheme,) = case.operation.definition.raw["security"][0]
        head = {"Authorization": f"Bearer {getattr(live, scheme)}"}

    answer = case.call(base_url=live.url, headers=head, timeout=PATIENCE)

    case.validate_response(answer, checks=checks)


def test_the_test_above_is_given_every_operation() -> None:
    # an operation that cannot be read has no `ok` and fails here
    given = {found.ok().label for found in schema.get_all_operations()}  # type: ignore[union-attr]

    assert given == {e.name.replace(":int", "") for e in app.endpoints if not e.page}


def test_the_document_is_valid_openapi() -> None:
    validate(document)


def test_the_document_has_every_operation_and_no_page() -> None:
    operations = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }

    assert len(operations) == sum(not e.page for e in app.endpoints)
    assert all(path.startswith("/v1/") for _, path in operations)


def test_whoever_needs_a_token_is_told_so() -> None:
    for endpoint in app.endpoints:
        if endpoint.page:
            continue
        path = endpoint.path.replace(":int", "")
        operation = document["paths"][path][endpoint.method.lower()]
        needs = ACCESS[endpoint.name].who is not Who.PUBLIC
        assert ("security" in operation) == needs, endpoint.name
        assert ("401" in operation["responses"]) >= needs, endpoint.name
