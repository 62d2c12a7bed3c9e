"""Bundles of CSV files: read back whole or not at all."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

import chot
from tracing.exports.bundle import MANIFEST, BundleDamaged, Part, bundled, verified
from tracing.exports.bundle_links import checked

MADE = datetime(2021, 7, 20, 12, 0)  # noqa: DTZ001  a ZIP has no zones


def bundle(rows: int = 3000) -> bytes:
    parts = [
        Part(name="a.csv", heads=[("id", "name")], rows=((n, f"Nguyễn {n}") for n in range(rows))),
        Part(name="b.csv", heads=[("Contact",), ("id",)], rows=[]),
    ]
    return b"".join(bundled(parts, {"case": "F0-1"}, MADE))


def test_a_bundle_is_read_back_with_its_counts() -> None:
    manifest = verified(io.BytesIO(bundle()))

    assert [(one.name, one.heads, one.rows) for one in manifest.files] == [
        ("a.csv", 1, 3000),
        ("b.csv", 2, 0),
    ]
    assert manifest.about == {"case": "F0-1"}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_bundle_cut_anywhere_is_refused_as_a_whole(share: float) -> None:
    whole = bundle()

    with pytest.raises(BundleDamaged):
        verified(io.BytesIO(whole[: int(len(whole) * share)]))


def test_a_bundle_with_another_row_or_file_is_refused() -> None:
    def changed(name: str, body: bytes | None) -> io.BytesIO:
        found = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(bundle())) as old, zipfile.ZipFile(found, "w") as new:
            for one in old.namelist():
                if one != name:
                    new.writestr(one, old.read(one))
            if body is not None:
                new.writestr(name, body)
        return found

    whole = zipfile.ZipFile(io.BytesIO(bundle())).read("a.csv")
    assert verified(changed("a.csv", whole)).files[0].rows == 3000
    with pytest.raises(BundleDamaged, match="not what was written"):
        verified(changed("a.csv", whole.replace(b"2999", b"9999")))
    with pytest.raises(BundleDamaged, match="files"):
        verified(changed("a.csv", None))
    with pytest.raises(BundleDamaged, match="files"):
        verified(changed("c.csv", b""))
    with pytest.raises(BundleDamaged, match=MANIFEST):
        verified(changed(MANIFEST, None))
    with pytest.raises(BundleDamaged):
        verified(changed(MANIFEST, b"{"))


def test_every_byte_of_the_files_counts() -> None:
    whole = bundle(50)

    for place in range(0, len(whole), 7):
        spoiled = bytearray(whole)
        spoiled[place] ^= 0x20
        try:
            manifest = verified(io.BytesIO(bytes(spoiled)))
        except BundleDamaged:
            continue
        assert manifest == verified(io.BytesIO(whole)), place  # a date, a flag of the ZIP


def graph(people: list[str], met: list[tuple[str, str]]) -> bytes:
    """As the files of epicontacts."""
    parts = [
        Part(name="linelist.csv", heads=[("id",)], rows=[(one,) for one in people]),
        Part(name="contacts.csv", heads=[("from", "to")], rows=met),
    ]
    return b"".join(bundled(parts, {"case": "F0-1"}, MADE))


def test_every_number_of_a_bundle_must_lead_somewhere_and_stand_once() -> None:
    whole = graph(["F0-1", "A", "B"], [("F0-1", "A"), ("A", "B")])
    lost = graph(["F0-1", "A"], [("F0-1", "A"), ("A", "B"), ("C", "A")])
    twice = graph(["F0-1", "A", "A"], [("F0-1", "A")])
    single = [Part(name="contacts.csv", heads=[("caseIdExternalSystem",)], rows=[("F0-2",)])]

    assert [one.rows for one in checked(io.BytesIO(whole)).files] == [3, 2]
    with pytest.raises(BundleDamaged, match=r"contacts\.csv, from: C stands nowhere"):
        checked(io.BytesIO(lost))
    with pytest.raises(BundleDamaged, match=r"linelist\.csv has A twice in id"):
        checked(io.BytesIO(twice))
    with pytest.raises(BundleDamaged, match="F0-2 stands nowhere"):
        checked(io.BytesIO(b"".join(bundled(single, {"case": "F0-1"}, MADE))))
    with pytest.raises(BundleDamaged, match=r"no format of ours has the files a\.csv, b\.csv"):
        checked(io.BytesIO(bundle()))
    assert verified(io.BytesIO(lost)), "whole as a file: only its numbers are wrong"


def test_an_f2_must_name_an_f1_of_the_list_beside_it() -> None:
    def lists(*f1: str) -> io.BytesIO:
        notes = [("F0-1", f"Mã {one}; Cao") for one in f1]
        parts = [
            Part(name="f1.csv", heads=[("F0 liên quan", "Ghi chú")], rows=notes),
            Part(name="f2.csv", heads=[("F1 liên quan", "Ghi chú")], rows=[("A", "Mã C; Thấp")]),
        ]
        return io.BytesIO(b"".join(bundled(parts, {"case": "F0-1"}, MADE)))

    assert checked(lists("A", "B"))
    with pytest.raises(BundleDamaged, match=r"f2\.csv, F1 liên quan: A stands nowhere"):
        checked(lists("B"))


def test_the_command_says_what_a_bundle_holds_or_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, cut = tmp_path / "good.zip", tmp_path / "cut.zip"
    good.write_bytes(graph(["F0-1", "A"], [("F0-1", "A")]))
    cut.write_bytes(good.read_bytes()[:-40])

    assert chot.main(["check-bundle", str(good)]) == 0
    said = capsys.readouterr().err
    assert "linelist.csv: 2 rows" in said
    assert "case: F0-1" in said
    assert chot.main(["check-bundle", str(cut)]) == 1
    assert "nothing of it may be taken" in capsys.readouterr().err
    assert chot.main(["check-bundle", str(tmp_path / "none.zip")]) == 2
