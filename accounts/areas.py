"""Provinces, districts and wards of both unit systems; in their paths, a prefix is a parent.

'2021/92/916/31117/' is a ward of the units valid until 30 June 2025, '2025/92/31120/' one of those
valid since, which have no districts; '2021/' and '2025/' are the systems, '' is the whole country.
Codes are the official ones, and the two systems share most of them for different places.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from accounts.area_words import begun, has_accented, sort_key, split_name, words

SYSTEMS = ("2025", "2021")  # what is valid now comes first wherever both are listed
ROOTS = tuple(f"{system}/" for system in SYSTEMS)
DATA = Path(__file__).parent / "data"
LONGEST_NAME = 8  # words, of a name without its kind


class AreaKind(StrEnum):
    PROVINCE = "province"
    DISTRICT = "district"
    WARD = "ward"


class UnknownArea(ValueError):
    """No province, district or ward has this path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{self.__doc__} {path!r}")
        self.path = path


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    path: str
    name: str
    """With its kind, as the law writes it: 'Phường Cái Khế'."""
    kind: AreaKind

    @property
    def system(self) -> str:
        return self.path[:4]

    @property
    def code(self) -> str:
        return self.path.rsplit("/", 2)[-2]


def area(path: str) -> Area:
    """A system ('2021/') and the whole country ('') are scopes, not areas: UnknownArea."""
    found = _areas().get(path)
    if found is None:
        raise UnknownArea(path)
    return found


def children(path: str) -> list[Area]:
    """The areas right below, in Vietnamese order of their names without the kind; none of a
    ward."""
    if path not in ROOTS:
        area(path)
    return sorted(_children().get(path, ()), key=lambda one: sort_key(one.name))


def full_name(path: str) -> str:
    """'Phường An Cư, Quận Ninh Kiều, Thành phố Cần Thơ'."""
    return ", ".join(one.name for one in _upwards(area(path)))


def area_name(path: str) -> str:
    """In full; a path that the official list does not know is its own name."""
    try:
        return full_name(path)
    except UnknownArea:
        return path


def is_scope(path: str) -> bool:
    """An area, a system or the whole country: what an account can answer for."""
    return path in ("", *ROOTS) or path in _areas()


def cover(path: str) -> tuple[str, ...]:
    """The fewest prefixes, of both systems, that whoever answers for `path` answers for.

    An area of 2025 brings the areas of 2021 it was made of; an area of 2021 brings those of 2025
    that were made of nothing else. The merger is known for every province and for the special zones
    (islands), not for the other wards: those bring no ward of the other system, and a venue still
    filed under an old ward stays with the officers of the province. What is none covers nothing.
    """
    if path == "":
        return ("",)
    if not is_scope(path):
        return ()
    brought: set[str] = set()
    for made, parts in _made_of().items():
        if made.startswith(path):
            brought.update(parts)
        if all(part.startswith(path) for part in parts):
            brought.add(made)
    return (path, *sorted(one for one in brought if not one.startswith(tuple(brought - {one}))))


def find_ward(text: str, system: str | None = None) -> Area | None:
    """The one ward that an address or an official code of five digits means; None if not just one.

    Whatever stands after the ward must be its district or province. Words before it (a street) are
    passed over only when the ward is written with its kind ('P. Cái Khế'). Ambiguous, so None, are
    a name that both systems use in one province, unless `system` says which, and a name without
    its kind that is a district's or a province's too ('Bình Thạnh, TP HCM').
    """
    systems = SYSTEMS if system is None else (system,)
    code = text.strip()
    if len(code) == 5 and code.isdecimal():
        coded = [one for one in _coded().get(code, ()) if one.system in systems]
        return coded[0] if len(coded) == 1 else None
    typed = words(text)
    if typed[-2:] == ["viet", "nam"]:
        typed = typed[:-2]
    readings = [found for one in systems for found in _readings(typed, one)]
    fewest = min((len(passed_over) for _, passed_over in readings), default=0)
    meant = {one.path: one for one, passed_over in readings if len(passed_over) == fewest}
    if len(meant) > 1:  # 'Xã Ba Tơ' and 'Xã Ba Tô' of one province: accents decide, if typed
        meant = {path: one for path, one in meant.items() if has_accented(text, one.name)}
    wards = [one for one in meant.values() if one.kind is AreaKind.WARD]
    return wards[0] if len(wards) == len(meant) == 1 else None


