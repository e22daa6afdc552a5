"""Where runs run: a pool of warm worker processes, or right here.

Both keep to :class:`explainer.jobs.protocol.Runner` or its spirit; a cluster is one more class.
"""

from __future__ import annotations

import atexit
import logging
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import wait
from typing import Any

from explainer.jobs.processes import process_context, start_process
from explainer.jobs.protocol import Event, Runner, RunnerUnavailable
from explainer.jobs.reports import CANNOT_START, WORKER_HUNG, WORKER_LOST
from explainer.jobs.seats import Seat
from explainer.jobs.watch import PATIENCE, Watch
from explainer.jobs.worker import run_inline, worker_main

__all__ = ["Event", "Runner", "RunnerUnavailable", "WorkerPool", "run_inline"]

logger = logging.getLogger(__name__)


class WorkerPool:
    """A `Runner` on a few warm processes of this machine.

    Construction returns at once; the processes start in the background, and runs may be started
    before they are up. A process that dies or hangs is replaced, its runs are told as lost, and
    no other run notices. Closed at exit if not before.

    Parameters
    ----------
    workers : int
        Processes.
    preload : sequence of str
        Modules for the forkserver; the first caller in a process wins, see
        `explainer.jobs.processes.process_context`.
    warm : sequence of str
        Modules that every worker imports before its first run. If one is missing the pool is
        unusable: the log says why, `wait_ready` raises it, and runs fail at once.
    setup : str or None
        Dotted name of a function that every worker calls once, held to the same.
    max_live_per_worker : int
        Runs that take turns in one process, paused ones included; beyond, the store queues.
    patience : float
        Seconds until a worker that does not answer is replaced, see `explainer.jobs.watch`.
    """

    def __init__(
        self,
        workers: int = 2,
        *,
        preload: Sequence[str] = (),
        warm: Sequence[str] = (),
        setup: str | None = None,
        max_live_per_worker: int = 16,
        patience: float = PATIENCE,
    ) -> None:
        if workers < 1 or max_live_per_worker < 1:
            raise ValueError("a pool has at least one worker and room for one run in it")
        self.on_event: Callable[[Event], None] = lambda event: None
        self._max_live = max_live_per_worker
        self._changed = threading.Condition()  # also the lock of the seats
        self._closing = threading.Event()
        self._woken, self._wake = Pipe(duplex=False)
        self._seats = [Seat(f"worker {number}", self._changed) for number in range(workers)]
        self._watch = Watch(patience)
        self._reader = threading.Thread(target=self._read, name="jobs-reader", daemon=True)
        boot = partial(start_process, process_context(preload), worker_main, tuple(warm), setup)
        serving = (boot, self._nudge, self._lose, self._closing)
        self._servers = [
            threading.Thread(target=seat.serve, args=serving, name=seat.name, daemon=True)
            for seat in self._seats
        ]
        for thread in (self._reader, *self._servers):
            thread.start()
        atexit.register(self.close)

    def start(self, run: str, target: str, argument: object, *, held: bool = False) -> None:
        """Begin a run in the worker that has the fewest; see `Runner`."""
        payload = pickle.dumps(argument)
        with self._changed:
            free = [s for s in self._seats if not s.broken and len(s.runs) < self._max_live]
            if not free or self._closing.is_set():
                raise RunnerUnavailable(CANNOT_START)
            seat = min(free, key=lambda s: (len(s.runs), s.pid is None))
            seat.runs.add(run)
            seat.outbox.put(("start", run, target, payload, held))

    def pause(self, run: str) -> None:
        """Give a run no more turns for now."""
        self._command("pause", run)

    def resume(self, run: str) -> None:
        """Give a paused run turns again."""
        self._command("resume", run)

    def tell(self, run: str, message: str) -> None:
        """Pass a message to a run, at once also if it is paused or rests; see `Runner`."""
        self._command("tell", run, message)

    def stop(self, run: str) -> None:
        """End a run; its place is free at once."""
        self._command("stop", run)

    def capacity(self) -> int:
        """Count the runs that could be started now; one if the pool is broken, so that it tells."""
        with self._changed:
            usable = [seat for seat in self._seats if not seat.broken]
            return sum(self._max_live - len(seat.runs) for seat in usable) if usable else 1

    def alive(self) -> int:
        """Count the workers that are up."""
        return len(self.pids())

    def pids(self) -> list[int]:
        """Return the process ids of the workers that are up."""
        with self._changed:
            return [seat.pid for seat in self._seats if seat.pid is not None]

    def wait_ready(self, timeout: float | None = None) -> None:
        """Wait until every worker is up.

        Parameters
        ----------
        timeout : float or None
            Seconds.

        Raises
        ------
        RunnerUnavailable
            With the technical reason, if a worker was given up.
        TimeoutError
            If they are not up in time.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: all(seat.pid or seat.broken for seat in self._seats), timeout
            ):
                raise TimeoutError("the worker processes are not ready yet")
            for seat in self._seats:
                if seat.broken:
                    raise RunnerUnavailable(seat.broken)

    def close(self) -> None:
        """End everything within a few seconds; a second call does nothing."""
        with self._changed:
            if self._closing.is_set():
                return
            self._closing.set()
        atexit.unregister(self.close)
        self._nudge()
        if threading.current_thread() is not self._reader:
            self._reader.join(3.0)  # before the connections that it hears are closed
        with self._changed:
            for seat in self._seats:
                seat.outbox.put(None)
        deadline = time.monotonic() + 3.0
        for thread in self._servers:
            thread.join(max(0.0, deadline - time.monotonic()))
        for seat in self._seats:  # its thread can still hang on a worker that does not read
            if seat.process is not None and seat.process.exitcode is None:
                seat.process.kill()

    def _command(self, verb: str, run: str, *rest: str) -> None:
        with self._changed:
            for seat in self._seats:
                if run in seat.runs:
                    seat.outbox.put((verb, run, *rest))
                    if verb == "stop":
                        seat.runs.discard(run)

    def _nudge(self) -> None:
        """Make the reader look at the seats again."""
        with self._changed:
            self._wake.send_bytes(b"!")

    def _read(self) -> None:
        """Hear all workers."""
        while not self._closing.is_set():
            hearing: dict[Any, Seat] = {}
            with self._changed:
                for seat in self._seats:
                    if seat.connection is not None and seat.process is not None:
                        hearing[seat.connection] = hearing[seat.process.sentinel] = seat
            ready = wait([*hearing, self._woken], self._watch.pause())
            if self._closing.is_set():
                return
            if self._woken in ready:
                self._woken.recv_bytes()
            ended = {hearing[thing] for thing in ready if isinstance(thing, int)}
            for seat in {hearing[thing] for thing in ready if thing is not self._woken}:
                self._hear(seat, seat in ended)
            with self._changed:
                self._watch.look(self._seats)

    def _hear(self, seat: Seat, ended: bool) -> None:
        """Take in all that a worker has said, its last words included."""
        assert seat.connection is not None
        try:
            while seat.connection.poll():
                self._handle(seat, *seat.connection.recv())
        except (EOFError, OSError):
            ended = True
        except Exception:
            logger.exception("A worker said something that makes no sense")
            ended = True
        if ended:
            self._lose(seat)

    def _handle(self, seat: Seat, kind: str, *rest: Any) -> None:
        seat.pulse.heard()
        if kind == "pong":
            return
        if kind in ("ready", "unusable"):
            with self._changed:
                if kind == "ready":
                    seat.pid, seat.failed_boots = rest[0], 0
                else:
                    seat.broken = rest[0]
                self._changed.notify_all()
            return
        run, report = rest[:2]
        with self._changed:
            known = run in seat.runs
            if kind == "report":
                seat.outbox.put(("ack", run))
            else:
                seat.runs.discard(run)
        if not known:  # stopped meanwhile
            return
        if report is not None:
            self._emit(Event("report", run, report))
        if kind == "done":
            self._emit(Event("done", run))
        elif kind == "failed":
            sentence, details = rest[2:]
            if details:
                logger.error("A run failed:\n%s", details)
            self._emit(Event("failed", run, sentence=sentence))

    def _lose(self, seat: Seat) -> None:
        """Tell that a seat's process is gone; its thread starts another, unless that is in vain."""
        with self._changed:
            died = WORKER_HUNG if seat.pulse.hung else WORKER_LOST
            lost = seat.vacate()
            self._changed.notify_all()
        sentence = CANNOT_START if seat.broken else died
        for run in lost:
            self._emit(Event("worker_lost", run, sentence=sentence))

    def _emit(self, event: Event) -> None:
        try:
            self.on_event(event)
        except Exception:
            logger.exception("An event of a run was not taken")
