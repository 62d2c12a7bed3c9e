"""Lists for other systems, each read back by what knows nothing of how they were written."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import networkx
from fhir.resources.R4B.bundle import Bundle

from kit.db import connection
from tests.conftest import Service
from tests.make_exports import NAMES, Traced, make_traced_case
from tests.make_people import audit_acts
from tests.test_kit_sheet import FORMULA
from tracing.exports.bundle import MANIFEST
from tracing.exports.bundle_links import checked
from tracing.exports.formats import RECIPES, ListFormat

# The columns that the imports of the other systems know, from their sources.
GODATA_CONTACT = {
    *("firstName", "middleName", "lastName", "gender", "dob", "visualId", "dateOfReporting"),
    *("dateOfLastContact", "riskLevel", "riskReason", "documents[].type", "documents[].number"),
    *("addresses[].typeId", "addresses[].city", "addresses[].addressLine1"),
    *("addresses[].locationId", "addresses[].phoneNumber", "addresses[].emailAddress"),
    *("followUp.originalStartDate", "followUp.startDate", "followUp.endDate", "followUp.status"),
}
GODATA_RELATIONSHIP = {
    *(f"persons[{n}].{name}" for n in (0, 1) for name in ("id", "type", "source", "target")),
    *("dateOfFirstContact", "contactDate", "contactDateEstimated", "certaintyLevelId"),
    *("exposureTypeId", "exposureFrequencyId", "exposureDurationId", "comment"),
}
SORMAS_CONTACT = {
    *("caseIdExternalSystem", "disease", "reportDateTime", "region", "district", "community"),
    *("multiDayContact", "firstContactDate", "lastContactDate", "contactIdentificationSource"),
    *("tracingApp", "tracingAppDetails", "contactProximity", "contactCategory", "description"),
    *("contactClassification", "contactStatus", "followUpStatus", "followUpUntil", "quarantine"),
    *("quarantineFrom", "quarantineTo", "relationDescription", "externalID"),
    *("person.firstName", "person.lastName", "person.sex", "person.birthdateDD"),
    *("person.birthdateMM", "person.birthdateYYYY", "person.address.region"),
    *("person.address.district", "person.address.community", "person.address.street"),
    *("person.phone", "person.emailAddress"),
}
GRAPHML = "{http://graphml.graphdrawing.org/xmlns}"
NEEDED_IN_R4 = {
    "Bundle": {"type"},
    "Patient": set(),
    "Location": set(),
    "Observation": {"status", "code"},
}


async def unpacked(case: Traced, name: str) -> dict[str, list[list[str]]]:
    """The rows of each file, those above the data too."""
    answer = await case.export(name)
    checked(io.BytesIO(answer.content))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {
            one: list(csv.reader(io.StringIO(archive.read(one).decode("utf-8-sig"), newline="")))
            for one in archive.namelist()
            if one != MANIFEST
        }


def records(rows: list[list[str]], heads: int = 1) -> list[dict[str, str]]:
    return [dict(zip(rows[heads - 1], row, strict=True)) for row in rows[heads:]]


def formulas(files: dict[str, list[list[str]]]) -> list[str]:
    return [c for rows in files.values() for row in rows for c in row if FORMULA.match(c)]


async def test_go_data_gets_contacts_contacts_of_contacts_and_who_met_whom(
    service: Service,
) -> None:
    case = await make_traced_case(service)
    numbers = await case.numbers()

    files = await unpacked(case, "godata-zip")

    assert sorted(files) == ["contacts.csv", "contacts_of_contacts.csv", "relationships.csv"]
    assert not formulas(files)
    first, second = records(files["contacts.csv"]), records(files["contacts_of_contacts.csv"])
    assert set(first[0]) == set(second[0]) <= GODATA_CONTACT
    assert {one["visualId"] for one in first} == numbers[1, False]
    assert {one["visualId"] for one in second} == numbers[2, False]
    [known] = [one for one in first if one["firstName"] == "Hà"]
    assert (known["lastName"], known["middleName"]) == ("Đặng", "Thị Ngọc")
    assert known["addresses[].phoneNumber"] == "0987654321"
    assert known["dateOfLastContact"] == "2021-07-10"
    assert known["riskLevel"] == "LNG_REFERENCE_DATA_CATEGORY_RISK_LEVEL_2_MEDIUM"
    met = records(files["relationships.csv"])
    assert set(met[0]) == GODATA_RELATIONSHIP
    pairs = {(one["persons[0].id"], one["persons[1].id"]) for one in met}
    assert {pair for pair in pairs if pair[0] == case.case_number} == {
        (case.case_number, one) for one in numbers[1, False]
    }
    assert {pair[1] for pair in pairs if pair[0] != case.case_number} == numbers[2, False]
    [own] = [one for one in met if one["persons[1].id"] == known["visualId"]]
    assert own["persons[0].type"] == "LNG_REFERENCE_DATA_CATEGORY_PERSON_TYPE_CASE"
    assert own["exposureDurationId"].endswith("EXPOSURE_DURATION_SHORT_MINUTES")
    assert own["contactDateEstimated"] == "false"


async def test_sormas_gets_the_f1_and_an_event_for_each_place_and_day(service: Service) -> None:
    case = await make_traced_case(service)

    files = await unpacked(case, "sormas-zip")

    assert not formulas(files)
    contacts = files.pop("contacts.csv")
    assert set(contacts[0]) == {"Contact"}
    assert set(contacts[1]) <= SORMAS_CONTACT
    found = records(contacts, 2)
    assert {one["externalID"] for one in found} == (await case.numbers())[1, False]
    [known] = [one for one in found if one["person.lastName"] == "Đặng"]
    expected = {
        "caseIdExternalSystem": case.case_number,
        "disease": "CORONAVIRUS",
        "reportDateTime": "20/07/2021",
        "firstContactDate": "10/07/2021",
        "contactIdentificationSource": "TRACING_APP",
        "contactProximity": "SAME_ROOM",
        "contactClassification": "UNCONFIRMED",
        "person.firstName": "Thị Ngọc Hà",
        "person.birthdateYYYY": "1990",
        "person.phone": "0987654321",
        "region": "Thành phố Cần Thơ",
        "community": "Phường Cái Khế",
    }
    assert {name: known[name] for name in expected} == expected
    days = [name.removesuffix(".csv")[-10:] for name in sorted(files)]
    assert days == ["2021-07-08", "2021-07-09", "2021-07-10"]
    [last] = [rows for name, rows in files.items() if "2021-07-10" in name]
    assert last[1] == [
        *("person.firstName", "person.lastName", "involvementDescription", "region", "district")
    ]
    assert len(last) == 2 + len(NAMES)
    assert {row[2] for row in last[2:]} == {"Chợ A, 10/07/2021, 10:30 – 11:00"}


async def test_epicontacts_and_graphml_have_one_graph_and_no_names(service: Service) -> None:
    case = await make_traced_case(service)
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE contact SET state = 'rejected' WHERE tier = 2")
        await db.execute("UPDATE venue SET name = 'Chợ <&> \"A\"' WHERE name = 'Chợ A'")
    await case.officers.opener.post(f"/v1/cases/{case.case_id}/runs", json={"max_tier": 2})
    before = len(await audit_acts(service))

    files = await unpacked(case, "epicontacts-zip")
    text = (await case.export("graphml")).content

    people, met = records(files["linelist.csv"]), records(files["contacts.csv"])
    assert len({one["id"] for one in people}) == len(people)
    assert {one["from"] for one in met} | {one["to"] for one in met} == {
        one["id"] for one in people
    }
    graph = ElementTree.fromstring(text)  # noqa: S314  our own file
    keys = {one.get("id"): one.get("attr.name") for one in graph.iter(f"{GRAPHML}key")}
    nodes = [one.get("id") for one in graph.iter(f"{GRAPHML}node")]
    edges = [(one.get("source"), one.get("target")) for one in graph.iter(f"{GRAPHML}edge")]
    assert nodes == [one["id"] for one in people]
    assert len(set(edges)) == len(edges)
    assert set(edges) == {(one["from"], one["to"]) for one in met}
    read = networkx.parse_graphml(text.decode())
    assert (list(read.nodes), set(read.edges)) == (nodes, set(edges))
    assert read.is_directed()
    reached = networkx.descendants(read, case.case_number)
    assert reached == set(nodes) - {case.case_number}, "everybody stands on a path from the case"
    facts = [(keys[one.get("key")], one.text) for one in graph.iter(f"{GRAPHML}data")]
    assert ("venue", 'Chợ <&> "A"') in facts
    assert ("state", "case") in facts
    assert [act for act, _ in (await audit_acts(service))[before:]] == ["export-contacts"] * 2
    for name in (*NAMES, "Chị"):
        assert name not in json.dumps(files, ensure_ascii=False)
        assert name not in text.decode()


async def test_a_bundle_of_a_case_with_a_national_number_is_whole(service: Service) -> None:
    case = await make_traced_case(service)
    async with connection(service.state["db"]) as db:
        await db.execute("UPDATE case_file SET national_number = 'BN-12345'")

    for name in ("sormas-zip", "godata-zip", "vn-zip", "epicontacts-zip"):
        answer = await case.export(name)
        manifest = checked(io.BytesIO(answer.content))
        assert ("national_number" in manifest.about) == RECIPES[ListFormat(name)].names

    files = await unpacked(case, "sormas-zip")
    assert "BN-12345" in json.dumps(files)


async def test_a_graph_names_nobody_by_the_place_that_somebody_typed(service: Service) -> None:
    case = await make_traced_case(service, [])
    path = f"/v1/cases/{case.case_id}/points"
    day = {"start": "2021-07-10T18:00:00+07:00", "end": "2021-07-10T20:00:00+07:00"}
    there = [{"name": "Trần Thị Em"}, {"name": "Anh Hai"}]
    typed = (
        ("home", "bà Nguyễn Thị Lan, 0912 345 678"),
        ("home", "ông Tư ở 27/4"),
        ("party", "Đám cưới cô Mai"),
    )
    for kind, name in typed:
        point = {"kind": kind, "name": name, "people": there} | day
        assert (await case.officers.opener.post(path, json=point)).status_code == 201

    files = await unpacked(case, "epicontacts-zip")
    text = (await case.export("graphml")).text

    places = {one["venue"] for one in records(files["contacts.csv"])}
    assert {"home 1", "home 2", "party 1", "Chợ A"} <= places
    for said in (*(name for _, name in typed), "Lan", "0912", "Mai"):
        assert said not in json.dumps(files, ensure_ascii=False)
        assert said not in text
    assert "home 2" in text
    named = await unpacked(case, "sormas-zip")
    assert "Lan, 0912 345 678" in json.dumps(named, ensure_ascii=False)


async def test_a_fhir_bundle_holds_what_r4_demands_and_every_reference_leads_somewhere(
    service: Service,
) -> None:
    case = await make_traced_case(service, ["Đặng Thị Ngọc Hà", "Hoa"])
    numbers = await case.numbers()

    answer = await case.export("fhir-json")
    found = json.loads(answer.content)

    assert answer.headers["content-type"] == "application/fhir+json"
    read = Bundle.model_validate_json(answer.content)
    assert len(read.entry) == len(found["entry"])
    assert json.loads(read.model_dump_json()) == found, "the library keeps all and adds nothing"
    assert (found["resourceType"], found["type"]) == ("Bundle", "collection")
    assert datetime.fromisoformat(found["timestamp"]).tzinfo is not None
    resources = {one["fullUrl"]: one["resource"] for one in found["entry"]}
    assert len(resources) == len(found["entry"])
    for one in (found, *resources.values()):
        assert NEEDED_IN_R4[one["resourceType"]] <= one.keys()
        assert not list(empty(one))
    assert {one["reference"] for r in resources.values() for one in references(r)} <= set(resources)
    patients = [one for one in resources.values() if one["resourceType"] == "Patient"]
    listed = {one["identifier"][0]["value"] for one in patients}
    assert listed == {case.case_number} | numbers[1, False] | numbers[2, False]
    [known] = [one for one in patients if "Đặng" in json.dumps(one, ensure_ascii=False)]
    assert known["name"] == [
        {"text": "Đặng Thị Ngọc Hà", "family": "Đặng", "given": ["Thị Ngọc", "Hà"]}
    ]
    assert known["telecom"] == [{"system": "phone", "value": "+84987654321"}]
    assert (known["birthDate"], known["gender"]) == ("1990", "unknown")
    [own] = [one for one in patients if one["identifier"][0]["value"] == case.case_number]
    assert "name" not in own
    exposures = [one for one in resources.values() if one["resourceType"] == "Observation"]
    assert {resources[one["subject"]["reference"]]["identifier"][0]["value"] for one in exposures}
    for one in exposures:
        period = one["effectivePeriod"]
        assert period["start"] < period["end"]
        assert one["code"]["coding"][0]["code"] == "88636-6"


def empty(found: Any) -> list[Any]:
    """Values that FHIR does not allow: null, '' and what holds nothing."""
    if isinstance(found, dict):
        return [bad for value in found.values() for bad in empty(value)] if found else [found]
    if isinstance(found, list):
        return [bad for value in found for bad in empty(value)] if found else [found]
    return [found] if found in (None, "") else []


def references(found: Any) -> list[dict[str, str]]:
    if isinstance(found, dict):
        own = [found] if "reference" in found else []
        return own + [one for value in found.values() for one in references(value)]
    return [one for value in found for one in references(value)] if isinstance(found, list) else []
