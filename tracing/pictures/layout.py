"""A picture of who infected whom: across it the days, and down it rows in which no line crosses a
case. A case has one line to it, from the one that infected it; all else is drawn over that.

Cases without a source begin a tree of their own; where sources go round in a circle, the case that
fell ill first is taken to be its beginning.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tracing.pictures.transmission import Known, Link, Node, Transmission

SCALES = (1, 2, 4, 8, 16)
WIDTH, HIGHEST, LOWEST = 1100, 600, 170  # pixels at the first scale, at which all is in sight
ROW = 26  # pixels, where there are few
LEFT, RIGHT, TOP, BOTTOM = 1.5, 6.0, 5.0, 1.5  # percent of the picture that stay free
LETTERS, LETTER, LINE, BESIDE = 5, 7.2, 15.0, 5.0  # a label in pixels, right of its dot
DOT, ARROW = 3.0, 14.0  # an arrow stands between the dot it leads to and its label


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Where a case stands, in percent, and from which scale on its label has room; None: never.
    `turned`: its source fell ill no earlier, so an arrow leads to it."""

    x: float
    y: float
    named_from: int | None
    turned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`spots` and `parent` by case; `height` in pixels at the first scale. `days`: from the first
    case to the last."""

    spots: Mapping[int, Spot]
    parent: Mapping[int, Link]
    height: int
    days: int


@dataclass(kw_only=True)
class Tree:
    """Rows of a case and of all behind it, from 0; `taken`: by day, a bit for each row in use."""

    rows: dict[int, int]
    taken: dict[int, int]


def picture(found: Transmission) -> Picture:
    if not found.nodes:
        return Picture(spots={}, parent={}, height=LOWEST, days=0)
    first = found.nodes[0].day
    days = {one.id: (one.day - first).days for one in found.nodes}
    parent = parents(found)
    rows = _rows(found.nodes, parent, days)
    count, last = max(rows.values()) + 1, max(days.values())
    height = min(max(count * ROW, LOWEST), HIGHEST)
    spots = {one: (_across(days[one], last), _down(rows[one], count)) for one in days}
    importance = dict.fromkeys(days, 0)
    for link in parent.values():
        importance[link.source] += 1
    named_sources = [one for one in found.links if one.known is Known.SOURCE]
    turned = {one.target for one in named_sources if days[one.source] >= days[one.target]}
    named = named_from(spots, importance, height, turned)
    return Picture(
        spots={
            one: Spot(x=round(x, 3), y=round(y, 3), named_from=named[one], turned=one in turned)
            for one, (x, y) in spots.items()
        },
        parent=parent,
        height=height,
        days=last,
    )


def _across(day: int, last: int) -> float:
    return LEFT + (100 - LEFT - RIGHT) * (day / last if last else 0)


def _down(row: int, rows: int) -> float:
    return TOP + (100 - TOP - BOTTOM) * (row + 0.5) / rows


def parents(found: Transmission) -> dict[int, Link]:
    """The one line that leads to each case: from its source, else from whoever fell ill last among
    those it met. None in a circle's beginning."""
    place = {one.id: at for at, one in enumerate(found.nodes)}
    chosen: dict[int, Link] = {}
    for link in found.links:
        before = chosen.get(link.target)
        if before is None or _better(link, before, place):
            chosen[link.target] = link
    for start in place:  # by day: the first of a circle that is come upon is its beginning
        seen, at = {start}, start
        while at in chosen and (at := chosen[at].source) not in seen:
            seen.add(at)
        if at == start:
            chosen.pop(start, None)
    return chosen


def _better(one: Link, other: Link, place: Mapping[int, int]) -> bool:
    def worth(link: Link) -> tuple[bool, int]:
        return link.known is Known.SOURCE, place[link.source]

    return worth(one) > worth(other)


def _rows(
    nodes: Sequence[Node], parent: Mapping[int, Link], days: Mapping[int, int]
) -> dict[int, int]:
    """The largest trees first, each as high up as it has room; the rest in their gaps."""
    children: dict[int, list[int]] = {one.id: [] for one in nodes}
    for one in nodes:
        if one.id in parent:
            children[parent[one.id].source].append(one.id)
    roots = [one.id for one in nodes if one.id not in parent]
    late = {one for one, link in parent.items() if days[link.source] > days[one]}
    trees = sorted(
        (_tree(root, children, days, late) for root in roots), key=lambda one: -len(one.rows)
    )
    taken: dict[int, int] = {}
    found: dict[int, int] = {}
    for tree in trees:
        shift = _laid(tree.taken, taken, 0)
        found |= {one: row + shift for one, row in tree.rows.items()}
    return found


