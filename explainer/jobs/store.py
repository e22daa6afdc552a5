"""The register of all runs: submit, poll, tell, pause, stop, and what becomes of the forgotten.

Everything is in memory and under one lock; calls return at once, so a web server may make them
from its event loop. Times are monotonic: a corrected clock ends no run.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from explainer.jobs.facts import RunFacts, overview
from explainer.jobs.housekeeping import Housekeeping
from explainer.jobs.job import (
    ABANDONED,
    CLOSED,
    HELD,
    LIVE,
    MADE_WAY,
    REPLACED,
    TOO_MANY,
    Job,
    JobView,
    Status,
    TooManyRuns,
    UnknownJob,
)
from explainer.jobs.protocol import Event, Runner, RunnerUnavailable
from explainer.jobs.register import Register
from explainer.jobs.reports import failure_sentence

__all__ = ["JobStore", "JobView", "RunFacts", "TooManyRuns", "UnknownJob"]

logger = logging.getLogger(__name__)


class JobStore:
    """Runs by unguessable id, one live run a visitor, on any `Runner`.

    Who asks first starts first, and whoever asks anew gives up the place they had and asks last.
    As nobody has two runs, that is a fair turn for all, with nothing to be gained by asking often:
    while one visitor waits, any other starts one run at most. A visitor is a page, by the name it
    gave itself. Addresses would not do better: a whole class may share one.

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
        What the ended runs may weigh together, without the few that ended last.
    max_frames : int
        Pictures kept of each run.
    max_queued : int
        Runs that may wait; beyond, whoever asks is told `TooManyRuns`.
    clock : callable
        Seconds that never go backwards.
    pause_seconds : float
        A run may be paused for so long while others wait for its place.
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
        pause_seconds: float = 120.0,
        sweep_seconds: float = 5.0,
    ) -> None:
        self._runner = runner
        self._register = Register(keep_seconds, max_kept, max_bytes, max_frames)
        self._lease, self._longest_pause = lease_seconds, pause_seconds
        self._max_queued = max_queued
        self._clock = clock
        self._lock = threading.RLock()
        self._queue: list[Job] = []
        self._swept_at = -math.inf
        self._closed = self._holding = False
        runner.on_event = self._on_event
        self._housekeeping = Housekeeping(sweep_seconds, self.sweep)

    def submit(
        self,
        target: str,
        argument: object,
        *,
        visitor: str,
        held: bool = False,
        label: str = "",
        frames: int | None = None,
    ) -> str:
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
        label : str
            What it is, for `overview`.
        frames : int or None
            Pictures to keep of it, if not as many as of others; two at least.

        Returns
        -------
        str
            The id of the run. Whoever knows it may see and stop the run; it cannot be guessed.

        Raises
        ------
        TooManyRuns
            If as many runs wait as may; the visitor's earlier run goes on then.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError("the store is closed")
            self._sweep_if_due()
            if sum(job.visitor != visitor for job in self._queue) >= self._max_queued:
                raise TooManyRuns(TOO_MANY)
            for job in self._register.live():
                if job.visitor == visitor:
                    self._stop(job, REPLACED)
            facts = {"target": target, "argument": argument, "held": held, "label": label}
            job = self._register.add(visitor, self._clock(), frames, **facts)
            self._queue.append(job)
            self._start_waiting()
            return job.id

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
            job = self._register.find(job_id)
            job.asked_at = now = self._clock()
            running = len(self._register.live("running"))
            if job.status != "queued":
                return job.view(since, 0, running, now)
            note = HELD if self._holding else ""
            return job.view(since, self._queue.index(job) + 1, running, now, note)

    def result(self, job_id: str) -> bytes | None:
        """Return the latest artefact of a run, live or ended; None before the first."""
        with self._lock:
            return self._register.find(job_id).history.result

    def pause(self, job_id: str) -> Status:
        """Let a running run rest, and return the status then; any other stays as it is.

        Its lease goes on: a paused run that nobody polls is stopped too.
        """
        with self._lock:
            job = self._register.find(job_id)
            if job.status == "running":
                self._runner.pause(job.id)
                job.enter("paused", self._clock())
            return job.status

    def resume(self, job_id: str) -> Status:
        """Let a paused run go on, and return the status then; any other stays as it is."""
        with self._lock:
            job = self._register.find(job_id)
            if job.status == "paused":
                self._runner.resume(job.id)
                job.enter("running", self._clock())
            return job.status

    def tell(self, job_id: str, message: str) -> Status:
        """Pass a message to a running or paused run, and return the status then.

        Any other stays as it is. A paused run takes it in and stays paused, unless that ends it.
        """
        with self._lock:
            job = self._register.find(job_id)
            if job.status in ("running", "paused"):
                job.told_at = self._clock()
                self._runner.tell(job.id, message)
            return job.status

    def stop(self, job_id: str) -> Status:
        """End a run or take it out of the queue, and return the status then.

        One that has ended already stays as it is.
        """
        with self._lock:
            job = self._register.find(job_id)
            self._stop(job)
            self._start_waiting()
            return job.status

    def stop_all(self, note: str) -> int:
        """End all live runs, those that wait before those that run, so that none starts between.

        Parameters
        ----------
        note : str
            Why, for the learners.

        Returns
        -------
        int
            How many there were.
        """
        with self._lock:
            live = [*self._queue, *self._register.live("running", "paused")]
            for job in live:
                self._stop(job, note)
            return len(live)

    def hold_new(self, hold: bool) -> None:
        """Let runs wait from now on, or no longer; those that have started go on.

        Parameters
        ----------
        hold : bool
            While it holds, whatever is submitted waits, in its turn.
        """
        with self._lock:
            self._holding = hold
            self._start_waiting()

    @property
    def holding(self) -> bool:
        """Whether no run starts at the moment."""
        return self._holding

    def overview(self) -> list[RunFacts]:
        """Describe all live runs, oldest first; see `explainer.jobs.facts.overview`."""
        with self._lock:
            return overview(self._register.live(), self._queue, self._clock())

    def sweep(self) -> None:
        """Stop runs that nobody polls, or that pause where others wait; drop what is too old.

        `submit` and `poll` do this too, and a thread every few seconds.
        """
        with self._lock:
            self._swept_at = now = self._clock()
            for job in self._register.live():
                if now - job.asked_at > self._lease:
                    self._stop(job, ABANDONED.format(self._lease))
            if self._queue and not self._holding and self._runner.capacity() <= 0:
                for job in self._register.resting(now - self._longest_pause)[: len(self._queue)]:
                    self._stop(job, MADE_WAY)
            self._register.tidy(now)
            self._start_waiting()

    def stats(self) -> dict[str, int]:
        """Count runs by status, the ``"workers"`` that are up, and the ``"bytes"`` held."""
        with self._lock:
            return {**self._register.counts(), "workers": self._runner.alive()}

    def close(self) -> None:
        """Stop all runs and close the runner; what was kept can still be polled."""
        with self._lock:
            self._closed = True
            self.stop_all(CLOSED)
        self._runner.close()
        self._housekeeping.close()

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
        waited = job.status == "queued"
        job.history.note = note or job.history.note
        self._end(job, "stopped")  # before its runner can say anything more of it
        if waited:
            self._queue.remove(job)
        else:
            self._runner.stop(job.id)

    def _start_waiting(self) -> None:
        while self._queue and not self._holding and self._runner.capacity() > 0:
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
            job = self._register.get(event.run)
            if job is None or job.status not in ("running", "paused"):
                return  # stopped or replaced meanwhile
            if event.kind == "report":
                if event.report is not None:
                    job.history.add(event.report)
                return
            job.error = event.sentence
            self._end(job, "done" if event.kind == "done" else "failed")
            self._start_waiting()
