"""How long a contact stays in quarantine: by rule, from the last exposure over all cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from tracing.engine.model import QuarantineRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """Both days are the last ones: of quarantine, None where the rule asks for no day of it, then
    of watching oneself at home."""

    until: date | None
    home_until: date


def quarantine(
    rules: Iterable[QuarantineRule], tier: int, vaccinated: bool | None, last_exposure: date
) -> Quarantine | None:
    """None where the rules of the policy say nothing of this tier.

    Whoever was not asked counts as not vaccinated. A rule for the vaccinated holds once it came
    into force; the policy itself is the case's own, historic or not.
    """
    of_tier = {rule.vaccinated: rule for rule in rules if rule.tier == tier}
    found = of_tier.get(False)
    easier = of_tier.get(True)
    if vaccinated and easier is not None and easier.in_force_from <= last_exposure:
        found = easier
    if found is None:
        return None
    until = last_exposure + timedelta(days=found.days)
    return Quarantine(
        until=until if found.days else None,
        home_until=until + timedelta(days=found.home_days),
    )
