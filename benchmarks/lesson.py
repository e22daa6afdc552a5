"""One lesson: all open the page, change settings, press Start together, and look at what comes."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from random import Random

from benchmarks.processes import Server, Taken
from benchmarks.pupils import Measured, Pupil, Trained, pupil
from benchmarks.recording import Recording

CHANGING = 20.0  # seconds in which all change settings, before they press Start
PAUSE = 4.0  # seconds between two changes of one pupil, on average
RESTLESS = 10  # every tenth pupil goes on changing settings instead of watching its run


async def _lesson(one: Pupil, start: float, press: asyncio.Event, spread: float) -> Trained:
    """Be one pupil: open, change settings, press Start when told to, go on changing meanwhile."""
    random = Random(one.number)

    async def change_until(end: float) -> None:
        while (rest := random.uniform(0, 2 * PAUSE)) < end - time.perf_counter():
            await asyncio.sleep(rest)
            await one.change()

    await asyncio.sleep(random.uniform(0, spread))
    await one.open()
    await change_until(start + spread + CHANGING)
    await one.look_at_training()
    await press.wait()
    await asyncio.sleep(random.uniform(0, spread))
    training = asyncio.create_task(one.train())
    while not training.done() and one.number % RESTLESS == 0:
        await asyncio.wait([training], timeout=random.uniform(0, 2 * PAUSE))
        if not training.done():
            await one.change()
    return await training


@dataclass(frozen=True)
class Lesson:
    """What came of one lesson."""

    measured: Measured
    runs: list[Trained]
    before: Taken
    after: Taken
    most: float
    seconds: float


async def lesson(server: Server, recording: Recording, pupils: int, spread: float) -> Lesson:
    """Hold one lesson.

    Parameters
    ----------
    server : Server
    recording : Recording
    pupils : int
    spread : float
        Seconds in which all of them open the page, and later press Start.
    """
    measured, press = Measured(), asyncio.Event()
    before, begun, most = server.taken(), time.perf_counter(), 0.0
    async with AsyncExitStack() as stack:
        ones = [
            await stack.enter_async_context(pupil(i, server.address, recording, measured))
            for i in range(pupils)
        ]
        tasks = [asyncio.create_task(_lesson(one, begun, press, spread)) for one in ones]
        pending: set[asyncio.Task[Trained]] = set(tasks)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=2)
            most = max(most, (await asyncio.to_thread(server.taken)).megabytes)
            if time.perf_counter() > begun + spread + CHANGING + 5:
                press.set()
        runs = [task.result() for task in tasks]
        seconds = time.perf_counter() - begun
        return Lesson(measured, runs, before, server.taken(), most, seconds)
