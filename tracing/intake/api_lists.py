"""What the lists that come in have in common: how one is sent, and what is wrong with a row."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.requests import Request

from kit.errors import Unsupported
from kit.http import BadForm
from tracing.state import State

CSV = "text/csv"
Form = TypeVar("Form", bound=Struct)


class FaultAnswer(Struct, frozen=True):
    """`column` is null where it is the whole row; `reason` says in English what to do; `value` is
    the start of the cell."""

    line: int
    column: str | None
    reason: str
    value: str


def check_kind(request: Request[State], *taken: str) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in taken:
        raise Unsupported(takes=list(taken))


def query_of(request: Request[State], form: type[Form]) -> Form:
    """The body is the list, so the form stands in the address."""
    try:
        return msgspec.convert(dict(request.query_params), form, strict=False)
    except msgspec.ValidationError as wrong:
        raise BadForm(str(wrong)) from None
