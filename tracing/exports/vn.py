"""The lists of F1 and F2 as health offices in Việt Nam keep them: the columns of their forms, in
Vietnamese whatever language the officer reads. What nobody has entered yet is left empty to fill
in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from accounts.areas import AreaKind
from kit.sheet import Cell, Table
from tracing import words
from tracing.answers import reason
from tracing.exports.handover import Handover, meetings_with_source, source_of, units
from tracing.exports.queries import Worked
from tracing.finding import Meeting
from tracing.followup.words import STATES, TESTS
from tracing.runs.listing import Line

PERSON = (
    *("STT", "Họ và tên", "Năm sinh", "Giới", "Số giấy tờ", "SĐT", "Số nhà, đường"),
    *("Xã/phường", "Quận/huyện", "Tỉnh/thành phố", "Nghề nghiệp, nơi làm việc"),
)
EXPOSURE = (
    *("Quan hệ", "Mốc dịch tễ", "Tiếp xúc đầu", "Tiếp xúc cuối", "Số phút", "Cùng khu vực"),
    *("Hoàn cảnh", "Triệu chứng", "Tiêm chủng", "Ngày lấy mẫu", "Kết quả", "CT"),
    *("Nơi cách ly", "Cách ly từ", "Cách ly đến", "Người điều tra", "SĐT người điều tra"),
    *("Xác minh", "Ghi chú", "Căn cứ"),
)
SEXES = {1: "Nam", 2: "Nữ", None: ""}
VACCINATED = {True: "Đã tiêm", False: "Chưa tiêm", None: ""}
NOTHING = Worked(
    person_id=0,
    relation="",
    tracer="",
    verifier="",
    place="",
    starts=None,
    ends=None,
    sampled=None,
    is_case=False,
)


def columns(tier: int) -> tuple[str, ...]:
    return (*PERSON, f"F{tier - 1} liên quan", *EXPOSURE)


def rows(handover: Handover, tier: int) -> Iterator[Sequence[Cell]]:
    basis = str(handover.basis())
    listed = (line for line in handover.lines if line.tier == tier)
    for place, line in enumerate(listed, 1):
        yield (place, *_person(handover, line), *_exposure(handover, line), basis)


def table(handover: Handover, tier: int) -> Table:
    origin, basis = handover.origin, handover.basis()
    found = list(rows(handover, tier))
    about = (
        ("Ca bệnh", origin.case.number),
        ("Quy định", basis.policy),
        ("Dữ liệu tính đến", basis.as_of),
        ("Ngày còn dữ liệu", basis.coverage),
        ("Mục đích", handover.translate(words.PURPOSES[origin.purpose])),
        ("Tài khoản", origin.account),
        ("Lập lúc", _minute(handover, origin.made)),
        ("Xóa trước", _minute(handover, origin.expires)),
        ("Số người", str(len(found))),
    )
    return Table(
        columns=columns(tier),
        rows=found,
        about=about,
        title=f"Danh sách F{tier}",
        about_title="Về danh sách này",
    )


def _person(handover: Handover, line: Line) -> tuple[Cell, ...]:
    person, unit = handover.named(line), units(line.area)
    return (
        *(person.full_name, str(person.birth_year or ""), SEXES[person.sex]),
        *(person.document, person.phone, person.address),
        *(unit.get(kind, "") for kind in (AreaKind.WARD, AreaKind.DISTRICT, AreaKind.PROVINCE)),
        "",
    )


def _exposure(handover: Handover, line: Line) -> tuple[Cell, ...]:
    found, said = line.found, handover.translate
    meetings = meetings_with_source(line)
    worked = handover.worked.get(line.person_id, NOTHING)
    verified = said(STATES[line.state])
    return (
        *(source_of(line, handover.origin.case.number), worked.relation),
        "; ".join(_point(handover, one) for one in meetings),
        _minute(handover, found.first_exposure),
        _minute(handover, found.last_exposure),
        "cả ngày" if found.shown_minutes is None else found.shown_minutes,
        _same_part(meetings),
        *(reason(line, said), "", VACCINATED[line.vaccinated]),
        "" if worked.sampled is None else f"{handover.local(worked.sampled):%d/%m/%Y}",
        *(said(TESTS[line.test]) if line.test else "", ""),
        *(worked.place, _minute(handover, worked.starts), _minute(handover, worked.ends)),
        *(worked.tracer, ""),
        f"{verified} ({worked.verifier})" if worked.verifier else verified,
        f"Mã {line.number}; {said(words.RANKS[line.rank])}",
    )


def _same_part(meetings: Sequence[Meeting]) -> str:
    """Nothing where no place has parts: at home, in a car."""
    if any(one.same_zone for one in meetings):
        return "Có"
    return "Không" if any(one.zone for one in meetings) else ""


def _point(handover: Handover, one: Meeting) -> str:
    """'Chợ A, khu B (10:30 – 11:00 09/07/2021)'."""
    start, end = handover.local(one.start), handover.local(one.end)
    place = f"{one.venue}, {one.zone}" if one.zone else one.venue
    return f"{place} ({start:%H:%M} – {end:%H:%M %d/%m/%Y})"


def _minute(handover: Handover, at: datetime | None) -> str:
    return "" if at is None else f"{handover.local(at):%d/%m/%Y %H:%M}"
