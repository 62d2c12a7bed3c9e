"""Every fault and every negative control: in what order, in which house, and how long it takes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

from tests.faults import cancels, crashes, database_away, disk, pressure, retries, uploads
from tests.faults.house import House, house
from tests.faults.verdict import Figures

Place: TypeAlias = Callable[[], AbstractContextManager[House]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`place`: the house of its own that it needs; the others share one. `seconds`: what it took on
    two cores, to tell how long the rest may take."""

    name: str
    run: Callable[[House], Figures]
    seconds: float
    place: Place | None = None
    control: bool = False

    @property
    def fault(self) -> str:
        return self.name.split()[0]


def chosen(options: argparse.Namespace) -> list[Scenario]:
    every = [*shared(options), *apart(options), *controls()]
    faults = set(filter(None, options.only.split(",")))
    if unknown := faults - {scenario.fault for scenario in every}:
        raise SystemExit(f"no such fault: {', '.join(sorted(unknown))}")
    return [
        scenario
        for scenario in every
        if (not faults or scenario.fault in faults)
        and options.controls in ("both", "only" if scenario.control else "none")
        and (scenario.place is not on_small_disk or os.geteuid() == 0)
    ]


def shared(options: argparse.Namespace) -> list[Scenario]:
    kills, cuts, ends = options.kills, options.cuts, options.terminations
    return [
        Scenario(
            name="C01 killed under load",
            run=partial(crashes.kills, count=kills, seconds=options.load_seconds),
            seconds=kills * (4 + options.load_seconds / 2),
        ),
        Scenario(
            name="C04 cut at the commit",
            run=partial(database_away.cuts, count=cuts),
            seconds=5 + 0.1 * cuts,
        ),
        Scenario(name="C06 wrong clocks", run=pressure.clocks, seconds=5),
        Scenario(
            name="C07 overload",
            run=partial(pressure.overload, seconds=options.overload_seconds),
            seconds=options.overload_seconds + 12,
        ),
        Scenario(
            name="C08 database stalled",
            run=partial(database_away.stall, seconds=8),
            seconds=22,
        ),
        Scenario(
            name="C09 database vanished",
            run=partial(database_away.vanish, seconds=4),
            seconds=20,
        ),
        Scenario(
            name="C10 database restarted",
            run=partial(database_away.restart, seconds=1),
            seconds=16,
        ),
        Scenario(
            name="C11 desk beside the door",
            run=partial(pressure.busy_desk, seconds=10),
            seconds=18,
        ),
        Scenario(
            name="C13 terminated at load",
            run=partial(crashes.terminations, count=ends),
            seconds=5 + 6 * ends,
        ),
    ]


def apart(options: argparse.Namespace) -> list[Scenario]:
    return [
        Scenario(
            name="C03 sent again over midnight",
            run=partial(retries.resent, count=options.scans),
            seconds=130 + options.scans / 100,
            place=day_ending_soon,
        ),
        Scenario(
            name="C05 uploaded in any order",
            run=partial(uploads.offline, count=options.events, kills=options.upload_kills),
            seconds=10 + options.events / 100 + 4 * options.upload_kills,
            place=house,
        ),
        Scenario(
            name="A43 clients that hang up",
            run=partial(cancels.hung_up, count=options.cancels),
            seconds=6 + options.cancels / 250,
            place=house,
        ),
        Scenario(name="C14 disk full", run=disk.full_disk, seconds=60, place=on_small_disk),
    ]


def controls() -> list[Scenario]:
    """Short: that a fault is reported at all is their figure."""
    vanishing = partial(database_away.dishonest, partial(database_away.vanish, seconds=1))
    restarting = partial(database_away.dishonest, partial(database_away.restart, seconds=1))
    return [
        control("C01", "commits that do not wait", partial(crashes.forgetful, count=2), 15),
        control("C03", "no primary key", retries.keyless, 15, partial(house, workers=2)),
        control("C04", "503 taken for done", database_away.gullible),
        control("C05", "a piece left out", uploads.piece_left_out),
        control("C06", "a row in a wrong partition", pressure.misplaced, 10),
        control("C07", "a queue without bounds", pressure.unbounded, 30),
        control("C08", "no deadlines", database_away.endless_wait, 35),
        control("C09", "errors like any other", vanishing, 20),
        control("C10", "errors like any other", restarting, 20),
        control("C11", "one pool for desk and door", pressure.one_pool, 20),
        control("C13", "SIGKILL", crashes.cut_off),
        control("C14", "an index damaged by hand", disk.damaged_by_hand, 12),
        control("A43", "transactions left open", cancels.left_open, 35),
    ]


def control(
    fault: str,
    what: str,
    run: Callable[[House], Figures],
    seconds: float = 15,
    place: Place = house,
) -> Scenario:
    return Scenario(
        name=f"{fault} control: {what}", run=run, seconds=seconds, place=place, control=True
    )


def day_ending_soon() -> AbstractContextManager[House]:
    """Two workers, and a day that ends in one to two minutes."""
    moment = datetime.now(UTC) + timedelta(minutes=1)
    return house(workers=2, utc_offset_minutes=retries.offset_ending_day(moment))


on_small_disk = disk.house_on_small_disk
