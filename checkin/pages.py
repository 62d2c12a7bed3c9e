"""Pages of check-in."""

from __future__ import annotations

from kit.http import Endpoint

endpoints: list[Endpoint] = []
