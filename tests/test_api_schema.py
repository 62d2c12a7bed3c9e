"""The OpenAPI document by itself, and every route against it but those of one case, which
test_api_schema_cases.py tries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

import app
from accounts.access_table import ACCESS, Who
from tests.api_schema import Live, all_others, check_answers, document, each, of_a_case, served
from tests.conftest import Template


@pytest.fixture(scope="module")
def live(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(template, tmp_path_factory.mktemp("live")) as running:
        yield running


@each(all_others)
def test_every_answer_is_as_the_document_says(operation: Any, live: Live) -> None:
    if operation.label == "DELETE /v1/sessions/current":
        return  # it would end the session of all that follow; test_accounts_access.py calls it
    check_answers(operation, live)


def test_the_two_files_are_given_every_operation() -> None:
    cases, others = ({one.label for one in part} for part in (of_a_case, all_others))

    assert not cases & others
    assert cases | others == {e.name.replace(":int", "") for e in app.endpoints if not e.page}


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
