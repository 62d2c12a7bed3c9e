"""Areas to choose from on a form, and whether what was chosen is one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from accounts import areas
from accounts.areas import Area, UnknownArea
from tracing.case import AreaUnknown


def choices(scope: Iterable[str]) -> list[Area]:
    """The areas of an account and those right below them; of the country, the provinces."""
    found: dict[str, Area] = {}
    for path in scope:
        roots = areas.ROOTS if path == "" else (path,)
        for root in roots:
            with suppress(UnknownArea):  # a whole unit system: what is below can be chosen
                found |= {root: areas.area(root)}
            found |= {one.path: one for one in areas.children(root)}
    return sorted(found.values(), key=lambda one: one.system, reverse=True)


def check_area(path: str) -> None:
    """AreaUnknown where there is none of this path."""
    try:
        areas.area(path)
    except UnknownArea:
        raise AreaUnknown from None
