"""What the lists that come in have in common: how one is sent, and what is wrong with a row."""

from __future__ import annotations

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request

from kit.errors import Unsupported
from kit.http import BadForm, read_body
from kit.table import Encoding
from tracing.intake.table import LIMIT, ListFile
from tracing.state import State

Form = TypeVar("Form", bound=Struct)


class FaultAnswer(Struct, frozen=True):
    """`column` is null where it is the whole row; `reason` says in English what to do; `value` is
    the start of the cell."""

    line: int
    column: str | None
    reason: str
    value: str


class TableQuery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`sheet` of a workbook; without one the only sheet that has the columns is read. `encoding` of
    a CSV that is not UTF-8."""

    sheet: Annotated[str, Meta(max_length=100)] = ""
    encoding: Encoding | None = None


async def sent_of(request: Request[State], form: TableQuery) -> ListFile:
    body = await read_body(request, LIMIT)
    return ListFile(data=body, name="list", sheet=form.sheet, encoding=form.encoding)


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