def search(text: str, limit: int = 20) -> list[Area]:
    """Areas for a type-ahead: every typed word starts a word of the full name, in any order.

    First those whose own name starts as typed, then provinces before districts before wards.
    """
    typed = [f" {word}" for word in begun(text) if word != ","]
    if not typed:
        return []
    start = "".join(typed)
    first: list[Area] = []
    rest: list[Area] = []
    for own, full, one in _searchable():
        if all(word in full for word in typed):
            (first if start in (own[: len(start)], full[: len(start)]) else rest).append(one)
    return [*first, *rest][:limit]


def _readings(typed: list[str], system: str) -> Iterator[tuple[Area, list[str]]]:
    """(area, words before it) of every way to read the end of `typed` as an area and its parents.

    Larger areas than wards are among them: they show that a name is not only a ward's.
    """
    scopes = [(f"{system}/", typed)]
    for kind in AreaKind:  # from the end of an address inwards; each level may be left unsaid
        inner = []
        for scope, said in scopes:
            for one, before, kind_written in _ends(said, scope, kind):
                inner.append((one.path, before))
                if kind_written or not before:
                    yield one, before
        scopes += inner


def _ends(said: list[str], scope: str, kind: AreaKind) -> Iterator[tuple[Area, list[str], bool]]:
    """(area, words before it, is its kind written) of areas in `scope` that end `said`."""
    said = said[:-1] if said[-1:] == [","] else said
    for start in range(len(said) - 1, max(-1, len(said) - 1 - LONGEST_NAME), -1):
        if said[start] == ",":
            return
        for named_kind, one in _named().get((kind, " ".join(said[start:])), ()):
            if not one.path.startswith(scope):
                continue
            before_kind = max(0, start - len(named_kind.split()))
            kind_written = " ".join(said[before_kind:start]) == named_kind
            yield one, said[: before_kind if kind_written else start], kind_written


def _upwards(one: Area) -> Iterator[Area]:
    yield one
    above = _parent(one.path)
    if above not in ROOTS:
        yield from _upwards(area(above))


def _parent(path: str) -> str:
    return path[: path.rindex("/", 0, -1) + 1]


@cache
def _areas() -> dict[str, Area]:
    found = {}
    for system in SYSTEMS:
        paths = {"": f"{system}/"}
        with (DATA / f"areas-{system}.csv").open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            next(rows)
            for code, name, kind, parent in rows:  # parents stand above their children
                path = paths[code] = f"{paths[parent]}{code}/"
                found[path] = Area(path=path, name=name, kind=AreaKind(kind))
    return found


@cache
def _made_of() -> dict[str, tuple[str, ...]]:
    """The areas of 2021 that each area of 2025 is made of, where it is made of nothing else."""
    parts = defaultdict(list)
    with (DATA / "areas-whole.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            parts[row["area"]].append(row["made_of"])
    return {path: tuple(old) for path, old in parts.items()}


@cache
def _children() -> dict[str, list[Area]]:
    found = defaultdict(list)
    for one in _areas().values():
        found[_parent(one.path)].append(one)
    return dict(found)


@cache
def _coded() -> dict[str, list[Area]]:
    found = defaultdict(list)
    for one in _areas().values():
        if one.kind is AreaKind.WARD:
            found[one.code].append(one)
    return dict(found)


@cache
def _named() -> dict[tuple[AreaKind, str], list[tuple[str, Area]]]:
    """Areas with their folded kind, by the folded name without it."""
    found = defaultdict(list)
    for one in _areas().values():
        kind, bare = split_name(one.name)
        found[one.kind, bare].append((kind, one))
    return dict(found)


@cache
def _searchable() -> list[tuple[str, str, Area]]:
    """(own name without its kind, full name, area), folded, in the order a list shows them."""
    kinds = list(AreaKind)
    every = sorted(_areas().values(), key=lambda one: sort_key(one.name))
    every.sort(key=lambda one: kinds.index(one.kind))
    found = []
    for one in every:
        levels = [" ".join(split_name(level.name)) for level in _upwards(one)]
        found.append((f" {split_name(one.name)[1]}", f" {' '.join(levels)}", one))
    return found
