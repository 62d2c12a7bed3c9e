"""Everything wrong with a form, told at once."""

from __future__ import annotations

from typing import Annotated

import pytest
from msgspec import Meta, Struct

from kit.faults import faults, repeated
from tests.conftest import Service


class Form(Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1)]
    age: Annotated[int, Meta(ge=0)]
    inner: dict[str, int] = {}


def test_each_field_is_named_with_what_is_wrong() -> None:
    given = {"age": -1, "inner": {"a": "b"}, "more": 1}

    found = faults(given, Form, strict=True)

    assert [fault["field"] for fault in found] == ["name", "age", "inner", "more"]
    assert found[0]["detail"] == "missing"
    assert ">= 0" in found[1]["detail"]
    assert found[3]["detail"] == "unknown"


def test_what_has_no_fields_has_no_faults() -> None:
    assert faults(["name"], Form, strict=True) == []


def test_the_texts_of_a_html_form_are_taken_as_numbers() -> None:
    assert faults({"name": "Lan", "age": "7"}, Form, strict=False) == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ('{"a": 1, "b": {"a": 2}}', ""),
        ('{"a": 1, "b": 2, "a": 1}', "a"),
        ('[{"a": {"b": 1, "\\u0062": 2}}]', "b"),
    ],
)
def test_a_key_that_stands_twice_is_found(body: str, name: str) -> None:
    assert repeated(body.encode()) == name


async def test_a_refused_body_names_all_its_faults(service: Service) -> None:
    client = await service.client()

    answer = await client.post("/v1/people", json={"full_name": " ", "phone": "1", "age": 7})

    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["fields"]] == ["full_name", "phone", "age"]


async def test_a_body_that_is_no_json_behind_a_wrong_value_is_refused(service: Service) -> None:
    client = await service.client(**{"content-type": "application/json"})

    answer = await client.post("/v1/people", content="0 and more")

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-body")


async def test_a_body_that_says_a_thing_twice_is_refused(service: Service) -> None:
    client = await service.client(**{"content-type": "application/json"})
    twice = '{"full_name": "Hoa", "phone": "0912345678", "phone": "0987654321"}'

    answer = await client.post("/v1/people", content=twice)

    assert (answer.status_code, answer.json()["detail"]) == (422, "phone stands twice")
