"""The policies a new installation starts with; an edit is a new version, a row that the operator
adds: no page and no route changes a policy.

Where a text gives no number for something, the value is the neutral one (0, no latest day) or the
project's own choice, and the comment says so. `latency` is 0 in all: no text lets a person who was
just exposed off. `look_back_from` 14 and `look_back_to` 1 bound the incubation period (WHO 2021).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tracing.engine.model import Policy, QuarantineRule

HANDBOOK = date(2020, 12, 3)
DECISION_3638 = date(2021, 7, 30)
DISPATCH_11042 = date(2021, 12, 29)
DISPATCH_762 = date(2022, 2, 21)
DISPATCH_1909 = date(2022, 4, 15)
WHO_2021 = date(2021, 2, 1)

# «Within 2 m or in the same closed space», no minimum: a visit shared in a supermarket would list
# everyone, so both minima are the 15 minutes of the later texts, as an editable choice.
VN_5053 = Policy(
    name="vn-5053",
    version=1,
    disease="covid-19",
    in_force_from=HANDBOOK,
    in_force_to=DECISION_3638,
    days_before_symptomatic=3,
    days_before_asymptomatic=3,
    asymptomatic_from_source=False,
    days_after=None,
    min_minutes_masked=15,
    min_minutes_unmasked=15,
    metres=2.0,
    tail=0,
    cumulative=False,
    latency=0,
    look_back_from=14,
    look_back_to=1,
    max_tier=2,
    source="5053/QĐ-BYT, 3 December 2020",
)

# Without symptoms: from the first meeting with the source, 14 days before the sample if unknown.
VN_3638 = replace(
    VN_5053,
    name="vn-3638",
    in_force_from=DECISION_3638,
    in_force_to=DISPATCH_11042,
    days_before_asymptomatic=14,
    asymptomatic_from_source=True,
    source="3638/QĐ-BYT, 30 July 2021",
)

# Masked: 15 minutes within 2 m or in the same narrow closed space; unmasked: no minimum.
VN_11042 = replace(
    VN_5053,
    name="vn-11042",
    in_force_from=DISPATCH_11042,
    in_force_to=DISPATCH_762,
    days_before_symptomatic=2,
    days_before_asymptomatic=2,
    min_minutes_unmasked=0,
    source="11042/BYT-DP, 29 December 2021",
)

# Shortened quarantine and kept the definitions.
VN_762 = replace(
    VN_11042,
    name="vn-762",
    in_force_from=DISPATCH_762,
    in_force_to=DISPATCH_1909,
    source="762/BYT-DP, 21 February 2022, with 11042/BYT-DP",
)

# Contacts no longer quarantined.
VN_1909 = replace(
    VN_11042,
    name="vn-1909",
    in_force_from=DISPATCH_1909,
    in_force_to=None,
    source="1909/BYT-DP, 15 April 2022",
)

# At least 13 days with symptoms is a matter of isolation and stays with whoever ends it.
WHO = replace(
    VN_5053,
    name="who-2021",
    in_force_from=WHO_2021,
    in_force_to=None,
    days_before_symptomatic=2,
    days_before_asymptomatic=2,
    days_after=10,
    metres=1.0,
    max_tier=1,
    source="WHO, Contact tracing in the context of COVID-19, 1 February 2021",
)

# Six feet; pieces of one person add up over 24 hours.
CDC = replace(
    WHO,
    name="cdc",
    in_force_from=date(2020, 10, 21),
    days_after=None,
    metres=1.8,
    cumulative=True,
    source="CDC, definition of close contact, 21 October 2020",
)

# Ten minutes, and the air of a room for 30 minutes after the case left it; metres are not measured.
CWA = replace(
    WHO,
    name="cwa",
    in_force_from=date(2021, 4, 21),
    in_force_to=date(2023, 6, 1),
    days_after=None,
    min_minutes_masked=10,
    min_minutes_unmasked=10,
    metres=0.0,
    tail=30,
    source="Corona-Warn-App 2.0, event check-in, 21 April 2021",
)

POLICIES = (VN_5053, VN_3638, VN_11042, VN_762, VN_1909, WHO, CDC, CWA)

QUARANTINE_RULES = tuple(
    QuarantineRule(
        policy=policy.name,
        version=policy.version,
        tier=1,
        vaccinated=vaccinated,
        days=days,
        home_days=home_days,
        in_force_from=max(policy.in_force_from, since),
        in_force_to=policy.in_force_to,
    )
    for policy, vaccinated, days, home_days, since in (
        (VN_5053, False, 14, 14, HANDBOOK),
        (VN_5053, True, 14, 14, HANDBOOK),
        (VN_3638, False, 14, 14, date(2021, 7, 14)),  # 5599/BYT-MT: 21 days became 14 and 14
        (VN_3638, True, 7, 7, date(2021, 12, 16)),  # 10696/BYT-MT, before that as the others
        (VN_11042, False, 14, 14, DISPATCH_11042),
        (VN_11042, True, 7, 7, DISPATCH_11042),  # 10696/BYT-MT still in force
        (VN_762, False, 7, 3, DISPATCH_762),
        (VN_762, True, 5, 5, DISPATCH_762),
        (VN_1909, False, 0, 10, DISPATCH_1909),
        (VN_1909, True, 0, 10, DISPATCH_1909),
        (WHO, False, 14, 0, WHO_2021),
        (WHO, True, 14, 0, WHO_2021),
    )
)
