"""Every route of one case against the OpenAPI document. The others: test_api_schema.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from schemathesis import Case

from tests.api_schema import Live, check_answer, examples, of_a_case, served
from tests.conftest import Template


@pytest.fixture(scope="module")
def live(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(template, tmp_path_factory.mktemp("live")) as running:
        yield running


@of_a_case.parametrize()
@examples
def test_every_answer_about_a_case_is_as_the_document_says(case: Case[Any], live: Live) -> None:
    check_answer(case, live)
