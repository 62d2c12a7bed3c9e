"""The list as a graph, from the case over each path, without anybody's name, in those of points
neither: GraphML for graph tools, and a line list with its contacts for epicontacts in R."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kit.sheet import Cell
from tracing.exports.bundle import Part
from tracing.exports.graphml import Graph, written
from tracing.exports.handover import Handover, links, unnamed_place, unnamed_points

LINELIST = (
    *("id", "tier", "brief", "state", "rank", "minutes", "first_exposure", "last_exposure"),
    "onset",
)
CONTACTS = ("from", "to", "tier", "venue", "zone", "same_zone", "start", "end", "minutes", "ends")


def parts(handover: Handover) -> Iterator[Part]:
    yield Part(name="linelist.csv", heads=[LINELIST], rows=_linelist(handover))
    yield Part(name="contacts.csv", heads=[CONTACTS], rows=_contacts(handover))


def _linelist(handover: Handover) -> Iterator[Sequence[Cell]]:
    case = handover.origin.case
    onset = "" if case.onset is None else f"{case.onset:%Y-%m-%d}"
    yield (case.number, 0, "false", "case", "", "", "", "", onset)
    seen = {case.number}
    for line in handover.lines:
        seen.add(line.number)
        found = line.found
        yield (
            *(line.number, line.tier, _truth(line.brief), line.state, line.rank, found.minutes),
            handover.local(found.first_exposure).isoformat(timespec="minutes"),
            handover.local(found.last_exposure).isoformat(timespec="minutes"),
            "",
        )
    for link in links(case.number, handover.lines):
        if link.target not in seen:  # on a path, and no longer on the list
            seen.add(link.target)
            yield (link.target, link.tier, *("",) * (len(LINELIST) - 2))


def _contacts(handover: Handover) -> Iterator[Sequence[Cell]]:
    points = unnamed_points(handover.points)
    for link in links(handover.origin.case.number, handover.lines):
        if not link.meetings:
            yield (link.source, link.target, link.tier, *("",) * (len(CONTACTS) - 3))
        for one in link.meetings:
            yield (
                *(link.source, link.target, link.tier),
                *(unnamed_place(one, points), one.zone or ""),
                _truth(one.same_zone),
                handover.local(one.start).isoformat(timespec="minutes"),
                handover.local(one.end).isoformat(timespec="minutes"),
                one.minutes,
                " ".join(one.ended),
            )


def graphml(handover: Handover) -> Iterator[bytes]:
    """An edge a pair, from the source; its facts are those of their longest meeting."""
    return written(
        Graph(
            name=handover.origin.case.number,
            about=str(handover.basis()),
            node_facts=LINELIST[1:],
            nodes=_linelist(handover),
            edge_facts=CONTACTS[2:],
            edges=_longest(_contacts(handover)),
        )
    )


def _longest(rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    """Rows of one pair follow each other."""
    kept: Sequence[Cell] | None = None
    for row in rows:
        if kept is not None and kept[:2] == row[:2]:
            kept = max(kept, row, key=lambda one: int(one[-2] or 0))
            continue
        if kept is not None:
            yield kept
        kept = row
    if kept is not None:
        yield kept


def _truth(value: bool) -> str:
    return "true" if value else "false"
