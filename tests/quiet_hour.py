"""What the keeper does in its quiet hour, done now, and what the status then tells."""

from __future__ import annotations

from datetime import timedelta

from checkin import retention
from checkin.partitions import make_days
from checkin.retention import Left, LeftDay
from tests.conftest import Service
from tests.stored import owner_of
from tracing.retention import people_in_cases

NAMED = "SELECT count(*) FROM person WHERE sealed <> ''"
CASE = """
INSERT INTO case_file (number, disease, lab_reference, onset, area, policy, policy_version, purpose,
    person_id, status, opened, closed)
SELECT '1', 'covid-19', 'CDC 1', '2021-05-10', '', p.name, p.version, 'tracing', $1, 'closed',
    '2021-05-10 05:00Z', $2
FROM policy p LIMIT 1
"""


async def forget(service: Service) -> int:
    async with owner_of(service) as db:
        named = await people_in_cases(db, service.state["keys"])
        days = service.state["days"]
        today = days.day(service.clock())
        await make_days(db, days, today - timedelta(days=3), today)
        return await retention.forget_people(db, days, service.clock(), named)


async def statuses(service: Service) -> tuple[list[LeftDay], dict[str, Left]]:
    async with owner_of(service) as db:
        named = await people_in_cases(db, service.state["keys"])
        days = await retention.left_days(db, service.state["days"], service.clock(), 21)
        kinds = await retention.left(db, service.state["days"], service.clock(), named)
    return days, {kind.what: kind for kind in kinds}
