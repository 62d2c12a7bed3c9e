"""Every route of one case against the OpenAPI document. The others: test_api_schema.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api_schema import Live, check_answers, each, of_a_case, served
from tests.conftest import Template


@pytest.fixture(scope="module")
def live(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with served(template, tmp_path_factory.mktemp("live")) as running:
        yield running


@each(of_a_case)
def test_every_answer_about_a_case_is_as_the_document_says(operation: Any, live: Live) -> None:
    check_answers(operation, live)
