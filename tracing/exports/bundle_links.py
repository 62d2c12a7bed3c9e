"""Whether the files of a bundle name each other right: each number stands where it leads."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from typing import BinaryIO

from tracing.exports.bundle import BundleDamaged, Manifest, Told, verified

CASE = ("case", "national_number")  # of the manifest: what the files call the case
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`column` of `file` holds numbers that stand in one of `to` (file, column), maybe as a remark
    («Mã 7K3QD2XA; …»), or a number of the case where `case` says so."""

    file: str
    column: str
    to: tuple[tuple[str, str], ...] = ()
    case: bool = False


PEOPLE = (("contacts.csv", "visualId"), ("contacts_of_contacts.csv", "visualId"))
LINELIST = (("linelist.csv", "id"),)
# By the files that a format is known by.
REFERENCES = {
    frozenset({"linelist.csv", "contacts.csv"}): (
        Reference(file="contacts.csv", column="from", to=LINELIST),
        Reference(file="contacts.csv", column="to", to=LINELIST),
    ),
    frozenset({"contacts.csv", "contacts_of_contacts.csv", "relationships.csv"}): (
        Reference(file="relationships.csv", column="persons[0].id", to=PEOPLE, case=True),
        Reference(file="relationships.csv", column="persons[1].id", to=PEOPLE),
    ),
    frozenset({"f1.csv", "f2.csv"}): (
        Reference(file="f1.csv", column="F0 liên quan", case=True),
        Reference(file="f2.csv", column="F1 liên quan", to=(("f1.csv", "Ghi chú"),)),
    ),
    frozenset({"contacts.csv"}): (
        Reference(file="contacts.csv", column="caseIdExternalSystem", case=True),
    ),
}
KEYS = (*PEOPLE, *LINELIST)


def checked(file: BinaryIO) -> Manifest:
    """The manifest of a bundle that is whole and whose files agree. Raises BundleDamaged."""
    manifest = verified(file)
    named = frozenset(one.name for one in manifest.files if not one.name.startswith("event_"))
    if named not in REFERENCES:
        raise BundleDamaged(f"no format of ours has the files {', '.join(sorted(named))}")
    heads = {one.name: one for one in manifest.files}
    with zipfile.ZipFile(file) as archive:
        for name, column in KEYS:
            if name in heads and named != frozenset({"contacts.csv"}):
                _check_single(archive, heads[name], column)
        for one in REFERENCES[named]:
            _check(archive, heads, one, {manifest.about.get(name, "") for name in CASE})
    return manifest


def _check_single(archive: zipfile.ZipFile, told: Told, column: str) -> None:
    seen: set[str] = set()
    with _records(archive, told) as records:
        for record in records:
            if column in record and record[column] in seen:
                raise BundleDamaged(f"{told.name} has {record[column]} twice in {column}")
            seen.add(record.get(column, ""))


def _check(
    archive: zipfile.ZipFile, heads: dict[str, Told], one: Reference, case_numbers: set[str]
) -> None:
    known = case_numbers - {""} if one.case else set[str]()
    for name, column in one.to:
        with _records(archive, heads[name]) as records:
            known |= {_number(record[column]) for record in records}
    with _records(archive, heads[one.file]) as records:
        lost = {record.get(one.column, "") for record in records} - known
    if lost:
        shown = ", ".join(sorted(lost)[:MOST_SHOWN])
        more = ", …" if len(lost) > MOST_SHOWN else ""
        raise BundleDamaged(f"{one.file}, {one.column}: {shown}{more} stands nowhere else in it")


def _number(cell: str) -> str:
    return cell.removeprefix("Mã ").split(";")[0]


@contextmanager
def _records(archive: zipfile.ZipFile, told: Told) -> Iterator[Iterator[dict[str, str]]]:
    """By the last of the rows above the data."""
    with archive.open(told.name) as part, TextIOWrapper(part, "utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        head: list[str] = []
        for _ in range(told.heads):
            head = next(rows)
        yield (dict(zip(head, row, strict=False)) for row in rows)
