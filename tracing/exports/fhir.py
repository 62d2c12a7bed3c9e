"""A FHIR R4 Bundle: a Patient for the case (its number alone) and for each contact, a Location for
each place, and an Observation «known exposure» for each time two of them were together there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec

from accounts.areas import AreaKind
from tracing.answers import reason
from tracing.exports.handover import Handover, Link, links, name_parts, units
from tracing.finding import Meeting
from tracing.runs.listing import Line

FHIR = "application/fhir+json"
GENDERS = {1: "male", 2: "female", None: "unknown"}
CATEGORY = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "social-history",
}
KNOWN_EXPOSURE = {
    "system": "http://loinc.org",
    "code": "88636-6",
    "display": "Known exposure [Identifier]",
}
AT = "http://hl7.org/fhir/StructureDefinition/event-location"
MINUTES = {"unit": "min", "system": "http://unitsofmeasure.org", "code": "min"}

Resource = dict[str, Any]


def bundle(handover: Handover) -> Iterator[bytes]:
    """An entry at a time."""
    case, names = handover.origin.case, _Names(handover.origin.case.number)
    head = {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": names.system, "value": case.number},
        "meta": {
            "tag": [{"system": names.system, "code": "basis", "display": str(handover.basis())}]
        },
        "timestamp": handover.local(handover.origin.made).isoformat(timespec="seconds"),
    }
    yield msgspec.json.encode(head)[:-1] + b',"entry":['
    separator = b""
    for name, resource in _resources(handover, names):
        entry = {"fullUrl": names.url(name), "resource": resource}
        yield separator + msgspec.json.encode(entry)
        separator = b","
    yield b"]}"


class _Names:
    """What resources are called: the same in every bundle of a case, and nothing outside of it."""

    def __init__(self, case_number: str) -> None:
        self._space: UUID = uuid5(NAMESPACE_URL, case_number)
        self.system = f"urn:uuid:{self._space}"

    def url(self, name: str) -> str:
        return f"urn:uuid:{uuid5(self._space, name)}"

    def reference(self, name: str) -> dict[str, str]:
        return {"reference": self.url(name)}


def _resources(handover: Handover, names: _Names) -> Iterator[tuple[str, Resource]]:
    case_number, lines = handover.origin.case.number, {one.number: one for one in handover.lines}
    patients, places = {case_number}, set[str]()
    yield _person(case_number), _unnamed(case_number, names)
    for number, line in lines.items():
        patients.add(number)
        yield _person(number), _patient(handover, line, names)
    for link in links(case_number, handover.lines):
        for number in (link.source, link.target):
            if number not in patients:  # on a path, and no longer on the list
                patients.add(number)
                yield _person(number), _unnamed(number, names)
        for venue in sorted({one.venue for one in link.meetings} - places):
            places.add(venue)
            yield _place(venue), {"resourceType": "Location", "status": "active", "name": venue}
        said = reason(lines[link.target], handover.translate) if link.target in lines else ""
        for place, meeting in enumerate(link.meetings or (None,)):
            found = _exposure(handover, link, meeting, names)
            if said:
                found["valueCodeableConcept"] = {"text": said}
            yield f"exposure {link.source} {link.target} {place}", found


def _person(number: str) -> str:
    return f"person {number}"


def _place(venue: str) -> str:
    return f"place {venue}"


def _unnamed(number: str, names: _Names) -> Resource:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": names.system, "value": number}],
    }


def _patient(handover: Handover, line: Line, names: _Names) -> Resource:
    person, unit = handover.named(line), units(line.area)
    name = name_parts(person.full_name)
    given = [one for one in (name.middle, name.given) if one]
    address = {
        "text": person.address,
        "city": unit.get(AreaKind.WARD, ""),
        "district": unit.get(AreaKind.DISTRICT, ""),
        "state": unit.get(AreaKind.PROVINCE, ""),
        "country": "VN" if unit else "",
    }
    found = _unnamed(line.number, names) | {
        "name": [_said({"text": person.full_name, "family": name.family, "given": given})],
        "telecom": [{"system": "phone", "value": person.phone}] if person.phone else [],
        "gender": GENDERS[person.sex],
        "birthDate": f"{person.birth_year:04}" if person.birth_year else "",
        "address": [_said(address)],
    }
    return _said(found)


def _exposure(handover: Handover, link: Link, meeting: Meeting | None, names: _Names) -> Resource:
    found: Resource = {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [CATEGORY]}],
        "code": {"coding": [KNOWN_EXPOSURE]},
        "subject": names.reference(_person(link.target)),
        "focus": [names.reference(_person(link.source))],
    }
    if meeting is None:
        return found
    minutes = meeting.minutes
    times = (
        handover.local(one).isoformat(timespec="seconds") for one in (meeting.start, meeting.end)
    )
    return found | {
        "extension": [{"url": AT, "valueReference": names.reference(_place(meeting.venue))}],
        "effectivePeriod": dict(zip(("start", "end"), times, strict=True)),
        "component": [
            {"code": {"text": "minutes together"}, "valueQuantity": {"value": minutes} | MINUTES}
        ],
    }


def _said(found: Resource) -> Resource:
    """FHIR has no empty values: what is not known is left out."""
    return {name: value for name, value in found.items() if value not in ("", [], {}, [{}])}
