"""What the log and the metrics tell of a whole flow, and what they never tell."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import metrics
from kit.log import Answered, Lines
from settings import Settings
from tests.conftest import NOW, Service, running
from tests.make_cases import approved_case, contacts_of, make_officers
from tests.make_venues import MadeVenue, make_venue

TOKEN = "a token of twenty characters and more"
ME = {"full_name": "Trần Thị Chim Hoàng Yến", "phone": "0987654321"}
NOTE = "ho khan từ hôm qua"
CALM = {"met_case": False, "from_epidemic_area": False, "met_sick": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    service: Service
    lines: Lines
    stream: io.StringIO

    def log(self) -> str:
        self.lines.flush()
        return self.stream.getvalue()

    async def metrics(self) -> str:
        client = await self.service.client(authorization=f"Bearer {TOKEN}")
        answer = await client.get("/metrics")
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
async def watched(settings: Settings) -> AsyncIterator[Watched]:
    stream = io.StringIO()
    lines = Lines(stream)
    logging.getLogger().addHandler(lines)
    async with running(replace(settings, metrics_token=TOKEN), lines) as service:
        yield Watched(service=service, lines=lines, stream=stream)
    logging.getLogger().removeHandler(lines)


def figure(text: str, name: str) -> float:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


async def citizen_flow(service: Service, venue: MadeVenue) -> tuple[list[httpx.Response], str]:
    """By pages and by JSON, good and refused; the answers and the device's token."""
    phone = await service.client(**{"accept": "text/html", "accept-language": "en"})
    answers = [
        await phone.get(f"/V/{venue.code}"),
        await phone.post(f"/V/{venue.code}/sign-up", data=ME),
        await phone.get(f"/V/{venue.code}/declare"),
        await phone.post(f"/V/{venue.code}/declare", data={"met_case": NOTE}),
        await phone.get("/visits"),
        await phone.get(f"/nobody/{venue.code}?phone={ME['phone']}"),
        await phone.request("SECRET-" + ME["phone"], "/"),
    ]
    device = await service.client()
    answers.append(await device.post("/v1/people", json=ME))
    token = str(answers[-1].json()["token"])
    device.headers["authorization"] = f"Bearer {token}"
    at = service.clock()
    for when in (at, at, at + timedelta(days=2)):
        scan = {"code": venue.code, "at": when.isoformat()}
        answers.append(await device.post("/v1/check-ins", json=scan))
    answers += [
        await device.post("/v1/declarations", json=CALM | {"note": NOTE}),
        await device.post("/v1/check-outs", json={"code": venue.code, "at": at.isoformat()}),
        await device.post("/v1/people", json=ME | {"phone": ME["full_name"]}),
        await device.get("/v1/me/visits"),
    ]
    return answers, token


def told(text: str, secrets: list[str]) -> list[str]:
    return [s for s in secrets if s.casefold() in text.casefold()]


