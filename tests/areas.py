"""Every area of both unit systems, by its path."""

from __future__ import annotations

from accounts.areas import Area, children, find_ward, full_name


def below(path: str) -> list[Area]:
    return [one for child in children(path) for one in (child, *below(child.path))]


EVERY = {one.path: one for root in ("2021/", "2025/") for one in below(root)}


def read(text: str, system: str | None = None) -> str | None:
    ward = find_ward(text, system)
    return None if ward is None else full_name(ward.path)
