"""The list as a graph, from the case over each path, without anybody's name: GraphML for graph
tools, and a line list with its contacts for epicontacts in R."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from kit.sheet import Cell
from tracing.bundle import Part
from tracing.handover import Handover, links
from tracing.transmission import Transmission

GRAPHML = "application/graphml+xml"
LINELIST = (
    *("id", "tier", "brief", "state", "rank", "minutes", "first_exposure", "last_exposure"),
    "onset",
)
CONTACTS = ("from", "to", "tier", "venue", "zone", "same_zone", "start", "end", "minutes", "ends")
TYPES = {"tier": "int", "minutes": "int", "brief": "boolean", "same_zone": "boolean"}
NEVER_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NAMESPACE = "http://graphml.graphdrawing.org/xmlns"


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
            *(line.number, line.tier, _truth(found.brief), line.state, line.rank, found.minutes),
            handover.local(found.first_exposure).isoformat(timespec="minutes"),
            handover.local(found.last_exposure).isoformat(timespec="minutes"),
            "",
        )
    for link in links(case.number, handover.lines):
        if link.target not in seen:  # on a path, and no longer on the list
            seen.add(link.target)
            yield (link.target, link.tier, *("",) * (len(LINELIST) - 2))


def _contacts(handover: Handover) -> Iterator[Sequence[Cell]]:
    for link in links(handover.origin.case.number, handover.lines):
        if not link.meetings:
            yield (link.source, link.target, link.tier, *("",) * (len(CONTACTS) - 3))
        for one in link.meetings:
            yield (
                *(link.source, link.target, link.tier, one.venue, one.zone or ""),
                _truth(one.same_zone),
                handover.local(one.start).isoformat(timespec="minutes"),
                handover.local(one.end).isoformat(timespec="minutes"),
                int((one.end - one.start).total_seconds()) // 60,
                " ".join(one.ended),
            )


def graphml(handover: Handover) -> Iterator[bytes]:
    """An edge a pair, from the source; its facts are those of their longest meeting."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{NAMESPACE}">\n'.encode()
    for owner, names in (("node", LINELIST[1:]), ("edge", CONTACTS[2:])):
        for name in names:
            yield _key(owner, name)
    yield f'<graph id={quoteattr(handover.origin.case.number)} edgedefault="directed">\n'.encode()
    for number, *facts in _linelist(handover):
        data = _data("n", zip(LINELIST[1:], facts, strict=True))
        yield f"<node id={_quoted(str(number))}>{data}</node>\n".encode()
    for source, target, *facts in _longest(_contacts(handover)):
        data = _data("e", zip(CONTACTS[2:], facts, strict=True))
        ends = f"source={_quoted(str(source))} target={_quoted(str(target))}"
        yield f"<edge {ends}>{data}</edge>\n".encode()
    yield b"</graph>\n</graphml>\n"


def transmission_graphml(found: Transmission) -> Iterator[bytes]:
    """Cases and who infected whom; a link that is only a contact goes from who fell ill first."""
    keys = {"n": ("onset", "sampled", "area"), "e": ("known", "tier")}
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{NAMESPACE}">\n'.encode()
    for owner, names in (("node", keys["n"]), ("edge", keys["e"])):
        for name in names:
            yield _key(owner, name)
    yield b'<graph id="transmission" edgedefault="directed">\n'
    numbers = {one.id: one.number for one in found.nodes}
    for node in found.nodes:
        days = ["" if day is None else day.isoformat() for day in (node.onset, node.sampled)]
        data = _data("n", zip(keys["n"], (*days, node.area), strict=True))
        yield f"<node id={_quoted(node.number)}>{data}</node>\n".encode()
    for link in found.links:
        tier = "" if link.tier is None else link.tier
        data = _data("e", zip(keys["e"], (link.known, tier), strict=True))
        ends = f"source={_quoted(numbers[link.source])} target={_quoted(numbers[link.target])}"
        yield f"<edge {ends}>{data}</edge>\n".encode()
    yield b"</graph>\n</graphml>\n"


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


def _key(owner: str, name: str) -> bytes:
    about = f'attr.name="{name}" attr.type="{TYPES.get(name, "string")}"'
    return f'<key id="{owner[0]}_{name}" for="{owner}" {about}/>\n'.encode()


def _data(owner: str, facts: Iterable[tuple[str, Cell]]) -> str:
    return "".join(
        f'<data key="{owner}_{name}">{escape(NEVER_IN_XML.sub("", str(value)))}</data>'
        for name, value in facts
        if value != ""
    )


def _quoted(text: str) -> str:
    return quoteattr(NEVER_IN_XML.sub("", text))


def _truth(value: bool) -> str:
    return "true" if value else "false"
