"""Other systems are told whom to follow up, and until when."""

from __future__ import annotations

from kit.db import connection
from tests.conftest import Service
from tests.make_cases import approved_case
from tests.make_exports import make_traced_case
from tests.test_tracing_export_systems import records, unpacked


async def test_other_systems_are_told_whom_to_follow_up_and_until_when(service: Service) -> None:
    case = await make_traced_case(service, ["Hoa", "Lan", "Mai"])
    async with connection(service.state["db"]) as db:
        for name, ends in (("Hoa", "2021-08-03"), ("Lan", "2021-07-19")):
            await db.execute(
                "INSERT INTO isolation (person_id, starts, ends, place, source) "
                "VALUES ($1, '2021-07-12T00:00+07', $2::text::timestamptz, 'KTX', 'order')",
                *(case.people[name], ends),
            )
    before = records((await unpacked(case, "sormas-zip"))["contacts.csv"], 2)
    other = await approved_case(case.officers, phone="+84912000004", isolated=None)
    async with connection(service.state["db"]) as db:
        await db.execute("INSERT INTO case_person VALUES ($1, $2)", other, case.people["Mai"])

    sormas = records((await unpacked(case, "sormas-zip"))["contacts.csv"], 2)
    godata = records((await unpacked(case, "godata-zip"))["contacts.csv"])

    asked = ("contactStatus", "followUpStatus", "followUpUntil", "quarantineFrom", "quarantineTo")
    days = ("03/08/2021", "12/07/2021", "03/08/2021"), ("19/07/2021", "12/07/2021", "19/07/2021")
    told = {one["person.firstName"]: tuple(one[name] for name in asked) for one in sormas}
    assert told["Hoa"] == ("ACTIVE", "FOLLOW_UP", *days[0])
    assert told["Lan"] == ("ACTIVE", "FOLLOW_UP", *days[1])
    assert told["Mai"] == ("CONVERTED", "CANCELED", "", "", "")
    assert {one["contactStatus"] for one in before} == {"ACTIVE"}
    fields = [
        f"followUp.{name}" for name in ("originalStartDate", "startDate", "endDate", "status")
    ]
    kept = {one["firstName"]: [one[name] for name in fields] for one in godata}
    status = "LNG_REFERENCE_DATA_CONTACT_FINAL_FOLLOW_UP_STATUS_TYPE_"
    begun = ["2021-07-12", "2021-07-12"]
    assert kept["Hoa"] == [*begun, "2021-08-03", f"{status}UNDER_FOLLOW_UP"]
    assert kept["Lan"] == [*begun, "2021-07-19", f"{status}FOLLOW_UP_COMPLETED"]
    assert kept["Mai"] == ["", "", "", ""]
