"""docker-compose.yml, its proxy file and scripts fit each other and the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import NAMES, read_settings

ROOT = Path(__file__).parent.parent
VALUES = {"HOST": "chot.example.vn", "OWNER_PASSWORD": "o", "APP_PASSWORD": "a", "WORKERS": "2"}
VALUES |= {"METRICS_TOKEN": "twenty characters long", "DATABASE_BUFFERS": "4GB"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text()
    filled = re.sub(r"\$\{(\w+)(?::[-?][^}]*)?\}", lambda m: VALUES[m.group(1)], text)
    found: dict[str, Any] = yaml.safe_load(filled)
    return found


def test_the_service_starts_with_what_the_file_gives_it(compose: dict[str, Any]) -> None:
    given = {n: str(v) for n, v in compose["services"]["service"]["environment"].items()}

    settings = read_settings(given)

    assert set(given) <= {*NAMES.values(), "FORWARDED_ALLOW_IPS"}  # uvicorn's: who may name clients
    assert settings.public_url == "https://chot.example.vn"
    assert not settings.embedded


def test_the_database_keeps_as_many_pages_as_it_is_told(compose: dict[str, Any]) -> None:
    assert "shared_buffers=4GB" in compose["services"]["database"]["command"]


def test_the_proxy_leads_to_the_port_the_service_listens_on(compose: dict[str, Any]) -> None:
    services = compose["services"]
    port = services["service"]["environment"]["CHOT_PORT"]
    proxy = (ROOT / "deploy" / "Caddyfile").read_text()

    assert services["proxy"]["environment"]["UPSTREAM"] == f"service:{port}"
    assert services["service"]["expose"] == [port]
    assert "ports" not in services["service"]
    assert "ports" not in services["database"]
    assert set(re.findall(r"{\$(\w+)}", proxy)) <= set(services["proxy"]["environment"])


def test_every_volume_and_file_exists_and_keys_stand_apart(compose: dict[str, Any]) -> None:
    mounts = [m for s in compose["services"].values() for m in s.get("volumes", ())]
    for mount in mounts:
        source = mount.split(":")[0]
        assert (ROOT / source).exists() if source.startswith(".") else source in compose["volumes"]

    assert "keys:/keys" in compose["services"]["service"]["volumes"]
    assert not any("keys" in m for m in compose["services"]["database"]["volumes"])


def test_secrets_come_from_outside_and_the_example_lists_them() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / "deploy" / "example.env").read_text()

    assert set(re.findall(r"\$\{(\w+)", text)) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    assert re.search(r"PASSWORD=\S", example) is None


def test_the_role_script_is_sound_shell() -> None:
    subprocess.run(["sh", "-n", ROOT / "deploy" / "roles.sh"], check=True)
