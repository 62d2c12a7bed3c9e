"""What is left, as the command line tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from checkin.retention import Left, LeftDay


def lines(days: Sequence[LeftDay], kinds: Sequence[Left]) -> Iterator[str]:
    yield f"{'day':<12}{'scans':>14}  key  partition"
    for day in days:
        past = "  PAST ITS TIME" if day.past else ""
        key, partition = ("yes" if there else "no" for there in (day.key, day.partition))
        yield f"{day.day.isoformat():<12}{day.scans:>14,}  {key:<3}  {partition:<9}{past}".rstrip()
    yield ""
    yield f"{'kind':<30}{'rows':>14}  {'limit':>9}  {'past':>9}  oldest"
    for kind in kinds:
        oldest = kind.oldest.isoformat(" ", "minutes") if kind.oldest else "-"
        limit = f"{kind.limit.days} days"
        yield f"{kind.what:<30}{kind.rows:>14,}  {limit:>9}  {kind.past:>9,}  {oldest}"
