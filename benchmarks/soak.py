"""An hour of thirty pupils who come and go, and whether anything grows."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random
from statistics import linear_regression

from benchmarks.processes import Server, Taken
from benchmarks.pupils import Measured, Pupil, pupil
from benchmarks.recording import Recording
from benchmarks.report import Cell, Table, quantile

PUPILS = 30
RELOAD = 300.0  # seconds between two reloads of a pupil
CHANGE = 60.0  # seconds between two changes of settings, on average
LOOK = 30.0  # seconds between two looks at what the server takes
SETTLING = 900.0  # seconds that do not count: caches fill


@dataclass(frozen=True)
class Look:
    """What was taken at a moment, in seconds from the beginning."""

    second: float
    taken: Taken


async def _stay(one: Pupil, end: float) -> None:
    """Be one pupil: open, change settings, train once, reload, and so on."""
    random = Random(one.number)
    await asyncio.sleep(random.uniform(0, min(RELOAD, (end - time.perf_counter()) / 4)))
    while time.perf_counter() < end:
        await one.open()
        await one.look_at_training()
        training = asyncio.create_task(one.train())
        reload = min(end, time.perf_counter() + RELOAD)
        while (rest := random.uniform(0, 2 * CHANGE)) < reload - time.perf_counter():
            await asyncio.sleep(rest)
            await one.change()
        await training
        await asyncio.sleep(max(0.0, reload - time.perf_counter()))


async def soak(server: Server, recording: Recording, seconds: float) -> tuple[Measured, list[Look]]:
    """Let thirty pupils use the server for so long, and look at it all the while."""
    measured, looks = Measured(), list[Look]()
    begun = time.perf_counter()
    async with AsyncExitStack() as stack:
        ones = [
            await stack.enter_async_context(pupil(i, server.address, recording, measured))
            for i in range(PUPILS)
        ]
        tasks = [asyncio.create_task(_stay(one, begun + seconds)) for one in ones]
        while not all(task.done() for task in tasks):
            now = await asyncio.to_thread(server.taken)
            looks.append(Look(time.perf_counter() - begun, now))
            print(looks[-1], file=sys.stderr, flush=True)
            await asyncio.wait(tasks, timeout=LOOK)
        for task in tasks:
            task.result()
    return measured, looks


def course(looks: list[Look], every: float = 300.0) -> Table:
    """Tabulate what the server took, every five minutes."""
    rows: list[dict[str, Cell]] = []
    for look in looks:
        if look.second >= every * len(rows):
            rows.append(
                {
                    "minute": round(look.second / 60, 1),
                    "memory, MB": look.taken.megabytes,
                    "of the server": look.taken.server_megabytes,
                    "threads": look.taken.threads,
                    "open files": look.taken.files,
                    "temporary files, MB": look.taken.temporary,
                }
            )
    return Table(f"{PUPILS} pupils who reload every five minutes: what the server takes", rows)


def growth(looks: list[Look], measured: Measured) -> Table:
    """Tabulate what grew, once everything had settled; in a short run, in its second half."""
    settled = min(SETTLING, looks[-1].second / 2)
    late = [look for look in looks if look.second >= settled]

    def hourly(of: list[float]) -> float:
        return 3600 * linear_regression([look.second for look in late], of).slope

    rows: list[dict[str, Cell]] = [
        {
            "figure": "memory, MB an hour",
            "value": hourly([look.taken.megabytes for look in late]),
            "asked for": "at most 5",
        },
        {
            "figure": "of the server, MB an hour",
            "value": hourly([look.taken.server_megabytes for look in late]),
        },
        {"figure": "threads, least", "value": min(look.taken.threads for look in late)},
        {"figure": "threads, most", "value": max(look.taken.threads for look in late)},
        {"figure": "threads an hour", "value": hourly([look.taken.threads for look in late])},
        {"figure": "open files, least", "value": min(look.taken.files for look in late)},
        {"figure": "open files, most", "value": max(look.taken.files for look in late)},
        {"figure": "open files an hour", "value": hourly([look.taken.files for look in late])},
        {"figure": "temporary files at most, MB", "value": max(o.taken.temporary for o in late)},
        {"figure": "requests", "value": measured.requests},
        {"figure": "errors", "value": len(measured.wrong)},
        {"figure": "runs trained", "value": len(measured.times["trained"])},
        {"figure": "event p95, ms", "value": 1000 * quantile(measured.times["event"], 0.95)},
        {"figure": "snapshot p95, ms", "value": 1000 * quantile(measured.times["snapshot"], 0.95)},
    ]
    rows += [{"figure": what, "value": measured.wrong.count(what)} for what in {*measured.wrong}]
    return Table(
        f"What grew after minute {settled / 60:.0f}: straight lines through all looks", rows
    )
