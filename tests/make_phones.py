"""Phones of people who signed up for a test, and what they send."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from tests.conftest import NOW, Service
from tests.make_venues import MadeVenue

NOTHING = {"met_case": False, "from_epidemic_area": False, "met_sick": False}


async def signed_up(service: Service, name: str = "Nguyễn Thị Hoa") -> httpx.AsyncClient:
    """A phone that carries its token from now on."""
    phone = await service.client()
    answer = await phone.post("/v1/people", json={"full_name": name, "phone": "0912 345 678"})
    assert answer.status_code == 201
    phone.headers["authorization"] = f"Bearer {answer.json()['token']}"
    return phone


def body(venue: MadeVenue, at: datetime = NOW, **more: object) -> dict[str, Any]:
    return {"code": venue.code, "at": at.isoformat(), **more}


async def check_in(phone: httpx.AsyncClient, sent: dict[str, Any]) -> httpx.Response:
    return await phone.post("/v1/check-ins", json=sent)


async def check_out(phone: httpx.AsyncClient, sent: dict[str, Any]) -> httpx.Response:
    return await phone.post("/v1/check-outs", json=sent)
