"""OpenAPI 3.1 from the endpoints themselves: the forms that validate a request are the ones that
document it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from kit.errors import MEDIA_TYPE, BadRequest, InternalError, Problem, TooLarge, Unsupported
from kit.http import BadForm, Endpoint, MalformedBody

SCHEMA = "#/components/schemas/{name}"
PATH_FIELD = re.compile(r"{(\w+)(?::(\w+))?}")
PATH_KINDS = {"int": {"type": "integer", "minimum": 0}, "": {"type": "string"}}

Described = dict[str, Any]


def document(
    endpoints: Iterable[Endpoint],
    info: Described,
    security: Callable[[str], tuple[str, tuple[type[Problem], ...]]],
) -> Described:
    """`security` says of an endpoint's name which scheme it takes ('' for none) and which problems
    that brings."""
    listed = [e for e in endpoints if not e.page]
    components = _components(listed)
    paths: dict[str, Described] = {}
    for endpoint in listed:
        path = PATH_FIELD.sub(r"{\1}", endpoint.path)
        scheme, refusals = security(endpoint.name)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, scheme, refusals)
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": paths,
        "components": {
            "schemas": components | {"Problem": PROBLEM},
            "securitySchemes": {
                "device": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "gate": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "http", "scheme": "bearer"},
            },
        },
    }


PROBLEM: Described = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}


def _components(endpoints: list[Endpoint]) -> Described:
    structs: list[Any] = [e.form for e in endpoints if e.form]
    structs += [a for e in endpoints for a in e.answers.values() if a and not _is_file(a)]
    _, components = msgspec.json.schema_components(structs, ref_template=SCHEMA)
    queries = {e.form.__name__ for e in endpoints if e.form and e.method == "GET"}
    return {name: schema for name, schema in components.items() if name not in queries}


def _operation(endpoint: Endpoint, scheme: str, refusals: tuple[type[Problem], ...]) -> Described:
    summary, _, rest = (inspect.getdoc(endpoint.handler) or "").partition("\n")
    found: Described = {
        "operationId": endpoint.handler.__name__,
        "summary": summary,
        "tags": [endpoint.path.split("/")[2] if endpoint.path.startswith("/v1/") else "service"],
        "parameters": _path_parameters(endpoint.path) + _query_parameters(endpoint),
        "responses": _answers(endpoint) | _problems(endpoint, refusals),
    }
    if rest.strip():
        found["description"] = rest.strip()
    if scheme:
        found["security"] = [{scheme: []}]
    if endpoint.form and endpoint.method != "GET":
        found["requestBody"] = {"required": True, "content": _json(endpoint.form)}
    elif endpoint.takes:
        raw: Described = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": True, "content": dict.fromkeys(endpoint.takes, raw)}
    return found


def _json(kind: Any) -> Described:
    return {"application/json": {"schema": _schema(kind)}}


def _schema(kind: Any) -> Described:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=SCHEMA)
    return schema


def _path_parameters(path: str) -> list[Described]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": PATH_KINDS.get(kind, {"type": "string"}),
        }
        for name, kind in PATH_FIELD.findall(path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[Described]:
    if endpoint.form is None or endpoint.method != "GET":
        return []
    (_, components) = msgspec.json.schema_components([endpoint.form], ref_template=SCHEMA)
    form = components[endpoint.form.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in form.get("required", ()),
            "schema": schema,
        }
        for name, schema in form["properties"].items()
    ]


def _is_file(kind: Any) -> bool:
    return isinstance(kind, str | tuple)


def _answers(endpoint: Endpoint) -> Described:
    found: Described = {}
    for status, kind in endpoint.answers.items():
        answer: Described = {"description": HTTPStatus(status).phrase}
        if _is_file(kind):
            raw: Described = {"schema": {"type": "string", "format": "binary"}}
            answer["content"] = dict.fromkeys([kind] if isinstance(kind, str) else kind, raw)
        elif kind is not None:
            answer["content"] = _json(kind)
        found[str(status)] = answer
    return found


def _problems(endpoint: Endpoint, refusals: tuple[type[Problem], ...]) -> Described:
    every: list[type[Problem]] = [*endpoint.problems, *refusals, InternalError]
    if endpoint.form:
        every.append(BadForm)
    if endpoint.form and endpoint.method != "GET":
        every += [MalformedBody, TooLarge, Unsupported]
    if endpoint.method != "GET":
        every.append(BadRequest)
    found: Described = {}
    for problem in sorted(set(every), key=lambda p: (p.status, p.__name__)):
        answer = found.setdefault(
            str(problem.status),
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA.format(name="Problem")}}},
            },
        )
        answer["description"] = (
            f"{answer['description']} `{problem.slug()}` {problem.title()}".strip()
        )
    return found
