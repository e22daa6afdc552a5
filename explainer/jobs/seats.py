"""A worker's place in a pool: processes may come and go in it."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from explainer.jobs.processes import end_process
from explainer.jobs.watch import Pulse

logger = logging.getLogger(__name__)

MAX_FAILED_BOOTS = 3  # in a row; then a seat is given up


@dataclass(eq=False)
class Seat:
    """One worker process after another, and a thread that starts them and sends their commands.

    That thread is the only one that may wait for a process: whoever asks for a run puts its
    command into the outbox and goes on. Another thread, the pool's reader, hears the process and
    calls `vacate` when it is gone. All attributes are read and written under the pool's lock.

    Parameters
    ----------
    name : str
        For the log.
    lock : threading.Condition
        The pool's.

    Attributes
    ----------
    runs : set of str
        Live here.
    outbox : SimpleQueue
        Commands for the present or the next process; None ends that process.
    process, connection : object
        None while there is nothing to hear.
    pid : int or None
        Of a process that is ready.
    pulse : Pulse
        Whether the process answers.
    broken : str
        Why the seat was given up, empty if it was not.
    """

    name: str
    lock: threading.Condition
    runs: set[str] = field(default_factory=set)
    outbox: SimpleQueue[tuple[Any, ...] | None] = field(default_factory=SimpleQueue)
    process: BaseProcess | None = None
    connection: Connection | None = None
    pid: int | None = None
    pulse: Pulse = field(default_factory=Pulse)
    failed_boots: int = 0
    broken: str = ""

    def serve(
        self,
        boot: Callable[[], tuple[BaseProcess, Connection]],
        up: Callable[[], None],
        lost: Callable[[Seat], None],
        closing: threading.Event,
    ) -> None:
        """Keep a process in the seat; the body of its thread.

        Parameters
        ----------
        boot : callable
            Starts a process.
        up : callable
            Called when there is a new process to hear.
        lost : callable
            Called when none could be started; it calls `vacate`.
        closing : threading.Event
            When set, no further process is started.
        """
        while not closing.is_set() and not self.broken:
            with self.lock:
                outbox = self.outbox
            try:
                process, connection = boot()
            except Exception:
                logger.exception("The process of %s could not be started", self.name)
                lost(self)
            else:
                with self.lock:
                    self.process, self.connection = process, connection
                    self.pulse = Pulse()
                up()
                while (command := outbox.get()) is not None:
                    with contextlib.suppress(OSError):  # it is dead: the reader will notice
                        connection.send(command)
                connection.close()  # the worker's sign to leave
                end_process(process)
                if not closing.is_set():
                    logger.error("%s ended, exit code %s", self.name, process.exitcode)
            if self.failed_boots:
                closing.wait(0.3 * self.failed_boots)

    def vacate(self) -> set[str]:
        """Give up the process, which is gone; call under the lock.

        Returns
        -------
        set of str
            The runs that are lost with it.
        """
        if self.pid is None and not self.broken:
            self.failed_boots += 1
            if self.failed_boots >= MAX_FAILED_BOOTS:
                self.broken = "its processes end before they are ready"
        if self.broken:
            logger.critical("There will be no runs on %s: %s", self.name, self.broken)
        lost, self.runs = self.runs, set()
        self.outbox.put(None)
        self.outbox, self.connection, self.pid = SimpleQueue(), None, None
        return lost
