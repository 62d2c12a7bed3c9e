"""The formats a case's list can leave in: what each is called, holds, and is made by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from kit.sheet import CSV, XLSX, csv_blocks, xlsx_bytes
from tracing.exports import fhir, godata, graph, sormas, vn
from tracing.exports.bundle import ZIP, Part, bundled
from tracing.exports.graphml import GRAPHML
from tracing.exports.handover import Handover, is_contact
from tracing.runs.listing import Line


class ListFormat(StrEnum):
    VN_F1_XLSX = "vn-f1-xlsx"
    VN_F2_XLSX = "vn-f2-xlsx"
    VN_F1_CSV = "vn-f1-csv"
    VN_F2_CSV = "vn-f2-csv"
    VN_ZIP = "vn-zip"
    GODATA = "godata-zip"
    SORMAS = "sormas-zip"
    EPICONTACTS = "epicontacts-zip"
    GRAPHML = "graphml"
    FHIR = "fhir-json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`title` is a message to translate. `holds`: whom the file lists, and `names`, if it does.
    `in_vietnamese` whatever the officer reads."""

    title: str
    ending: str
    media_type: str
    holds: Callable[[Line], bool]
    body: Callable[[Handover], Iterator[bytes]]
    in_vietnamese: bool = False
    names: bool = True


def of_tier(tier: int) -> Callable[[Line], bool]:
    return lambda line: is_contact(line, tier) and line.tier == tier


def everybody(line: Line) -> bool:
    return True


def up_to(tier: int) -> Callable[[Line], bool]:
    return lambda line: is_contact(line, tier)


def bundle(parts: Iterable[Part], handover: Handover, *, names: bool) -> Iterator[bytes]:
    case, run, basis = handover.origin.case, handover.origin.run, handover.basis()
    about = {
        "case": case.number,
        "policy": basis.policy,
        "policy_version": f"{run.policy} {run.policy_version}",
        "historic": str(handover.origin.policy.historic(case.anchor)).lower(),
        "as_of": handover.local(run.moment).isoformat(timespec="seconds"),
        "coverage": basis.coverage,
        "purpose": handover.origin.purpose,
        "account": handover.origin.account,
        "made": handover.local(handover.origin.made).isoformat(timespec="seconds"),
        "delete_by": handover.local(handover.origin.expires).isoformat(timespec="seconds"),
    }
    if names and case.national_number:  # some systems know the case by that one
        about["national_number"] = case.national_number
    return bundled(parts, about, handover.local(handover.origin.made))


def vn_xlsx(tier: int) -> Recipe:
    return Recipe(
        title=f"List of F{tier}, Ministry of Health (XLSX)",
        ending="xlsx",
        media_type=XLSX,
        holds=of_tier(tier),
        body=lambda handover: iter([xlsx_bytes(vn.table(handover, tier))]),
        in_vietnamese=True,
    )


def vn_csv(tier: int) -> Recipe:
    return Recipe(
        title=f"List of F{tier}, Ministry of Health (CSV)",
        ending="csv",
        media_type=CSV,
        holds=of_tier(tier),
        body=lambda handover: csv_blocks(chain([vn.columns(tier)], vn.rows(handover, tier))),
        in_vietnamese=True,
    )


def csv_zip(
    title: str,
    parts: Callable[[Handover], Iterable[Part]],
    holds: Callable[[Line], bool],
    *,
    in_vietnamese: bool = False,
    names: bool = True,
) -> Recipe:
    return Recipe(
        title=title,
        ending="zip",
        media_type=ZIP,
        holds=holds,
        body=lambda handover: bundle(parts(handover), handover, names=names),
        in_vietnamese=in_vietnamese,
        names=names,
    )


def vn_parts(handover: Handover) -> Iterator[Part]:
    for tier in (1, 2):
        rows = vn.rows(handover, tier)
        yield Part(name=f"f{tier}.csv", heads=[vn.columns(tier)], rows=rows)


RECIPES: Mapping[ListFormat, Recipe] = {
    ListFormat.VN_F1_XLSX: vn_xlsx(1),
    ListFormat.VN_F2_XLSX: vn_xlsx(2),
    ListFormat.VN_F1_CSV: vn_csv(1),
    ListFormat.VN_F2_CSV: vn_csv(2),
    ListFormat.VN_ZIP: csv_zip(
        *("Lists of F1 and F2 with checksums (ZIP of CSV)", vn_parts, up_to(2)), in_vietnamese=True
    ),
    ListFormat.GODATA: csv_zip(
        *("Go.Data: contacts and relationships (ZIP of CSV)", godata.parts),
        up_to(godata.LAST_TIER),
    ),
    ListFormat.SORMAS: csv_zip(
        "SORMAS: contacts and event participants (ZIP of CSV)", sormas.parts, of_tier(1)
    ),
    ListFormat.EPICONTACTS: csv_zip(
        *("epicontacts: line list and contacts, no names (ZIP of CSV)", graph.parts),
        *(everybody,),
        names=False,
    ),
    ListFormat.GRAPHML: Recipe(
        title="GraphML: a graph of the contacts, no names",
        ending="graphml",
        media_type=GRAPHML,
        holds=everybody,
        body=graph.graphml,
        names=False,
    ),
    ListFormat.FHIR: Recipe(
        title="FHIR R4: patients and exposures (JSON)",
        ending="json",
        media_type=fhir.FHIR,
        holds=lambda line: is_contact(line, line.tier),
        body=fhir.bundle,
    ),
}
