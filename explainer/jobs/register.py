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


class Register:
    """Runs by unguessable id, in the order in which they were asked for.

    Parameters
    ----------
    keep_seconds : float
        How long a run is kept after its end.
    max_kept : int
        Ended runs kept at most; the oldest go first, a live one never.
    max_bytes : int
        What the ended runs may weigh together.
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

    Of each visitor the latest few of a kind stay, and where all of them weigh too much, the
    visitor whose runs weigh most gives up one: who trains again and again, or the largest networks,
    takes nothing from others. What is held is soon as much as it will ever be.

    Parameters
    ----------
    jobs : iterable of Job
        All runs.
    ended_before : float
        Runs that ended before this moment have been kept long enough.
    max_kept : int
        Ended runs that may stay.
    max_bytes : int
        What they may weigh together.

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
    kept: dict[str, list[Job]] = {}
    for job in latest[:max_kept]:
        kept.setdefault(job.visitor, []).append(job)
    weights = {who: sum(job.history.bytes for job in theirs) for who, theirs in kept.items()}
    while sum(weights.values()) > max_bytes:
        heaviest = max(weights, key=lambda who: (weights[who], -kept[who][0].ended_at))
        weights[heaviest] -= kept[heaviest].pop().history.bytes  # the oldest
        if not kept[heaviest]:
            del kept[heaviest], weights[heaviest]
    stays = {job.id for theirs in kept.values() for job in theirs}
    return [job for job in ended if job.id not in stays]
