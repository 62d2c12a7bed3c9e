"""The formats a case's list can leave in: what each is called, holds, and is made by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from kit.sheet import CSV, XLSX, csv_blocks, xlsx_bytes
from tracing import export_vn
from tracing.bundle import ZIP, Part, bundled
from tracing.handover import Handover, is_contact
from tracing.listing import Line


class ListFormat(StrEnum):
    VN_F1_XLSX = "vn-f1-xlsx"
    VN_F2_XLSX = "vn-f2-xlsx"
    VN_F1_CSV = "vn-f1-csv"
    VN_F2_CSV = "vn-f2-csv"
    VN_ZIP = "vn-zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`title` is a message to translate. `holds`: whom the file lists, or names if it names
    anybody; `in_vietnamese` whatever the officer reads."""

    title: str
    ending: str
    media_type: str
    holds: Callable[[Line], bool]
    body: Callable[[Handover], Iterator[bytes]]
    in_vietnamese: bool = False


def of_tier(tier: int) -> Callable[[Line], bool]:
    return lambda line: is_contact(line, tier) and line.tier == tier


def up_to(tier: int) -> Callable[[Line], bool]:
    return lambda line: is_contact(line, tier)


def bundle(parts: Iterable[Part], handover: Handover) -> Iterator[bytes]:
    case = handover.origin.case
    about = {
        "case": case.number,
        "policy": f"{case.policy} {case.policy_version}",
        "purpose": handover.origin.purpose,
        "account": handover.origin.account,
        "made": handover.local(handover.origin.made).isoformat(timespec="seconds"),
        "delete_by": handover.local(handover.origin.expires).isoformat(timespec="seconds"),
    }
    return bundled(parts, about, handover.local(handover.origin.made))


def vn_xlsx(tier: int) -> Recipe:
    return Recipe(
        title=f"List of F{tier}, Ministry of Health (XLSX)",
        ending="xlsx",
        media_type=XLSX,
        holds=of_tier(tier),
        body=lambda handover: iter([xlsx_bytes(export_vn.table(handover, tier))]),
        in_vietnamese=True,
    )


def vn_csv(tier: int) -> Recipe:
    return Recipe(
        title=f"List of F{tier}, Ministry of Health (CSV)",
        ending="csv",
        media_type=CSV,
        holds=of_tier(tier),
        body=lambda handover: csv_blocks(
            chain([export_vn.columns(tier)], export_vn.rows(handover, tier))
        ),
        in_vietnamese=True,
    )


def vn_parts(handover: Handover) -> Iterator[Part]:
    for tier in (1, 2):
        rows = export_vn.rows(handover, tier)
        yield Part(name=f"f{tier}.csv", heads=[export_vn.columns(tier)], rows=rows)


RECIPES: Mapping[ListFormat, Recipe] = {
    ListFormat.VN_F1_XLSX: vn_xlsx(1),
    ListFormat.VN_F2_XLSX: vn_xlsx(2),
    ListFormat.VN_F1_CSV: vn_csv(1),
    ListFormat.VN_F2_CSV: vn_csv(2),
    ListFormat.VN_ZIP: Recipe(
        title="Lists of F1 and F2 with checksums (ZIP of CSV)",
        ending="zip",
        media_type=ZIP,
        holds=up_to(2),
        body=lambda handover: bundle(vn_parts(handover), handover),
        in_vietnamese=True,
    ),
}