def _tree(
    root: int,
    children: Mapping[int, Sequence[int]],
    days: Mapping[int, int],
    late: Collection[int],
) -> Tree:
    """From the leaves up: a chain may be longer than Python can call itself. `late`: whose source
    fell ill after them; the line to such a case passes those behind it, so it has its own row, as
    has one who infected somebody who fell ill no later."""
    order = [root]
    for one in order:
        order += children[one]
    made: dict[int, Tree] = {}
    for one in reversed(order):
        behind = [made.pop(child) for child in children[one]]
        apart = one in late or any(days[child] <= days[one] for child in children[one])
        made[one] = _joined(one, behind, children[one], days, apart=apart)
    return made[root]


def _joined(
    one: int,
    trees: Sequence[Tree],
    children: Sequence[int],
    days: Mapping[int, int],
    *,
    apart: bool,
) -> Tree:
    """The trees behind a case, each as high up as it has room; the case stands beside the middle
    one, or `apart` above all of them."""
    rows: dict[int, int] = {}
    taken: dict[int, int] = {}
    for child, tree in zip(children, trees, strict=True):
        first, last = sorted((days[one], days[child]))
        for day in range(first, last + 1):
            tree.taken[day] = tree.taken.get(day, 0) | 1 << tree.rows[child]
        shift = _laid(tree.taken, taken, int(apart))
        rows |= {case: row + shift for case, row in tree.rows.items()}
    beside = sorted([0] * (apart or not children) + [rows[child] for child in children])
    rows[one] = 0 if apart else beside[(len(beside) - 1) // 2]
    own = (1 << beside[-1] + 1) - (1 << beside[0])
    taken[days[one]] = taken.get(days[one], 0) | own
    return Tree(rows=rows, taken=taken)


def _laid(tree: Mapping[int, int], taken: dict[int, int], least: int) -> int:
    """How far down a tree goes to where it has room; from then on that is taken."""
    shift = least
    while any(taken.get(day, 0) & bits << shift for day, bits in tree.items()):
        shift += 1
    for day, bits in tree.items():
        taken[day] = taken.get(day, 0) | bits << shift
    return shift


def named_from(
    spots: Mapping[int, tuple[float, float]],
    importance: Mapping[int, int],
    height: int,
    turned: Collection[int],
) -> dict[int, int | None]:
    """From which scale on a label is shown: one that covers no other label and no dot. Who
    infected most is named first; who is named stays so at every larger scale."""
    order = sorted(spots, key=lambda one: (-importance[one], spots[one]))
    dots = np.array([spots[one] for one in order]) * (WIDTH / 100, height / 100)
    aside = np.array([ARROW if one in turned else 0.0 for one in order])
    found: dict[int, int | None] = dict.fromkeys(order)
    shown: list[int] = []
    for scale in SCALES:
        boxes = _labels(dots * scale, aside)
        points = _around(dots * scale, DOT)
        for row, one in enumerate(order):
            if found[one] is not None:
                continue
            others = np.delete(points, row, axis=0)
            if not _meets(boxes[row], others) and not _meets(boxes[row], boxes[shown]):
                found[one] = scale
                shown.append(row)
    return found


Boxes = npt.NDArray[np.float64]


def _labels(dots: Boxes, aside: Boxes) -> Boxes:
    """Left, top, right, bottom of each."""
    x, y = dots[:, 0] + BESIDE + aside, dots[:, 1]
    return np.stack((x, y - LINE / 2, x + LETTERS * LETTER, y + LINE / 2), axis=1)


def _around(dots: Boxes, radius: float) -> Boxes:
    return np.concatenate((dots - radius, dots + radius), axis=1)


def _meets(box: Boxes, others: Boxes) -> bool:
    left, top, right, bottom = box
    apart = (others[:, 2] <= left) | (others[:, 0] >= right)
    apart |= (others[:, 3] <= top) | (others[:, 1] >= bottom)
    return not apart.all()
