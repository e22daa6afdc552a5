"""All runs at a glance, for whoever looks after a class: what is needed, and nobody's name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from explainer.jobs.job import Job, Status

MAX_PUPILS = 10_000  # whose numbers are remembered; who came back last goes last


@dataclass(frozen=True)
class RunFacts:
    """A live run as a teacher sees it.

    Attributes
    ----------
    pupil : int
        Whose run it is: visitors are numbered from 1 in the order of their first run.
    label : str
        What it is, as it was submitted.
    status : str
        ``"queued"``, ``"running"`` or ``"paused"``.
    queue_position : int
        Place in the queue from 1 on; 0 when it is not waiting.
    progress : float
        0 to 1, as last reported.
    seconds : float
        Time it has been running; waiting and pauses do not count.
    waited : float
        Seconds in the queue, so far or until it started.
    """

    pupil: int
    label: str
    status: Status
    queue_position: int
    progress: float
    seconds: float
    waited: float


class Pupils:
    """Numbers for visitors, from 1 on: the same one for as long as it is remembered.

    Parameters
    ----------
    most : int
        Visitors remembered; the one who has been away longest is forgotten first.
    """

    def __init__(self, most: int = MAX_PUPILS) -> None:
        self._most = most
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._given = 0

    def number(self, visitor: str) -> int:
        """Return a visitor's number, a new one for who is not remembered."""
        if visitor not in self._numbers:
            self._given += 1
            self._numbers[visitor] = self._given
        self._numbers.move_to_end(visitor)
        if len(self._numbers) > self._most:
            self._numbers.popitem(last=False)
        return self._numbers[visitor]


def overview(jobs: Iterable[Job], queue: Sequence[Job], now: float) -> list[RunFacts]:
    """Describe live runs.

    Parameters
    ----------
    jobs : iterable of Job
        They, oldest first.
    queue : sequence of Job
        Those that wait, in their order.
    now : float
        Monotonic seconds.

    Returns
    -------
    list of RunFacts
        In the order of the jobs.
    """
    places = {job.id: place for place, job in enumerate(queue, start=1)}
    return [
        RunFacts(
            pupil=job.pupil,
            label=job.label,
            status=job.status,
            queue_position=places.get(job.id, 0),
            progress=job.history.progress,
            seconds=job.running_for(now),
            waited=(now if job.started_at is None else job.started_at) - job.submitted_at,
        )
        for job in jobs
    ]
