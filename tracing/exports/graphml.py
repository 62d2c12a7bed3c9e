"""A graph as GraphML, for graph tools."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kit.sheet import Cell

GRAPHML = "application/graphml+xml"
NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
TYPES = {"tier": "int", "minutes": "int", "brief": "boolean", "same_zone": "boolean"}
NEVER_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A node is its number and its facts, an edge two numbers and its facts; both in the order in
    which the facts are named."""

    name: str
    node_facts: Sequence[str]
    nodes: Iterable[Sequence[Cell]]
    edge_facts: Sequence[str]
    edges: Iterable[Sequence[Cell]]
    about: str = ""


def written(graph: Graph) -> Iterator[bytes]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{NAMESPACE}">\n'.encode()
    if graph.about:
        yield f"<desc>{escape(NEVER_IN_XML.sub('', graph.about))}</desc>\n".encode()
    for owner, names in (("node", graph.node_facts), ("edge", graph.edge_facts)):
        for name in names:
            yield _key(owner, name)
    yield f'<graph id={quoteattr(graph.name)} edgedefault="directed">\n'.encode()
    for number, *facts in graph.nodes:
        data = _data("n", zip(graph.node_facts, facts, strict=True))
        yield f"<node id={_quoted(str(number))}>{data}</node>\n".encode()
    for source, target, *facts in graph.edges:
        data = _data("e", zip(graph.edge_facts, facts, strict=True))
        ends = f"source={_quoted(str(source))} target={_quoted(str(target))}"
        yield f"<edge {ends}>{data}</edge>\n".encode()
    yield b"</graph>\n</graphml>\n"


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
