"""The command that imports past visits: how it ends, its sample, archives."""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio.to_thread
import pytest

from checkin.visit_sample import sample
from commands import imports
from settings import Settings
from tests.conftest import NOW
from tests.make_imports import HEADER, LAN, MORNING, Importer, importer

__all__ = ["importer"]  # the fixture


async def run_command(settings: Settings, path: Path, **changed: object) -> int:
    options = argparse.Namespace(
        **{
            "file": path,
            "bad_rows": None,
            "encoding": None,
            "create_venues": True,
            "organisation": "Sở Y tế",
            "archive": False,
            "sample": False,
        }
        | changed
    )
    return await anyio.to_thread.run_sync(partial(imports.import_visits, options, settings))


async def test_the_command_says_how_it_ended(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    path = tmp_path / "past.csv"
    archive = replace(settings, archive=True)
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\n", encoding="utf-8")

    # when / then
    assert await run_command(archive, path, archive=True) == 0
    assert "1 new visits" in capsys.readouterr().out
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\n{LAN},,\n", encoding="utf-8")
    assert await run_command(archive, path) == 1
    assert "past.bad.csv" in capsys.readouterr().out
    path.write_text(f"{HEADER}\n{LAN},{MORNING}\nLan", encoding="utf-8")
    assert await run_command(archive, path) == 2
    assert "nothing was stored" in capsys.readouterr().err


async def test_the_sample_is_printed_and_can_be_imported(
    settings: Settings, importer: Importer, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    assert await run_command(settings, Path(), sample=True) == 0
    printed = capsys.readouterr().out

    # when
    report = await importer.file(sample(NOW).encode())

    # then
    assert printed.splitlines()[0] == sample(NOW).splitlines()[0]
    assert (report.arrivals, report.departures, report.bad) == (3, 2, 0)
    assert (report.phones_unread, await importer.count("identifier")) == (0, 3 + 2 + 2)
    assert importer.said == []


async def test_the_archive_is_a_setting_and_no_flag_alone(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_command(settings, tmp_path / "past.csv", archive=True) == 2
    assert "CHOT_ARCHIVE=1" in capsys.readouterr().err
