"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

import chot
from settings import BadSetting, read_settings


def test_without_any_setting_there_is_an_embedded_service() -> None:
    settings = read_settings({})

    assert settings.embedded
    assert settings.key_dir == settings.data_dir / "keys"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHOT_PORT", "eighty"),
        ("CHOT_PORT", "0"),
        ("CHOT_UTC_OFFSET", "Asia/Ho_Chi_Minh"),
        ("CHOT_UTC_OFFSET", "+7"),
        ("CHOT_RETENTION_DAYS", "13"),
        ("CHOT_RETENTION_DAYS", "29"),
        ("CHOT_RETENTION_DAYS", "٢١"),
        ("CHOT_PUBLIC_URL", "chot.example.vn"),
        ("CHOT_PUBLIC_URL", "https://chot.example.vn/city"),
        ("CHOT_WORKERS", "65"),
        ("CHOT_ARCHIVE", "perhaps"),
        ("CHOT_RETENTION", "21"),
        ("CHOT_NAMES_A_DAY", "0"),
        ("CHOT_SECOND_PERSON", "later"),
        ("CHOT_LOG", "debug"),
        ("CHOT_METRICS_TOKEN", "short"),
        ("DATABASE_URL", "mysql://chot@db/chot"),
        ("DATABASE_OWNER_URL", "postgresql://owner@db/chot"),
    ],
)
def test_a_senseless_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name.removeprefix("DATABASE_OWNER_") or name):
        read_settings({name: value})


def test_the_owner_may_not_answer_requests() -> None:
    urls = {
        "DATABASE_URL": "postgresql://o@db/chot",
        "DATABASE_OWNER_URL": "postgresql://o@db/chot",
    }

    with pytest.raises(BadSetting, match="owns no table"):
        read_settings(urls)


@pytest.mark.parametrize(("text", "minutes"), [("+07:00", 420), ("-03:30", -210), ("+00:00", 0)])
def test_an_offset_is_read_in_minutes(text: str, minutes: int) -> None:
    assert read_settings({"CHOT_UTC_OFFSET": text}).utc_offset_minutes == minutes


def test_a_data_directory_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CHOT_DATA_DIR", str(tmp_path / "file" / "data"))

    assert chot.main(["doctor"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"chot: CHOT_DATA_DIR={tmp_path}/file/data: the folder cannot be made: Not a directory"
    ]
