"""The self-made certificate: what it names, when it is kept, when it is made anew."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from demo import tls
from demo.tls import Certificate

# The handshake compares with the machine's own clock.
NOW = datetime.now(UTC).replace(microsecond=0)
ADDRESSES = ["192.168.7.20", "127.0.0.1"]
NAMES = ["localhost", "may-tinh"]


def made(folder: Path, now: datetime = NOW, addresses: list[str] = ADDRESSES) -> Certificate:
    return tls.self_made(folder / "tls", addresses, NAMES, now)


def test_a_client_that_trusts_it_finds_every_name(tmp_path: Path) -> None:
    # given a server with the certificate
    found = made(tmp_path)
    here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    here.load_cert_chain(found.certificate, found.key)
    # when clients that trust only it connect under each of its names
    there = ssl.create_default_context(cafile=str(found.certificate))
    seen = [handshake(here, there, name) for name in (*ADDRESSES, *NAMES)]
    # then each is satisfied, and another name is refused
    assert seen == [None] * 4
    refused = handshake(here, there, "192.168.7.21")
    assert isinstance(refused, ssl.SSLCertVerificationError)


def handshake(here: ssl.SSLContext, there: ssl.SSLContext, name: str) -> Exception | None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            here.wrap_socket(ours, server_side=True).close()
        except (ssl.SSLError, ConnectionError):
            ours.close()

    server = threading.Thread(target=serve)
    server.start()
    try:
        there.wrap_socket(theirs, server_hostname=name).close()
    except ssl.SSLError as wrong:
        return wrong
    finally:
        theirs.close()
        server.join()
    return None


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    found = made(tmp_path)
    assert stat.S_IMODE(found.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(found.key.parent.stat().st_mode) == 0o700
    assert {path.name for path in found.key.parent.iterdir()} == {"certificate.pem", "key.pem"}


def test_a_later_start_keeps_it(tmp_path: Path) -> None:
    first = made(tmp_path)
    assert made(tmp_path, NOW + timedelta(days=82)) == first


def test_it_is_made_anew_a_week_before_its_end(tmp_path: Path) -> None:
    first = made(tmp_path)
    assert made(tmp_path, NOW + timedelta(days=84)).fingerprint != first.fingerprint


def test_it_is_made_anew_for_another_address(tmp_path: Path) -> None:
    first = made(tmp_path)
    second = made(tmp_path, addresses=["10.0.0.5", "127.0.0.1"])
    assert second.fingerprint != first.fingerprint
    said = x509.load_pem_x509_certificate(second.certificate.read_bytes()).extensions
    names = said.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address("10.0.0.5") in names.get_values_for_type(x509.IPAddress)


@pytest.mark.parametrize("file", ["certificate.pem", "key.pem"])
def test_a_damaged_or_missing_file_is_replaced(tmp_path: Path, file: str) -> None:
    first = made(tmp_path)
    (tmp_path / "tls" / file).write_text("cut off")
    second = made(tmp_path, NOW)
    (tmp_path / "tls" / file).unlink()
    third = made(tmp_path, NOW)
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3


def test_a_key_of_another_certificate_is_replaced(tmp_path: Path) -> None:
    # given the two files of two certificates, as a kill between two writes leaves them
    other = made(tmp_path / "other")
    first = made(tmp_path)
    first.key.write_bytes(other.key.read_bytes())
    # then the pair is made anew, and fits
    second = made(tmp_path)
    assert second.fingerprint != first.fingerprint
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        second.certificate, second.key
    )


def test_a_host_name_that_no_certificate_can_say_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "máy_tính")
    assert tls.host_names() == ["localhost"]


def test_the_address_is_one_of_this_machine_or_none() -> None:
    found = tls.lan_address()
    if found is not None:
        with socket.socket() as bound:
            bound.bind((found, 0))
        assert not ipaddress.ip_address(found).is_loopback
