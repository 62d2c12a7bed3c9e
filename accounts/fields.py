"""Fields that forms of several packages have; as a form says them, so not yet looked up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

Moment = Annotated[datetime, Meta(tz=True)]
AreaPath = Annotated[str, Meta(max_length=40, examples=["2025/92/31120/"])]
StaffNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Words = Annotated[str, Meta(max_length=500)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
