"""JSON of venues."""

from __future__ import annotations

from kit.http import Endpoint

endpoints: list[Endpoint] = []
