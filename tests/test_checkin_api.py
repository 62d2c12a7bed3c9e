"""Check-in through the API, on real PostgreSQL."""

from __future__ import annotations

from tests.conftest import Service


async def test_a_new_device_gets_a_token_and_has_no_visits_yet(service: Service) -> None:
    phone = await service.client()

    signed = await phone.post(
        "/v1/people", json={"full_name": "Nguyễn Thị Hoa", "phone": "0912 345 678"}
    )
    visits = await phone.get(
        "/v1/me/visits", headers={"Authorization": f"Bearer {signed.json()['token']}"}
    )

    assert signed.status_code == 201
    assert visits.status_code == 200
    assert visits.json() == {"visits": [], "kept_days": 21}
