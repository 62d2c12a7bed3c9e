"""Line lists of cases that say who infected whom: what can be taken, and what is wrong with the
rest, which is no reason to refuse the others. Reads and reports; line_list.py stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from enum import StrEnum

from checkin.vault import IdentifierKind
from tracing.intake.row import BadRow, Cells, Reason
from venues.intake_text import folded

HEADERS = {
    "id": "id; mã ca; mã bệnh nhân; mã số; ca bệnh; case id; case_id; visualId",
    "onset": "onset; ngày khởi phát; khởi phát; date of onset; date_of_onset; date_onset",
    "sampled": """sampled; ngày lấy mẫu; lấy mẫu; date of sample; date_of_sample;
        date_of_specimen""",
    "laboratory": "laboratory reference; số phiếu xét nghiệm; mã xét nghiệm; lab_reference",
    "phone": "phone; SĐT; số điện thoại; điện thoại",
    "document": "document; số giấy tờ; giấy tờ; CCCD; số CCCD; CMND",
    "source": """source; infector; infected by; nguồn lây; lây từ; lây nhiễm từ; from;
        source_case_id; infector_id""",
}
COLUMN_OF = {
    folded(header): column for column, headers in HEADERS.items() for header in headers.split(";")
}
SEPARATORS = str.maketrans(";|", ",,")


class CaseColumnsMissing(ValueError):
    """The first row does not name a column with the ids of the cases."""


class Odd(StrEnum):
    SELF_INFECTION = "is said to have infected themselves"
    UNKNOWN_SOURCE = "was infected by an id that is not on the list"
    DUPLICATE_CASE = "stands on the list already"
    DUPLICATE_LINK = "the same source is named twice"
    CYCLE = "is in a circle of people who infected each other"
    SAME_PERSON = "has the phone or document of another case of the list"
    LATER_SOURCE = "fell ill before the one who infected them"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseListed:
    """`laboratory`: the reference of the result, where the list has one."""

    line: int
    id: str
    onset: date | None
    sampled: date | None = None
    laboratory: str = ""
    phone: str = ""
    document: tuple[IdentifierKind, str] | None = None
    sources: tuple[str, ...]

    @property
    def reference(self) -> str:
        """By which it is the same case."""
        return self.laboratory or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`others`: the source, or everybody in the circle, in the order of the list."""

    line: int
    id: str
    odd: Odd
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineList:
    """`links` (source, case) name known people, each once, none in a circle: nobody can say which
    link of a circle is wrong. A later source is only remarked; onsets are what people remember."""

    cases: tuple[CaseListed, ...]
    links: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    bad: tuple[BadRow, ...]


def read_cases(rows: Iterable[tuple[int, list[str]]], zone: timezone, now: datetime) -> LineList:
    """Raises CaseColumnsMissing, and what reading the rows raises."""
    cases: dict[str, CaseListed] = {}
    ids: set[str] = set()  # as cases are told apart here, whatever their letters' size
    findings: list[Finding] = []
    bad = []
    for found in _rows(iter(rows), zone, now):
        if isinstance(found, BadRow):
            bad.append(found)
        elif found.id.casefold() in ids:
            findings.append(_finding(found, Odd.DUPLICATE_CASE))
        else:
            cases[found.id] = found
            ids.add(found.id.casefold())
    sources = {one.id: list(_sources(one, cases, findings)) for one in cases.values()}
    findings += _doubles(cases.values())
    circle = circles(sources)
    links = []
    for one in cases.values():
        members = circle.get(one.id, ())
        if members:
            findings.append(_finding(one, Odd.CYCLE, *members))
        links += [(source, one.id) for source in sources[one.id] if source not in members]
    return LineList(
        cases=tuple(cases.values()),
        links=tuple(links),
        findings=tuple(sorted(findings, key=lambda one: one.line)),
        bad=tuple(bad),
    )


def has_cases(rows: Iterator[tuple[int, list[str]]]) -> bool:
    """Whether they begin with the columns of a line list."""
    return any(COLUMN_OF.get(folded(cell)) == "id" for cell in next(rows, (1, []))[1])


