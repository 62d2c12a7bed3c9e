"""The buttons of the list: what was done about the ticked contacts, what was decided, to whom they
are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from accounts import access_table
from accounts.access_table import Rule
from kit.errors import Conflict, Unprocessable
from kit.http import BODY_LIMIT, BadForm, Endpoint, plain, see_other
from tracing import desk
from tracing.case import CaseFile, Purpose
from tracing.casework.pages import PATH, Shown, opened, page
from tracing.casework.pages_list import query_of
from tracing.desk import Desk, case_id_of, desk_of
from tracing.followup import desk as followup_desk
from tracing.followup.desk import Act, Doing, Target, Verdict
from tracing.followup.giving import giving
from tracing.state import State

PICK = "pick-"
Fields = Mapping[str, str]
Does = Callable[[Desk, Target], Awaitable[int]]


class NobodyTicked(Unprocessable):
    """Tick the contacts it is about, or everybody on the filtered list."""


async def fields_of(request: Request[State]) -> dict[str, str]:
    """As many as a page of the list has: a field for each ticked row."""
    async with request.form(max_files=0, max_fields=300, max_part_size=BODY_LIMIT) as sent:
        fields = {name: str(value) for name, value in sent.multi_items()}
    found: dict[str, str] = plain(fields)
    return found


async def record(request: Request[State]) -> Response:
    """`do`: an act, or «undo» and an act; with a number for one row's own button."""
    fields = await fields_of(request)
    undo, act, number = _parted(fields.get("do", ""))
    try:
        doing = Doing(act=Act(act or fields.get("act", "")), undo=undo, words=_words(fields))
    except ValueError:
        raise BadForm("act") from None
    rule = access_table.OFFICER
    return await _done(
        request,
        rule,
        fields,
        number,
        lambda mine, to: followup_desk.do(request.state, mine, to, doing),
    )


async def judge(request: Request[State]) -> Response:
    fields = await fields_of(request)
    undo, verdict, number = _parted(fields.get("do", ""))
    try:
        chosen = Verdict(verdict or fields.get("verdict", ""))
    except ValueError:
        raise BadForm("verdict") from None
    doing = Doing(act=chosen, undo=undo, words=fields.get("reason", "")[:500])
    rule = access_table.VERIFIER
    return await _done(
        request,
        rule,
        fields,
        number,
        lambda mine, to: followup_desk.do(request.state, mine, to, doing),
    )


async def give(request: Request[State]) -> Response:
    fields = await fields_of(request)
    chosen = giving(fields.get("do") or fields.get("to", ""), fields.get("tracer", ""))
    rule = access_table.CASE_APPROVER
    return await _done(
        request,
        rule,
        fields,
        "",
        lambda mine, to: followup_desk.give(request.state, mine, to, chosen),
    )


def _parted(do: str) -> tuple[bool, str, str]:
    """'undo reached:7K3QD2XA' → taken back, the act, for whom alone."""
    act, _, number = do.partition(":")
    return act.split(" ")[0] == "undo", act.removeprefix("undo").strip(), number


def _words(fields: Fields) -> str:
    return fields.get("words", "")[:500]


async def _done(
    request: Request[State], rule: Rule, fields: Fields, number: str, does: Does
) -> Response:
    """The list again where it was: names that are open stay so, what was refused stays typed."""
    state, mine, case_id = request.state, desk_of(request, rule), case_id_of(request)
    case, query = await desk.read_work(state, mine, case_id), query_of(fields.get("list", ""))
    picked = [number] if number else _picked(fields)
    everybody = not number and "everybody" in fields
    try:
        if not picked and not everybody:
            raise NobodyTicked
        target = Target(
            case_id=case.id,
            numbers=None if everybody else picked,
            chosen=query.chosen(mine),
            text=query.text[:100],
        )
        done = str(await does(mine, target))
    except (Conflict, Unprocessable) as wrong:
        return await _again(request, case, fields, Shown(purpose=case.purpose, wrong=wrong))
    back = "yes" if _parted(fields.get("do", ""))[0] else ""
    if not fields.get("open"):
        place = number if number and not query.filters else "list"  # a filter may hide the row
        return see_other(f"/desk/cases/{case_id}?{query.address(done=done, back=back)}#{place}")
    told = msgspec.structs.replace(query, done=done, back=back)
    return await _again(request, case, fields, Shown(purpose=case.purpose, query=told))


def _picked(fields: Fields) -> list[str]:
    return [name.removeprefix(PICK) for name in fields if name.startswith(PICK)]


async def _again(request: Request[State], case: CaseFile, fields: Fields, shown: Shown) -> Response:
    state, mine, names = request.state, desk_of(request), fields.get("open", "")[:2000]
    purpose = fields.get("purpose", "")
    chosen = Purpose(purpose) if purpose in set(Purpose) else case.purpose
    known = await opened(state, mine, case, chosen, (), names) if names else {}
    shown = replace(shown, purpose=chosen, names=known)
    if shown.wrong:
        shown = replace(shown, query=query_of(fields.get("list", "")), sent=fields)
    return await page(request, case, shown)


CONTACTS = f"{PATH}/contacts"

endpoints = [
    Endpoint("POST", f"{CONTACTS}/work", record, page=True),
    Endpoint("POST", f"{CONTACTS}/verdicts", judge, page=True),
    Endpoint("POST", f"{CONTACTS}/assignments", give, page=True),
]
