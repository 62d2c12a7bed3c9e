"""A self-made certificate, so that phones on the same network get the secure context a camera
needs."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LASTS = timedelta(days=90)
RENEWED = timedelta(days=7)  # before its end
CLOCKS_DIFFER = timedelta(days=1)
ELSEWHERE = "192.0.2.1"  # RFC 5737: no machine has it
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """`fingerprint`: SHA-256 as browsers show it, to compare before one trusts it by hand."""

    certificate: Path
    key: Path
    fingerprint: str


def lan_address() -> str | None:
    """This machine's address towards the network; None without one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((ELSEWHERE, 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if ipaddress.ip_address(address).is_loopback else address


def host_names() -> list[str]:
    """What this machine is called, as far as a certificate can say it."""
    names = ["localhost", socket.gethostname()]
    return [name for name in dict.fromkeys(names) if HOST_NAME.fullmatch(name)]


def self_made(
    folder: Path, addresses: Sequence[str], names: Sequence[str], now: datetime
) -> Certificate:
    """The one in `folder`, made anew where it is missing, damaged, for others, or about to end."""
    made = _read(folder)
    if made is None or not _good(made, addresses, names, now):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _make(folder, addresses, names, now)
    digits = made.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certificate(
        certificate=folder / "certificate.pem", key=folder / "key.pem", fingerprint=digits
    )


def _read(folder: Path) -> x509.Certificate | None:
    """None unless both files are there, whole, and belong together."""
    try:
        made = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
        key = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return made if made.public_key() == key.public_key() else None


def _good(
    made: x509.Certificate, addresses: Sequence[str], names: Sequence[str], now: datetime
) -> bool:
    said = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        made.not_valid_before_utc <= now < made.not_valid_after_utc - RENEWED
        and {str(one) for one in said.get_values_for_type(x509.IPAddress)} == set(addresses)
        and set(said.get_values_for_type(x509.DNSName)) == set(names)
    )


def _make(
    folder: Path, addresses: Sequence[str], names: Sequence[str], now: datetime
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    # A new name each time: two certificates of one issuer and serial stop Firefox for good.
    serial = x509.random_serial_number()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Chốt {serial:x}"[:60])])
    said: list[x509.GeneralName] = [x509.DNSName(one) for one in names]
    said += [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - CLOCKS_DIFFER)
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName(said), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(folder / "key.pem", private)
    _write(folder / "certificate.pem", made.public_bytes(serialization.Encoding.PEM))
    return made


def _write(path: Path, text: bytes) -> None:
    """Whole or not at all, and readable by nobody else from the first byte on."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)
    draft.replace(path)