def _rows(
    rows: Iterator[tuple[int, list[str]]], zone: timezone, now: datetime
) -> Iterator[CaseListed | BadRow]:
    _, head = next(rows, (1, []))
    places: dict[str, int] = {}
    for at, cell in enumerate(head):
        if (column := COLUMN_OF.get(folded(cell))) is not None:
            places.setdefault(column, at)
    if "id" not in places:
        raise CaseColumnsMissing
    for line, texts in rows:
        known = {name: texts[at] for name, at in places.items() if at < len(texts)}
        cells = Cells(known, zone, now)
        onset, sampled = cells.day("onset"), cells.day("sampled")
        phone, document = cells.phone("phone"), cells.document("document")
        cells.check_whole("id")
        if not cells.text("id") and not cells.faults:
            cells.fault("id", Reason.ID_MISSING)
        named = cells.text("source").translate(SEPARATORS).split(",")
        if cells.faults:
            yield BadRow(line=line, faults=tuple(cells.faults))
            continue
        yield CaseListed(
            line=line,
            id=cells.text("id"),
            onset=onset,
            sampled=sampled,
            laboratory=cells.text("laboratory"),
            phone=phone,
            document=document,
            sources=tuple(text for one in named if (text := one.strip())),
        )


def _sources(
    case: CaseListed, cases: Mapping[str, CaseListed], findings: list[Finding]
) -> Iterator[str]:
    seen = set()
    for source in case.sources:
        if source == case.id:
            findings.append(_finding(case, Odd.SELF_INFECTION, source))
        elif source not in cases:
            findings.append(_finding(case, Odd.UNKNOWN_SOURCE, source))
        elif source in seen:
            findings.append(_finding(case, Odd.DUPLICATE_LINK, source))
        else:
            seen.add(source)
            onset = cases[source].onset
            if case.onset and onset and case.onset < onset:
                findings.append(_finding(case, Odd.LATER_SOURCE, source))
            yield source


def _doubles(cases: Iterable[CaseListed]) -> Iterator[Finding]:
    """A family may share a phone, so all of them are taken."""
    first: dict[object, CaseListed] = {}
    for case in cases:
        for told in filter(None, (case.phone, case.document)):
            one = first.setdefault(told, case)
            if one is not case:
                yield _finding(case, Odd.SAME_PERSON, one.id)


def _finding(case: CaseListed, odd: Odd, *others: str) -> Finding:
    return Finding(line=case.line, id=case.id, odd=odd, others=others)


def circles(sources: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Of everybody who is in a circle, all of it in the order of the list: the strongly connected
    components by Kosaraju, without recursion, for a chain may be as long as the list."""
    infected: dict[str, list[str]] = {}
    for one, named in sources.items():
        for source in named:
            infected.setdefault(source, []).append(one)
    place = {one: at for at, one in enumerate(sources)}
    found: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    for start in reversed(_finished(sources)):
        members = _reached(start, infected, seen)
        if len(members) > 1:
            circle = tuple(sorted(members, key=place.__getitem__))
            found |= dict.fromkeys(circle, circle)
    return found


def _finished(sources: Mapping[str, Iterable[str]]) -> list[str]:
    """Everybody, each after all whom a walk along the sources reaches from them."""
    found: list[str] = []
    seen: set[str] = set()
    for start in sources:
        way = [] if start in seen else [(start, iter(sources[start]))]
        seen.add(start)
        while way:
            one, rest = way[-1]
            following = next((other for other in rest if other not in seen), None)
            if following is None:
                found.append(one)
                way.pop()
            else:
                seen.add(following)
                way.append((following, iter(sources[following])))
    return found


def _reached(start: str, infected: Mapping[str, list[str]], seen: set[str]) -> list[str]:
    found = [] if start in seen else [start]
    seen.add(start)
    for one in found:
        for other in infected.get(one, ()):
            if other not in seen:
                seen.add(other)
                found.append(other)
    return found
