"""The register of all runs: submit, poll, tell, pause, stop, and what becomes of the forgotten.

Everything is in memory and under one lock; calls return at once, so a web server may make them
from its event loop. Times are monotonic: a corrected clock ends no run.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable

from explainer.jobs.history import History
from explainer.jobs.job import (
    ABANDONED,
    CLOSED,
    LIVE,
    REPLACED,
    TOO_MANY,
    Job,
    JobView,
    Status,
    TooManyRuns,
    UnknownJob,
    beyond_bounds,
)
from explainer.jobs.protocol import Event, Runner, RunnerUnavailable
from explainer.jobs.reports import failure_sentence

__all__ = ["JobStore", "JobView", "TooManyRuns", "UnknownJob"]

logger = logging.getLogger(__name__)


class JobStore:
    """Runs by unguessable id, one live run a visitor, on any `Runner`.

    Parameters
    ----------
    runner : Runner
        Where runs run; the store takes over its events, and closes it.
    lease_seconds : float
        A live run that nobody polled for so long is stopped: its page is gone.
    keep_seconds : float
        How long a run is kept after its end.
    max_kept : int
        Ended runs kept at most; the oldest go first, a live one never.
    max_bytes : int
        What the ended runs may weigh together.
    max_frames : int
        Pictures kept of each run.
    max_queued : int
        Runs that may wait; beyond, whoever asks is told `TooManyRuns`.
    clock : callable
        Seconds that never go backwards.
    sweep_seconds : float
        How often the housekeeping comes round by itself.
    """

    def __init__(
        self,
        runner: Runner,
        *,
        lease_seconds: float = 150.0,
        keep_seconds: float = 3600.0,
        max_kept: int = 300,
        max_bytes: int = 64 * 2**20,
        max_frames: int = 64,
        max_queued: int = 300,
        clock: Callable[[], float] = time.monotonic,
        sweep_seconds: float = 5.0,
    ) -> None:
        self._runner = runner
        self._lease, self._keep = lease_seconds, keep_seconds
        self._bounds, self._max_frames = (max_kept, max_bytes), max_frames
        self._max_queued = max_queued
        self._clock = clock
        self._lock = threading.RLock()
        self._jobs: dict[str, Job] = {}
        self._queue: list[Job] = []
        self._swept_at = -math.inf
        self._closing = threading.Event()
        runner.on_event = self._on_event
        self._sweeper = threading.Thread(
            target=self._keep_sweeping, args=(sweep_seconds,), name="jobs-sweeper", daemon=True
        )
        self._sweeper.start()

    def submit(self, target: str, argument: object, *, visitor: str, held: bool = False) -> str:
        """Ask for a run; an earlier live run of the same visitor is stopped first.

        Parameters
        ----------
        target : str
            Dotted name of a generator function of reports, ``"package.module:function"``.
        argument : object
            Its one argument, picklable.
        visitor : str
            Who asks.
        held : bool
            Let it start paused: it shows what its first turn brings, and waits for `resume` or
            for what it is told.

        Returns
        -------
        str
            The id of the run. Whoever knows it may see and stop the run; it cannot be guessed.

        Raises
        ------
        TooManyRuns
            If as many runs wait as may.
        """
        with self._lock:
            if self._closing.is_set():
                raise RuntimeError("the store is closed")
            self._sweep_if_due()
            for job in list(self._jobs.values()):
                if job.visitor == visitor and job.status in LIVE:
                    self._stop(job, REPLACED)
            if len(self._queue) >= self._max_queued:
                raise TooManyRuns(TOO_MANY)
            name, now = secrets.token_urlsafe(16), self._clock()
            history = History(self._max_frames)
            job = Job(name, visitor, target, argument, history, asked_at=now, held=held)
            self._jobs[name] = job
            self._queue.append(job)
            self._start_waiting()
            return name

    def poll(self, job_id: str, since: int = 0) -> JobView:
        """Look at a run, and renew its lease.

        Parameters
        ----------
        job_id : str
            From `submit`.
        since : int
            Number of the last report already known; numbers that cannot be mean all or nothing.

        Returns
        -------
        JobView

        Raises
        ------
        UnknownJob
            If there is no such run any more.
        """
        with self._lock:
            self._sweep_if_due()
            job = self._find(job_id)
            job.asked_at = now = self._clock()
            waiting = self._queue.index(job) + 1 if job.status == "queued" else 0
            return job.view(since, waiting, now)

    def result(self, job_id: str) -> bytes | None:
        """Return the latest artefact of a run, live or ended; None before the first."""
        with self._lock:
            return self._find(job_id).history.result

    def pause(self, job_id: str) -> Status:
        """Let a running run rest, and return the status then; any other stays as it is.

        Its lease goes on: a paused run that nobody polls is stopped too.
        """
        with self._lock:
            job = self._find(job_id)
            if job.status == "running":
                self._runner.pause(job.id)
                job.enter("paused", self._clock())
            return job.status

    def resume(self, job_id: str) -> Status:
        """Let a paused run go on, and return the status then; any other stays as it is."""
        with self._lock:
            job = self._find(job_id)
            if job.status == "paused":
                self._runner.resume(job.id)
                job.enter("running", self._clock())
            return job.status

    def tell(self, job_id: str, message: str) -> Status:
        """Pass a message to a running or paused run, and return the status then.

        Any other stays as it is. A paused run takes it in and stays paused, unless that ends it.
        """
        with self._lock:
            job = self._find(job_id)
            if job.status in ("running", "paused"):
                self._runner.tell(job.id, message)
            return job.status

    def stop(self, job_id: str) -> Status:
        """End a run or take it out of the queue, and return the status then.

        One that has ended already stays as it is.
        """
        with self._lock:
            job = self._find(job_id)
            self._stop(job)
            self._start_waiting()
            return job.status

    def sweep(self) -> None:
        """Stop runs that nobody polls, drop what was kept long enough.

        `submit` and `poll` do this too, and a thread every few seconds.
        """
        with self._lock:
            self._swept_at = now = self._clock()
            for job in self._jobs.values():
                if job.status in LIVE and now - job.asked_at > self._lease:
                    self._stop(job, ABANDONED.format(self._lease))
            for job in beyond_bounds(self._jobs.values(), now - self._keep, *self._bounds):
                del self._jobs[job.id]
            self._start_waiting()

    def stats(self) -> dict[str, int]:
        """Count runs by status, the ``"workers"`` that are up, and the ``"bytes"`` held."""
        with self._lock:
            counts = Counter(job.status for job in self._jobs.values())
            return {
                **{status: counts[status] for status in (*LIVE, "done", "stopped", "failed")},
                "workers": self._runner.alive(),
                "bytes": sum(job.history.bytes for job in self._jobs.values()),
            }

    def close(self) -> None:
        """Stop all runs and close the runner; what was kept can still be polled."""
        self._closing.set()
        with self._lock:
            for job in self._jobs.values():
                self._stop(job, CLOSED)
        self._runner.close()
        self._sweeper.join()

    def _find(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise UnknownJob
        return self._jobs[job_id]

    def _sweep_if_due(self) -> None:
        """Sweep, unless that was done within the second and nothing has ended since."""
        if self._clock() - self._swept_at >= 1.0:
            self.sweep()

    def _end(self, job: Job, status: Status) -> None:
        job.enter(status, self._clock())
        self._swept_at = -math.inf

    def _stop(self, job: Job, note: str = "") -> None:
        if job.status not in LIVE:
            return
        if job.status == "queued":
            self._queue.remove(job)
        else:
            self._runner.stop(job.id)
        job.history.note = note or job.history.note
        self._end(job, "stopped")

    def _start_waiting(self) -> None:
        while self._queue and self._runner.capacity() > 0:
            job = self._queue.pop(0)
            argument = job.argument
            job.enter("paused" if job.held else "running", self._clock())
            try:
                self._runner.start(job.id, job.target, argument, held=job.held)
            except Exception as error:
                logger.exception("A run could not be started")
                told = isinstance(error, RunnerUnavailable)
                job.error = str(error) if told else failure_sentence(error)
                self._end(job, "failed")

    def _on_event(self, event: Event) -> None:
        with self._lock:
            job = self._jobs.get(event.run)
            if job is None or job.status not in ("running", "paused"):
                return  # stopped or replaced meanwhile
            if event.kind == "report":
                if event.report is not None:
                    job.history.add(event.report)
                return
            job.error = event.sentence
            self._end(job, "done" if event.kind == "done" else "failed")
            self._start_waiting()

    def _keep_sweeping(self, seconds: float) -> None:
        while not self._closing.wait(seconds):
            try:
                self.sweep()
            except Exception:
                logger.exception("The housekeeping of runs failed")
