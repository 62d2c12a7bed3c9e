"""Bundles of CSV files: read back whole or not at all."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest

from tracing.bundle import MANIFEST, BundleDamaged, Part, bundled, verified

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
