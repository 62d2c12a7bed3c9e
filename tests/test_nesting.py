"""JSON that is nested without end: refused like any other that makes no sense, on every way in."""

from __future__ import annotations

import json

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.api_uploads import cut_at_commas
from checkin.seal import sealed as seal
from kit.http import DEPTH, BadForm, MalformedBody, decoded, plain
from tests import test_checkin_gate_uploads as gates
from tests.conftest import NOW, Service
from tests.make_gates import a_gate, chip_card
from tests.make_phones import signed_up
from tests.make_venues import make_venue
from tests.test_checkin_uploads import LINES, event, why
from tests.test_tracing_people_list import STAY, traced

JSON = {"Content-Type": "application/json"}
DEPTHS = (DEPTH, 483, 2_000, 30_000)
MALFORMED = (400, "/problems/malformed-body")


def nested(depth: int, name: str = "") -> str:
    lists = "[" * depth + "]" * depth
    return f'{{"{name}":{lists}}}' if name else lists


async def answer(client: httpx.AsyncClient, path: str, body: str) -> tuple[int, str]:
    said = await client.post(path, content=body.encode(), headers=JSON)
    return said.status_code, said.json()["type"]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("before", ['{"a":', r'{"full_name":"\u200b","phone":', '{"login":'])
async def test_whoever_has_no_account_is_told_that_it_is_malformed(
    service: Service, depth: int, before: str
) -> None:
    nobody = await service.client()

    for path in ("/v1/people", "/v1/sessions"):
        assert await answer(nobody, path, before + nested(depth) + "}") == MALFORMED


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_phone_and_a_gate_are_told_the_same(service: Service, depth: int) -> None:
    phone, (gate, _) = await signed_up(service), await a_gate(service)
    deep = nested(depth)

    for before in ('{"code":', r'{"a":"\u200b","code":'):
        assert await answer(phone, "/v1/check-ins", before + deep + "}") == MALFORMED
    for before in ('{"credential":', r'{"a":"\u200b","credential":'):
        assert await answer(gate, "/v1/gate/scans", before + deep + "}") == MALFORMED


@pytest.mark.parametrize("depth", [*DEPTHS, 100_000])
async def test_an_event_of_an_upload_is_refused_by_itself(service: Service, depth: int) -> None:
    phone, venue = await signed_up(service), await make_venue(service)
    good = json.dumps(event(venue))
    deep = (nested(depth, "code"), nested(depth), nested(depth, "a"))
    events = (good, *deep, good)

    array = await phone.post("/v1/uploads", content=f" [{','.join(events)}]\n", headers=JSON)
    lines = await phone.post("/v1/uploads", content="\n".join(events), headers=LINES)

    assert array.status_code == lines.status_code == 200
    for found in (array.json()["events"], lines.json()["events"]):
        assert why(found) == ["", *["bad-event"] * 3, ""]


@pytest.mark.parametrize("depth", DEPTHS)
async def test_an_event_of_a_gate_is_refused_by_itself(service: Service, depth: int) -> None:
    device = await gates.a_device(service)
    good = json.dumps(device.scan(chip_card(), NOW))
    inside = device.key, f'{{"gate":1,"scan":{nested(min(depth, 3000))},"é":"\ufeff"}}'.encode()
    sealed = json.dumps({"key": device.key.id, "sealed": seal(*inside)})
    deep = (nested(depth, "key"), nested(depth), sealed)

    array = await device.http.post(
        "/v1/gate/uploads", content=f"[{good},{','.join(deep)}]", headers=JSON
    )

    assert array.status_code == 200
    assert why(array.json()["events"]) == ["", *["bad-event"] * 3]


@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_guest_list_is_refused_and_a_guest_by_themselves(
    service: Service, depth: int
) -> None:
    officers, case_id = await traced(service)
    path = f"/v1/cases/{case_id}/guest-lists"

    async def send(body: str) -> httpx.Response:
        sent = officers.opener.post(path, params=STAY, content=body.encode(), headers=JSON)
        return await sent

    deep = await send(f'{{"guests":[{{"firstName":"A"}},{nested(depth, "x")}]}}')
    whole = await send(nested(depth, "guests"))

    assert deep.status_code in (200, 422)  # as a row, or with the list where it cannot be cut
    assert whole.status_code in (200, 422)


def test_what_people_wrote_is_looked_at_so_deep_and_no_deeper() -> None:
    assert plain(json.loads(nested(DEPTH - 1))) == json.loads(nested(DEPTH - 1))
    with pytest.raises(MalformedBody):
        plain(json.loads(nested(DEPTH + 1)))
    with pytest.raises(MalformedBody):
        decoded(msgspec.json.Decoder(), nested(30_000).encode())
    with pytest.raises(BadForm):
        plain({"a": ["\x00"]})


values = st.recursive(
    st.none() | st.integers() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
)


@given(st.lists(values, min_size=1), st.sampled_from([None, 1]))
def test_an_array_is_cut_where_its_elements_end(found: list[object], indent: int | None) -> None:
    body = f"\n {json.dumps(found, ensure_ascii=False, indent=indent)} ".encode()
    assert [json.loads(one) for one in cut_at_commas(body)] == found


@pytest.mark.parametrize(
    "body", ["", " ", "1", "{}", "[", "]", "[[]", "[]]", "[],[]", '["]', "[] 1"]
)
def test_what_is_no_array_is_not_cut(body: str) -> None:
    with pytest.raises(MalformedBody):
        cut_at_commas(body.encode())
