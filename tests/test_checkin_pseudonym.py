"""Pseudonyms of one day, their keys, and the vault."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.keydir import open_keys
from checkin.pseudonym import ForeignSubject, ServiceDays, block
from checkin.vault import IdentifierKind, Vault, VaultDamaged
from kit import keys
from kit.keys import KeyMissing, KeyShelf

ZONE = timezone(timedelta(hours=7))
MONDAY, TUESDAY = date(2021, 7, 19), date(2021, 7, 20)
people = st.integers(min_value=1, max_value=2**63 - 1)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> ServiceDays:
    found = ServiceDays(KeyShelf(tmp_path_factory.mktemp("days"), 16), ZONE)
    found.make(MONDAY)
    found.make(TUESDAY)
    return found


@given(st.lists(people, min_size=1, max_size=50, unique=True))
def test_subjects_of_a_day_turn_back_into_people(days: ServiceDays, persons: list[int]) -> None:
    subjects = days.subjects(persons, MONDAY)

    assert len(set(subjects)) == len(persons)
    assert days.people(subjects, MONDAY) == persons


@given(people)
def test_the_same_person_has_unlinkable_subjects_on_two_days(
    days: ServiceDays, person: int
) -> None:
    monday, tuesday = days.subject(person, MONDAY), days.subject(person, TUESDAY)

    assert monday != tuesday
    with pytest.raises(ForeignSubject):
        days.people([monday], TUESDAY)


def test_a_deleted_day_key_makes_the_day_unreadable_for_good(days: ServiceDays) -> None:
    wednesday = date(2021, 7, 21)
    days.make(wednesday)
    subject = days.subject(42, wednesday)

    days.destroy(wednesday)

    with pytest.raises(KeyMissing):
        days.people([subject], wednesday)
    days.make(wednesday)  # a key made anew is another key
    with pytest.raises(ForeignSubject):
        days.people([subject], wednesday)
    days.destroy(wednesday)


def test_a_scan_gets_its_subject_while_a_trace_turns_a_whole_day(days: ServiceDays) -> None:
    """A trace turns a city's day in a thread of its own, a scan's in the one of all requests."""
    city = b"".join(map(block, range(1, 100_001)))
    expected = days.subject(42, MONDAY)

    with ThreadPoolExecutor(2) as threads:
        traces = [threads.submit(days.turned, city, MONDAY) for _ in range(20)]
        made = {days.subject(42, MONDAY)}
        while not all(trace.done() for trace in traces):
            made.add(days.subject(42, MONDAY))

    assert made == {expected}
    assert {trace.result() for trace in traces} == {days.turned(city, MONDAY)}


def test_a_key_already_there_is_never_replaced(days: ServiceDays) -> None:
    subject = days.subject(42, MONDAY)

    days.make(MONDAY)

    assert days.subject(42, MONDAY) == subject


def test_another_process_sees_new_and_deleted_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "FRESH", 0.0)  # it asks the disk again after so long
    writer, reader = KeyShelf(tmp_path, 16), KeyShelf(tmp_path, 16)
    made = writer.make("2021-07-19")
    assert reader.key("2021-07-19") == made

    writer.delete("2021-07-19")

    with pytest.raises(KeyMissing):
        reader.key("2021-07-19")


def test_a_cut_key_file_is_named_instead_of_used(tmp_path: Path) -> None:
    shelf = KeyShelf(tmp_path, 16)
    (tmp_path / "2021-07-19.key").write_bytes(b"short")

    with pytest.raises(KeyMissing, match="2021-07-19"):
        shelf.key("2021-07-19")


def test_a_service_day_is_local_and_half_open(days: ServiceDays) -> None:
    start, end = days.bounds(TUESDAY)

    assert start == datetime(2021, 7, 19, 17, 0, tzinfo=UTC)
    assert days.day(start) == TUESDAY
    assert days.day(end - timedelta(milliseconds=1)) == TUESDAY
    assert days.day(end) == date(2021, 7, 21)


def test_the_key_directory_is_closed_to_others(tmp_path: Path) -> None:
    open_keys(tmp_path / "keys")

    for path in [tmp_path / "keys", *(tmp_path / "keys").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_sealed_record_opens_only_for_its_own_person(tmp_path: Path) -> None:
    vault = Vault(open_keys(tmp_path / "keys"))
    sealed, key_id = vault.seal(42, {"full_name": "Nguyễn Thị Hoa"})

    assert vault.open(42, sealed, key_id) == {"full_name": "Nguyễn Thị Hoa"}
    with pytest.raises(VaultDamaged):
        vault.open(43, sealed, key_id)
    with pytest.raises(VaultDamaged):
        vault.open(42, sealed[:-1] + bytes([sealed[-1] ^ 1]), key_id)


def test_a_new_vault_key_leaves_old_records_readable(tmp_path: Path) -> None:
    keys = open_keys(tmp_path / "keys")
    vault = Vault(keys)
    sealed, old = vault.seal(42, {"full_name": "Hoa"})
    keys.vault.make("0002")

    _, new = vault.seal(42, {"full_name": "Hoa"})

    assert (old, new) == (1, 2)
    assert vault.open(42, sealed, old) == {"full_name": "Hoa"}


def test_an_identifier_is_found_again_only_under_its_kind_and_key(tmp_path: Path) -> None:
    vault, other = (Vault(open_keys(tmp_path / name)) for name in ("keys", "other"))
    found = vault.find(IdentifierKind.PHONE, "+84912345678")

    assert found == vault.find(IdentifierKind.PHONE, "+84912345678")
    assert found != vault.find(IdentifierKind.CMND, "+84912345678")
    assert found != other.find(IdentifierKind.PHONE, "+84912345678")
