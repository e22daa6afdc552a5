"""The loop inside a worker process: many runs take turns, one report at a time.

A turn is one ``next()`` of a run's generator, some ten milliseconds to half a second. The run that
has had the least time so far goes next, so a run of two seconds is never stuck behind one of half
an hour. Between turns the worker looks for commands from its parent. At most one report a run is on
its way without having been acknowledged; newer ones are folded together meanwhile.

Commands are tuples: ``("start", run, target, pickled argument)``, ``("pause", run)``,
``("resume", run)``, ``("stop", run)``, ``("ack", run)`` and ``("shutdown",)``. Answers are
``("ready", pid)``, ``("unusable", reason)``, ``("report", run, report)``, ``("done", run, report or
None)`` and ``("failed", run, report or None, sentence, traceback or "")``.
"""

from __future__ import annotations

import contextlib
import logging
import pickle
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from explainer.jobs.processes import settle_in
from explainer.jobs.reports import (
    Report,
    ReportMerger,
    failure_sentence,
    is_for_the_learner,
    resolve,
)

logger = logging.getLogger(__name__)

NICENESS = 10


def run_inline(target: str, argument: object) -> Iterator[Report]:
    """Run a target in this process, for tests and scripts.

    Parameters
    ----------
    target : str
        Dotted name of a generator function, ``"package.module:function"``.
    argument : object
        Its one argument.

    Yields
    ------
    Report
    """
    yield from resolve(target)(argument)


@dataclass(eq=False)
class _Run:
    """A live run: its generator, its account of time, and what waits to be sent."""

    generator: Iterator[Report]
    spent: float
    paused: bool = False
    unacknowledged: bool = False
    pending: ReportMerger = field(default_factory=ReportMerger)


class Worker:
    """Runs taking turns at the end of a pipe.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        To the parent.
    clock : callable
        Seconds that never go backwards.
    """

    def __init__(
        self, connection: Connection, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._runs: dict[str, _Run] = {}

    def serve(self) -> None:
        """Work until told to shut down, or until the parent is gone."""
        try:
            while True:
                while self._connection.poll(0 if self._next_run() else None):
                    if not self._obey(self._connection.recv()):
                        return
                run = self._next_run()
                if run is not None:
                    self._take_turn(run)
        except (EOFError, OSError):  # what runs raise is caught elsewhere: this is the pipe
            return
        finally:
            for run in list(self._runs):
                self._end(run)

    def _next_run(self) -> str | None:
        runnable = [name for name, run in self._runs.items() if not run.paused]
        return min(runnable, key=lambda name: self._runs[name].spent, default=None)

    def _least_spent(self) -> float:
        """Where a newcomer's account starts: it owes the others nothing, nor they it."""
        return min((run.spent for run in self._runs.values() if not run.paused), default=0.0)

    def _obey(self, command: tuple[Any, ...]) -> bool:
        """Carry out one command; False means shut down."""
        verb, *rest = command
        if verb == "shutdown":
            return False
        if verb == "start":
            self._start(*rest)
            return True
        run = self._runs.get(rest[0])
        if run is None:  # it has ended meanwhile
            return True
        if verb == "ack":
            run.unacknowledged = False
            self._send_pending(rest[0], run)
        elif verb == "pause":
            run.paused = True
        elif verb == "resume" and run.paused:
            run.spent = max(run.spent, self._least_spent())
            run.paused = False
        elif verb == "stop":
            self._end(rest[0])
        return True

    def _start(self, name: str, target: str, argument: bytes) -> None:
        try:
            generator = resolve(target)(pickle.loads(argument))
        except Exception as error:
            self._fail(name, None, error)
            return
        self._runs[name] = _Run(generator, spent=self._least_spent())

    def _take_turn(self, name: str) -> None:
        run = self._runs[name]
        started = self._clock()
        try:
            report = next(run.generator)
            if not isinstance(report, Report):
                raise TypeError(f"a run yields reports, not {type(report).__name__}")
        except StopIteration:
            self._end(name)
            self._connection.send(("done", name, run.pending.take()))
            return
        except Exception as error:
            self._end(name)
            self._fail(name, run.pending.take(), error)
            return
        run.spent += self._clock() - started
        run.pending.add(report)
        self._send_pending(name, run)

    def _send_pending(self, name: str, run: _Run) -> None:
        if run.unacknowledged:
            return
        report = run.pending.take()
        if report is not None:
            run.unacknowledged = True
            self._connection.send(("report", name, report))

    def _fail(self, name: str, report: Report | None, error: Exception) -> None:
        details = "" if is_for_the_learner(error) else "".join(traceback.format_exception(error))
        self._connection.send(("failed", name, report, failure_sentence(error), details))

    def _end(self, name: str) -> None:
        generator = self._runs.pop(name).generator
        try:
            close = getattr(generator, "close", None)
            if close is not None:
                close()
        except Exception:
            logger.exception("A run complained when it was closed")


def worker_main(connection: Connection, warm: Sequence[str], setup: str | None) -> None:
    """Be a worker process.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        To the parent.
    warm : sequence of str
        Modules to import before the first run.
    setup : str or None
        Dotted name of a function to call once, for instance to set the number of threads.
    """
    with connection, contextlib.suppress(OSError):  # the parent may be gone already
        if settle_in(connection, warm, setup, NICENESS):
            Worker(connection).serve()
