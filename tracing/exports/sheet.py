"""The list of contacts as a table to hand over: whom to call, when and where it happened, and
why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from accounts.areas import area_name
from kit.sheet import Table, csv_bytes, xlsx_bytes
from tracing import words
from tracing.answers import reason
from tracing.case import CaseFile, Purpose
from tracing.engine.model import Policy
from tracing.followup.words import STATES
from tracing.names import NOBODY, Named
from tracing.runs.listing import Line, Run
from tracing.words import Basis, Translate

COLUMNS = (
    *("No.", "Number", "Full name", "Birth year", "Phone", "Address", "Ward"),
    *("Case", "Tier", "Rank", "Venue", "Part of it"),
    *("First exposure", "Last exposure", "Minutes", "Reason", "Ends", "State", "Path", "Basis"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a file that leaves says of itself; `run`: the trace whose list it is, under `policy`."""

    case: CaseFile
    account: str
    purpose: Purpose
    made: datetime
    expires: datetime
    policy: Policy
    run: Run

    def basis(self, zone: timezone, translate: Translate) -> Basis:
        as_of = f"{self.run.moment.astimezone(zone):%d/%m/%Y %H:%M}"
        kept = self.run.coverage
        return words.basis(translate, self.policy, self.case.anchor, as_of, kept)


def table(
    lines: Sequence[Line],
    names: Mapping[str, Named],
    origin: Origin,
    zone: timezone,
    translate: Translate,
) -> Table:
    def local(at: datetime) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

    basis = origin.basis(zone, translate)
    rows = []
    for place, line in enumerate(lines, 1):
        found, person = line.found, names.get(line.number, NOBODY)
        meetings = found.meetings
        longest = max(meetings, key=lambda one: one.end - one.start)
        tier = f"F{line.tier}" + (f" ({translate('brief')})" if line.brief else "")
        row = (
            *(place, line.number, person.full_name, str(person.birth_year or ""), person.phone),
            *(person.address, area_name(line.area), origin.case.number, tier),
            translate(words.RANKS[line.rank]),
            "; ".join(dict.fromkeys(one.venue for one in meetings)),
            "; ".join(dict.fromkeys(one.zone for one in meetings if one.zone)),
            *(local(found.first_exposure), local(found.last_exposure)),
            "" if found.shown_minutes is None else found.shown_minutes,
            *(reason(line, translate), words.ends(translate, longest.ended, line.tier)),
            *(translate(STATES[line.state]), path(line, local, translate), str(basis)),
        )
        rows.append(row)
    about = (
        ("Case", origin.case.number),
        ("Policy", basis.policy),
        ("As of", basis.as_of),
        ("Days kept", basis.coverage),
        ("Purpose", translate(words.PURPOSES[origin.purpose])),
        ("Account", origin.account),
        ("Made", local(origin.made)),
        ("Delete by", local(origin.expires)),
        ("Contacts", str(len(rows))),
    )
    return Table(
        columns=[translate(name) for name in COLUMNS],
        rows=rows,
        about=[(translate(name), value) for name, value in about],
        title=translate("Contacts of this case"),
        about_title=translate("About this list"),
    )


def path(line: Line, local: Callable[[datetime], str], translate: Translate) -> str:
    """'F0 → F1 7K3QD2XA: Chợ A, 2021-07-09 10:30, 30 min → …', by the numbers of the rows."""
    steps = ["F0"]
    tier = line.tier - len(line.path)
    for number, step in zip(line.path, line.found.path, strict=True):
        tier += 1
        met = step.meeting
        if met is None:
            steps.append(f"F{tier} {number}: {translate('entered by hand')}")
            continue
        lasted = translate("{minutes} min").format(minutes=met.minutes)
        steps.append(f"F{tier} {number}: {met.venue}, {local(met.start)}, {lasted}")
    return " → ".join(steps)


async def file(found: Table, ending: str) -> bytes:
    """In a thread: a large list takes a second."""
    return await asyncio.to_thread(xlsx_bytes if ending == "xlsx" else csv_bytes, found)