async def test_no_line_and_no_figure_tells_who_it_was_or_where(watched: Watched) -> None:
    venue = await make_venue(watched.service)
    code = venue.code.replace("-", "")
    answers, token = await citizen_flow(watched.service, venue)
    officers = await make_officers(watched.service)
    case_id = await approved_case(officers, phone=ME["phone"], policy="vn-5053")
    await officers.opener.post(f"/v1/cases/{case_id}/runs", json={})
    await contacts_of(officers.opener, case_id)
    session = officers.opener.headers["authorization"].removeprefix("Bearer ")

    text = watched.log() + await watched.metrics()

    secrets = ["Chim Hoàng Yến", "987654321", NOTE, token, code, venue.code, TOKEN]
    assert not told(text, [*secrets, session])
    assert {answer.status_code // 100 for answer in answers} >= {2, 3, 4}
    assert told(text + f"/V/{venue.code}", secrets)  # the look finds what is there


async def test_each_request_is_one_line_with_its_route(watched: Watched) -> None:
    venue = await make_venue(watched.service)
    answers, _ = await citizen_flow(watched.service, venue)

    lines: list[dict[str, Any]] = [json.loads(line) for line in watched.log().splitlines()]
    by_request = {line["request"]: line for line in lines if "route" in line}

    assert len(by_request) == len(answers)
    for answer in answers:
        line = by_request[answer.headers["x-request-id"]]
        assert line["status"] == answer.status_code
        assert line.keys() - {"problem"} == {
            *("at", "level", "request", "method", "route", "status", "ms")
        }
    assert [(line["method"], line["route"]) for line in lines[:2]] == [
        ("GET", "/V/{code}"),
        ("POST", "/V/{code}/sign-up"),
    ]
    assert {"-", "?"} <= {line["route"] for line in lines} | {line["method"] for line in lines}


async def test_what_nobody_expected_is_logged_without_what_was_sent(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    venue = await make_venue(watched.service)

    async def fails(*_: object) -> None:
        raise ValueError(ME["phone"])

    monkeypatch.setattr(watched.service.state["doorways"], "find", fails)
    answer = await (await watched.service.client()).get(f"/V/{venue.code}")

    first, second = (json.loads(line) for line in watched.log().splitlines())
    assert (first["error"], first["request"]) == ("ValueError", answer.headers["x-request-id"])
    assert (second["status"], answer.status_code) == (500, 500)
    assert not told(watched.log(), [ME["phone"], venue.code])


async def test_the_figures_tell_how_the_service_fares(watched: Watched) -> None:
    venue = await make_venue(watched.service)
    await citizen_flow(watched.service, venue)
    metrics.begin(watched.service.settings)

    text = await watched.metrics()

    scans = 'method="POST",route="/v1/check-ins"'
    assert figure(text, f'chot_request_seconds_count{{{scans},status="2xx"}}') == 2
    assert figure(text, 'chot_problems_total{problem="clock-wrong"}') == 1
    assert figure(text, "chot_ledger_batch_scans_sum") >= 1
    assert figure(text, "chot_ledger_batch_scans_count") >= 1
    assert 'chot_ledger_waiting{lane="live",worker="' in text
    assert 'chot_pool_connections{pool="door",state="busy",worker="' in text
    assert figure(text, "chot_busy_total") == 0
    assert figure(text, "chot_days_ahead") == 14
    assert figure(text, 'chot_job_age_seconds{job="days"}') < 3600


async def test_every_figure_is_documented(watched: Watched) -> None:
    metrics.begin(watched.service.settings)
    described = (Path(__file__).parent.parent / "docs" / "watching.md").read_text()

    names = re.findall(r"^# TYPE (\w+)", await watched.metrics(), re.MULTILINE)

    assert len(names) == 8
    assert [name for name in names if f"| `{name}` |" not in described] == []


async def test_a_day_without_its_key_is_seen_ahead(watched: Watched) -> None:
    days = watched.service.state["days"]
    days.destroy(days.day(NOW) + timedelta(days=3))

    assert figure(await watched.metrics(), "chot_days_ahead") == 2


async def test_the_figures_stand_without_a_database(watched: Watched) -> None:
    owner = await asyncpg.connect(watched.service.settings.database_owner_url)
    await watched.service.state["db"].close()

    text = await watched.metrics()

    await owner.close()
    assert "chot_days_ahead" not in text
    assert "chot_busy_total" in text


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer another", f"Basic {TOKEN}"])
async def test_the_figures_need_their_token(watched: Watched, given: str) -> None:
    client = await watched.service.client(authorization=given)

    assert (await client.get("/metrics")).status_code == 404


async def test_without_a_token_in_the_settings_there_are_no_figures(service: Service) -> None:
    client = await service.client(authorization="Bearer ")

    assert (await client.get("/metrics")).status_code == 404


async def test_a_log_of_warnings_has_no_line_for_a_request(settings: Settings) -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    async with running(replace(settings, log="warning"), lines) as service:
        await (await service.client()).get("/health")
    lines.flush()

    assert stream.getvalue() == ""


async def test_the_log_is_written_to_its_end_before_a_worker_dies_of_its_signal(
    settings: Settings,
) -> None:
    stream = io.StringIO()
    async with running(settings, Lines(stream)) as service:
        await (await service.client()).get("/health")

    assert [json.loads(line)["route"] for line in stream.getvalue().splitlines()] == ["/health"]


def test_a_metric_has_no_label_for_a_person_a_device_or_a_venue() -> None:
    assert Answered._fields == (
        *("at", "request", "method", "route", "status", "seconds", "problem"),
    )
