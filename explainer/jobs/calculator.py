"""Short calculations beside the server: asked for many times, done once, never in the server.

Each helper process has a thread of its own in the server that starts it, hands it one calculation
at a time and waits; so a calculation that hangs can be killed without harm to any other, and the
event loop never waits for a process.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import pickle
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from explainer.jobs.helper import CalculationFailed, CalculationTimeout, Helper
from explainer.jobs.processes import process_context

__all__ = ["Busy", "CalculationFailed", "CalculationTimeout", "Calculator"]

logger = logging.getLogger(__name__)

# How far processes step back: for the server, and where answers take long, nearly as training does.
# A class that looks at many things would otherwise keep those waiting who train.
QUICK, THOROUGH = 5, 15

BUSY = "Many people are asking for pictures at this moment. Please try again in a few seconds."
CLOSED = "The server is closing."


class Busy(RuntimeError):
    """Too many calculations are waiting; the text is for the learner."""


@dataclass(eq=False)
class _Task:
    """One calculation, for all who wait for it."""

    key: str
    target: str
    argument: str  # JSON
    background: bool
    slow: bool
    outcome: Future[tuple[str, bytes]] = field(default_factory=Future)


class Calculator:
    """``await calculator("package.module:function", argument)``, cached and shared.

    The function gets the argument as it comes out of JSON, so equal keys mean equal calculations.
    Its result is kept, within bounds, under its name and the argument; whoever asks for the same
    while it is being computed waits for the same. Each gets an object of their own, except that
    bytes are shared.

    Parameters
    ----------
    workers : int
        Helper processes.
    preload : sequence of str
        Modules for the forkserver; the first caller in a process wins, see
        `explainer.jobs.processes.process_context`.
    setup : str or None
        Dotted name of a function that every helper calls once.
    slow : collection of str
        Targets that take long. Of several helpers the first leaves them to the others, so that
        what takes a moment never waits for them.
    max_cache_bytes : int
        Results kept, the least recently used go first.
    timeout : float
        Seconds a calculation may take, without the time it waits for its turn.
    max_waiting : int
        Calculations that may wait for their turn; beyond, askers are told `Busy`.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        preload: Sequence[str] = (),
        setup: str | None = None,
        slow: Collection[str] = (),
        max_cache_bytes: int = 96 * 2**20,
        timeout: float = 20.0,
        max_waiting: int = 256,
    ) -> None:
        self._max_cache_bytes, self._max_waiting = max_cache_bytes, max_waiting
        self._slow = frozenset(slow)
        self._changed = threading.Condition()
        self._cache: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._cached_bytes = 0
        self._tasks: dict[str, _Task] = {}  # waiting or being computed
        self._waiting: list[_Task] = []
        self._closed = False
        context = process_context(preload)
        reserved = min(1, workers - 1)  # for what is quick
        self._helpers = [
            Helper(context, setup, timeout, QUICK if i < max(reserved, 1) else THOROUGH)
            for i in range(workers)
        ]
        self._threads = [
            threading.Thread(
                target=self._work, args=(helper, i < reserved), name="calculator", daemon=True
            )
            for i, helper in enumerate(self._helpers)
        ]
        for thread in self._threads:
            thread.start()
        atexit.register(self.close)

    async def __call__(self, target: str, argument: object) -> Any:
        """Return what a function makes of an argument.

        Parameters
        ----------
        target : str
            Dotted name, ``"package.module:function"``.
        argument : object
            Anything that JSON can hold.

        Returns
        -------
        object
            The result, from the cache if it is there.

        Raises
        ------
        ValueError
            With the sentence that the function raised it with.
        CalculationTimeout, CalculationFailed, Busy
            With a sentence for the learner.
        """
        found = self._find_or_ask(target, argument, background=False)
        if isinstance(found, Future):
            found = await asyncio.wrap_future(found)
        kind, payload = found
        return payload if kind == "bytes" else pickle.loads(payload)

    def warm(self, target: str, argument: object) -> None:
        """Compute something ahead of time, after all that somebody waits for.

        Needs no event loop. Silently left out when too much is waiting; a failure is logged.

        Parameters
        ----------
        target : str
            Dotted name, ``"package.module:function"``.
        argument : object
            Anything that JSON can hold.
        """
        try:
            found = self._find_or_ask(target, argument, background=True)
        except Busy:
            return
        if isinstance(found, Future):
            found.add_done_callback(self._log_failure)

    def stats(self) -> dict[str, int]:
        """Count the bytes and entries of the cache, what waits, and the helpers that are up.

        Returns
        -------
        dict of str to int
        """
        with self._changed:
            return {
                "bytes": self._cached_bytes,
                "entries": len(self._cache),
                "waiting": len(self._waiting),
                "workers": len(self.pids()),
            }

    def pids(self) -> list[int]:
        """Return the process ids of the helpers that are up."""
        return [pid for helper in self._helpers if (pid := helper.pid) is not None]

    def close(self) -> None:
        """End the helpers and all that waits for them; a second call does nothing."""
        with self._changed:
            if self._closed:
                return
            self._closed = True
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        atexit.unregister(self.close)
        for task in waiting:
            task.outcome.set_exception(CalculationFailed(CLOSED))
        for helper in self._helpers:
            helper.close()
        deadline = time.monotonic() + 3.0
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _find_or_ask(
        self, target: str, argument: object, background: bool
    ) -> tuple[str, bytes] | Future[tuple[str, bytes]]:
        text = _canonical(argument)
        key = f"{target} {text}"
        with self._changed:
            if self._closed:
                raise CalculationFailed(CLOSED)
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
            task = self._tasks.get(key)
            if task is None:
                ahead = sum(background or not task.background for task in self._waiting)
                if ahead >= self._max_waiting:
                    raise Busy(BUSY)
                task = _Task(key, target, text, background, target in self._slow)
                task.outcome.set_running_or_notify_cancel()  # from now on nobody can cancel it
                self._tasks[key] = task
                self._waiting.append(task)
                self._changed.notify_all()  # not every helper takes every task
            task.background &= background
            return task.outcome

    def _work(self, helper: Helper, quick_only: bool) -> None:
        helper.prepare()
        while (task := self._next_task(quick_only)) is not None:
            try:
                kept = helper.compute(task.target, task.argument)
            except Exception as error:
                with self._changed:
                    del self._tasks[task.key]
                task.outcome.set_exception(error)
            else:
                self._keep(task.key, kept)
                task.outcome.set_result(kept)
        helper.close()

    def _next_task(self, quick_only: bool) -> _Task | None:
        def mine() -> list[_Task]:
            return [task for task in self._waiting if not (quick_only and task.slow)]

        with self._changed:
            self._changed.wait_for(lambda: mine() or self._closed)
            if self._closed:
                return None
            task = min(mine(), key=lambda task: task.background)  # the first that is waited for
            self._waiting.remove(task)
            return task

    def _log_failure(self, outcome: Future[tuple[str, bytes]]) -> None:
        error = outcome.exception()
        if error is not None and not self._closed:
            logger.warning("A result was not computed ahead: %s", error)

    def _keep(self, key: str, kept: tuple[str, bytes]) -> None:
        with self._changed:
            del self._tasks[key]
            if len(kept[1]) > self._max_cache_bytes:
                return
            self._cache[key] = kept
            self._cached_bytes += len(kept[1])
            while self._cached_bytes > self._max_cache_bytes:
                self._cached_bytes -= len(self._cache.popitem(last=False)[1][1])


def _canonical(argument: object) -> str:
    try:
        return json.dumps(argument, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise ValueError("One of the numbers is not finite.") from None
