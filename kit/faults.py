"""All that is wrong with a form at once; msgspec stops at the first. Only for what was refused
already: the good way pays nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from kit.errors import Problem

CHECK = "check"  # of a field's Meta(extra=…): what may refuse a value of the right kind


def faults(given: object, form: type[msgspec.Struct], *, strict: bool) -> list[dict[str, str]]:
    """[{'field': 'phone', 'detail': 'Expected …'}, …] in the form's order; empty where what was
    sent has no fields at all."""
    if not isinstance(given, Mapping):
        return []
    known = msgspec.structs.fields(form)
    found = []
    for field in known:
        if field.encode_name in given:
            wrong = _fault(given[field.encode_name], field.type, strict=strict)
        else:
            wrong = "missing" if field.required else ""
        if wrong:
            found.append({"field": field.encode_name, "detail": wrong})
    names = {field.encode_name for field in known}
    return found + [{"field": n, "detail": "unknown"} for n in given if n not in names]


def repeated(body: bytes) -> str:
    """A key that stands twice in one object of this JSON, or ''. Readers differ on which counts."""
    twice: list[str] = []

    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                twice.append(name)
            found[name] = value
        return found

    json.loads(body, object_pairs_hook=distinct)
    return twice[0] if twice else ""


def _fault(value: object, kind: Any, *, strict: bool) -> str:
    try:
        found = msgspec.convert(value, kind, strict=strict)
        for meta in getattr(kind, "__metadata__", ()):
            if check := (meta.extra or {}).get(CHECK):
                check(found)
    except msgspec.ValidationError as wrong:
        return str(wrong)
    except Problem as wrong:
        return wrong.title()
    return ""
