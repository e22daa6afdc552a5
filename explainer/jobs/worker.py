"""The loop inside a worker process: many runs take turns, one report at a time.

A turn is one ``next()`` of a run's generator, some ten milliseconds to half a second. The run that
has had the least time so far goes next, so a run of two seconds is never stuck behind one of half
an hour. Between turns the worker looks for commands from its parent. At most one report a run is on
its way without having been acknowledged; newer ones are folded together meanwhile.

A run that is paused, or that rests as its last report asked, gets no turn, with two exceptions: its
first turn, so that there is something to see, and one for the messages that have come since, which
its generator gets through ``send``. How long it rests after that, the report of that turn says.

Commands are tuples: ``("start", run, target, pickled argument, held)``, ``("pause", run)``,
``("resume", run)``, ``("tell", run, message)``, ``("stop", run)``, ``("ack", run)``, ``("ping",)``
and ``("shutdown",)``; a held run is paused from the start. Answers are ``("ready", pid)``,
``("unusable", reason)``, ``("pong",)``, ``("report", run, report)``, ``("done", run, report or
None)`` and ``("failed", run, report or None, sentence, traceback or "")``.
"""

from __future__ import annotations

import contextlib
import logging
import math
import pickle
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
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

NICENESS = 16  # training takes what a slider and the server leave
MAX_MESSAGES = 32  # of a run, not yet delivered
LONGEST_WAIT = 3600.0  # seconds: a pipe cannot wait as long as a run may want to rest


def run_inline(target: str, argument: object) -> Generator[Report, tuple[str, ...] | None, None]:
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

    Receives
    --------
    tuple of str or None
        Messages to the run.
    """
    yield from resolve(target)(argument)


@dataclass(eq=False)
class _Run:
    """A live run: its generator, its account of time, and what waits to be sent."""

    generator: Any  # of reports; an iterator without send will do, it hears no messages
    paused: bool
    spent: float = 0.0
    started: bool = False
    rests_until: float = 0.0
    ending: bool = False
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_MESSAGES))
    unacknowledged: bool = False
    pending: ReportMerger = field(default_factory=ReportMerger)

    def due(self) -> float:
        """Tell when it may have its next turn, by the worker's clock."""
        if self.messages or self.ending or not self.started:
            return -math.inf
        return math.inf if self.paused else self.rests_until

    def tell(self, message: str) -> None:
        """Keep a message until its next turn, if it can hear."""
        if hasattr(self.generator, "send"):
            self.messages.append(message)

    def advance(self) -> Report:
        """Give it a turn: its first one, one for its messages, or any other."""
        if self.started and self.messages:
            messages = tuple(self.messages)
            self.messages.clear()
            report = self.generator.send(messages)
        else:
            self.started = True
            report = next(self.generator)
        if not isinstance(report, Report):
            raise TypeError(f"a run yields reports, not {type(report).__name__}")
        self.ending = report.last
        return report


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
        self._mark = 0.0  # where the accounts of those stand who neither owe nor are owed

    def serve(self) -> None:
        """Work until told to shut down, or until the parent is gone."""
        try:
            while True:
                while self._connection.poll(self._patience()):
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
        now = self._clock()
        ready = [name for name, run in self._runs.items() if run.due() <= now]
        return min(ready, key=lambda name: self._account(self._runs[name]), default=None)

    def _account(self, run: _Run) -> float:
        """Tell what time a run has had; who was away or is new has no claim to make up for it."""
        return max(run.spent, self._mark)

    def _patience(self) -> float | None:
        """Tell how long to wait for a command until there is a turn to give; None is for ever."""
        due = min((run.due() for run in self._runs.values()), default=math.inf)
        return None if due == math.inf else min(max(0.0, due - self._clock()), LONGEST_WAIT)

    def _obey(self, command: tuple[Any, ...]) -> bool:
        """Carry out one command; False means shut down."""
        verb, *rest = command
        if verb == "shutdown":
            return False
        if verb == "ping":
            self._connection.send(("pong",))
            return True
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
        elif verb == "resume":
            run.paused = False
        elif verb == "tell":
            run.tell(rest[1])
        elif verb == "stop":
            self._end(rest[0])
        return True

    def _start(self, name: str, target: str, argument: bytes, held: bool) -> None:
        try:
            generator = resolve(target)(pickle.loads(argument))
        except Exception as error:
            self._fail(name, None, error)
            return
        self._runs[name] = _Run(generator, paused=held)

    def _take_turn(self, name: str) -> None:
        run = self._runs[name]
        self._mark = self._account(run)
        began = self._clock()
        try:
            report = run.advance()
        except StopIteration:
            self._end(name)
            self._connection.send(("done", name, run.pending.take()))
            return
        except Exception as error:
            self._end(name)
            self._fail(name, run.pending.take(), error)
            return
        now = self._clock()
        run.spent = self._mark + now - began
        run.rests_until = now + report.rest
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
