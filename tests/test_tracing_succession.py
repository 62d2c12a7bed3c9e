"""A contact who tests positive becomes a case, and the first list keeps whom they met."""

from __future__ import annotations

from kit.db import connection
from tests.conftest import NOW
from tests.make_cases import approve
from tests.make_holds import slug
from tests.make_work import Desk, desk

__all__ = ["desk"]  # the fixture


async def test_a_positive_contact_becomes_a_case_and_those_met_before_stay_marked(
    desk: Desk,
) -> None:
    # given F1 and F2 of X; P, an F1, met S and Q on 9 July
    opener, number = desk.officers.opener, desk.number["P"]
    await opener.post(f"{desk.path}/runs", json={"max_tier": 2})
    path = f"{desk.path}/contacts/{number}/case"
    form = {"sampled": f"{NOW:%Y-%m-%d}", "lab_reference": "CDC-CT 9001"}

    early = await opener.post(path, json=form)
    await desk.work("positive", "P")
    verifier = await desk.verifier.post(path, json=form)
    unknown = await opener.post(f"{desk.path}/contacts/ZZZZZZZZ/case", json=form)
    dayless = await opener.post(path, json={"lab_reference": "CDC-CT 9001"})
    shown = await opener.get(f"{desk.page}/contacts/{number}/case?lang=en")
    opened = await opener.post(path, json=form)
    twice = await opener.post(path, json=form | {"lab_reference": "CDC-CT 9002"})
    approved = await approve(desk.officers.approver, opened.json()["id"])

    assert (twice.json()["number"], slug(twice)) == (opened.json()["number"], "contact-is-case")
    assert (early.status_code, slug(early)) == (409, "contact-not-positive")
    assert [one.status_code for one in (verifier, unknown, dayless)] == [403, 404, 422]
    assert "Open a case from this contact" in shown.text
    assert opened.json()["source_case_id"] == desk.case_id
    assert [one["name"] for one in approved.json()["people"]] == ["C. P."]
    async with connection(desk.service.state["db"]) as db:
        source = await db.fetchval(
            "SELECT source_case_id FROM case_file WHERE id = $1", opened.json()["id"]
        )
    assert source == desk.case_id
    assert opened.json().get("met_source") is None  # the answer is short; the file has it
    file = (await opener.get(f"/v1/cases/{opened.json()['id']}")).json()
    assert file["met_source"] == "2021-07-09", "when P met X first"
    # then the first list says so: S and Q met P days before P's own period, which is of July 18
    found = (await opener.get(f"{desk.path}/contacts?limit=100")).json()["contacts"]
    works = {one["name"][3]: one["work"] for one in found}
    own = opened.json()["number"]
    assert works["P"]["became"] == own
    assert {name for name, one in works.items() if one["met_case"] == own} >= {"S", "Q"}
    assert all(works[name]["before_its_period"] for name in "SQ")
    # a later negative does not outdate the positive, and taking that back says what it leaves
    await desk.work("negative", "P")
    still = await desk.contact("P")
    await desk.work("positive", "P", undo=True)
    left = (await opener.get(f"{desk.page}?lang=en")).text
    assert still["work"]["test"] == "positive"
    assert "The positive test was taken back, and that case goes on" in left
    page = (await opener.get(f"{desk.page}?lang=en&tier=2")).text
    assert f"met {own} before the period of that case" in page
