"""All runs, live and ended, within bounds; for one thread at a time."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Any

from explainer.jobs.facts import Pupils
from explainer.jobs.history import History
from explainer.jobs.job import ENDED, LIVE, Job, Status, UnknownJob

KEPT_OF_ONE = 2  # ended runs of a kind and a visitor: a page comes back to its last one
FRESH = 8  # of those that ended last: their pages have yet to see it, so they weigh nothing
UNFAIR = 2.0  # equal shares of all bytes; runs of one recipe weigh never quite the same


class Register:
    """Runs by unguessable id, in the order in which they were asked for.

    Parameters
    ----------
    keep_seconds : float
        How long a run is kept after its end.
    max_kept : int
        Ended runs kept at most; the oldest go first, a live one never.
    max_bytes : int
        What the ended runs may weigh together, without the few that ended last.
    max_frames : int
        Pictures kept of each run.
    """

    def __init__(self, keep_seconds: float, max_kept: int, max_bytes: int, max_frames: int) -> None:
        self._keep, self._bounds, self._max_frames = keep_seconds, (max_kept, max_bytes), max_frames
        self._jobs: dict[str, Job] = {}
        self._pupils = Pupils()

    def add(self, visitor: str, now: float, frames: int | None = None, **facts: Any) -> Job:
        """Make a run that waits.

        Parameters
        ----------
        visitor : str
            Who asks.
        now : float
            Monotonic seconds.
        frames : int or None
            Pictures to keep of it, if not as many as of others.
        **facts
            Passed to `Job`.

        Returns
        -------
        Job
        """
        job = Job(
            id=secrets.token_urlsafe(16),
            visitor=visitor,
            pupil=self._pupils.number(visitor),
            history=History(frames or self._max_frames),
            submitted_at=now,
            asked_at=now,
            **facts,
        )
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job | None:
        """Return a run, or None if there is none any more."""
        return self._jobs.get(job_id)

    def find(self, job_id: str) -> Job:
        """Return a run.

        Raises
        ------
        UnknownJob
            If there is no such run any more.
        """
        if job_id not in self._jobs:
            raise UnknownJob
        return self._jobs[job_id]

    def live(self, *statuses: Status) -> list[Job]:
        """Return the live runs, or those of some statuses, oldest first."""
        return [job for job in self._jobs.values() if job.status in (statuses or LIVE)]

    def resting(self, since: float) -> list[Job]:
        """Return the paused runs that were told nothing since a moment, the longest first."""
        paused = [job for job in self.live("paused") if job.told_at <= since]
        return sorted(paused, key=lambda job: job.told_at)

    def tidy(self, now: float) -> None:
        """Drop what was kept long enough, and what is too much."""
        for job in beyond_bounds(self._jobs.values(), now - self._keep, *self._bounds):
            del self._jobs[job.id]

    def counts(self) -> dict[str, int]:
        """Count runs by status, and the ``"bytes"`` held."""
        counts = Counter(job.status for job in self._jobs.values())
        held = sum(job.history.bytes for job in self._jobs.values())
        return {**{status: counts[status] for status in (*LIVE, *ENDED)}, "bytes": held}


def beyond_bounds(
    jobs: Iterable[Job], ended_before: float, max_kept: int, max_bytes: int
) -> list[Job]:
    """Choose the ended runs that are kept no longer, the oldest ones; never a live one.

    Of each visitor the latest few of a kind stay. Where all of them weigh too much, whoever holds
    much more than an equal share gives up a run, else whoever has the oldest: so those who train
    again and again, or the largest networks, take nothing from others. The few that ended last
    stay whatever they weigh, for their pages to see the end.

    Parameters
    ----------
    jobs : iterable of Job
        All runs.
    ended_before : float
        Runs that ended before this moment have been kept long enough.
    max_kept : int
        Ended runs that may stay.
    max_bytes : int
        What they may weigh together, without the latest few.

    Returns
    -------
    list of Job
    """
    ended = [job for job in jobs if job.status not in LIVE]
    ended.sort(key=lambda job: job.ended_at)
    ended.reverse()  # newest first, also among those of the same moment
    of_one = Counter[tuple[str, str]]()
    latest = []
    for job in ended:
        of_one[job.visitor, job.target] += 1
        if of_one[job.visitor, job.target] <= KEPT_OF_ONE and job.ended_at >= ended_before:
            latest.append(job)
    del latest[max_kept:]
    fresh, old = latest[:FRESH], latest[FRESH:]
    weights = Counter[str]()
    for job in old:
        weights[job.visitor] += job.history.bytes
    while weights.total() > max_bytes:
        heaviest, weight = weights.most_common(1)[0]
        unfair = weight > UNFAIR * max_bytes / len(weights)
        gone = next(job for job in reversed(old) if not unfair or job.visitor == heaviest)
        old.remove(gone)
        weights[gone.visitor] -= gone.history.bytes
        weights = +weights  # who has none left has no share
    stays = {job.id for job in (*fresh, *old)}
    return [job for job in ended if job.id not in stays]
