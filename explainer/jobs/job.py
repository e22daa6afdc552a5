"""One run in the register, and how it looks from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from explainer.jobs.history import History

Status = Literal["queued", "running", "paused", "done", "stopped", "failed"]
# Seconds: a turn's share of all workers' time; the longest wait for a first turn, which comes
# before all others; and how often those are to ask who are next in line or far behind.
TURN, FIRST_TURN, NEXT, LONGEST = 0.02, 0.1, 0.5, 4.0
AT_REST = 2.0  # seconds after which a paused run has told all that it was asked for
LIVE: tuple[Status, ...] = ("queued", "running", "paused")
ENDED: tuple[Status, ...] = ("done", "stopped", "failed")

UNKNOWN = (
    "This run is not known here: it may have ended long ago, or the server was restarted. "
    "Press Start to run it again."
)
REPLACED = "Stopped because a newer run was started, here or in a copy of this tab."
ABANDONED = "Stopped because no page had asked for this run for {:.0f} seconds."
MADE_WAY = "Stopped after a long pause, because others were waiting for a place."
TOO_MANY = "Too many runs are waiting here; please try again in a few minutes."
CLOSED = "Stopped because the server was closed."
HELD = "No new run may start at the moment. This one keeps its place and starts by itself."


class TooManyRuns(ValueError):
    """No further run may wait; the text is for the learner."""


class UnknownJob(KeyError):
    """No run has this id, or it was dropped long ago; the text is for the learner."""

    def __init__(self) -> None:
        super().__init__(UNKNOWN)

    def __str__(self) -> str:
        return UNKNOWN


@dataclass(frozen=True)
class JobView:
    """A run as it was at one moment.

    Attributes
    ----------
    id : str
        Its id.
    status : str
        ``"queued"``, ``"running"``, ``"paused"``, ``"done"``, ``"stopped"`` or ``"failed"``.
    queue_position : int
        Place in the queue from 1 on; 0 when it is not waiting.
    progress : float
        0 to 1, as last reported.
    seq : int
        Reports so far. Give it as `since` next time and get only what is new.
    series : dict of str to list of float
        Values of the reports after `since`; a series without new values is absent.
    frames : list of (int, bytes)
        Pictures of the reports after `since`, each with the number of its report. Older ones are
        thinned out, so the numbers have gaps.
    note : str
        What the run last said, why it was stopped, or why it waits if not for a place alone.
    error : str
        Why it failed, in a sentence for the learner; empty otherwise.
    seconds : float
        Time it has been running; waiting and pauses do not count, nor does the first turn of a
        run that was asked for as held.
    has_result : bool
        There is an artefact to fetch with `JobStore.result`.
    again : float
        Seconds in which there will hardly be anything new: see `patience`, and while it rests.
    """

    id: str
    status: Status
    queue_position: int
    progress: float
    seq: int
    series: dict[str, list[float]]
    frames: list[tuple[int, bytes]]
    note: str
    error: str
    seconds: float
    has_result: bool
    again: float


@dataclass(eq=False)
class Job:
    """A run in the register.

    Attributes
    ----------
    id, visitor, target : str
        Its id, who asked, and what runs.
    argument : object
        Kept only until it starts.
    history : History
        What it has told.
    submitted_at : float
        When it was asked for.
    asked_at : float
        When somebody last looked at it.
    pupil : int
        The visitor's number.
    label : str
        What it is, for whoever looks after all runs.
    held : bool
        It is paused from its start on.
    status : str
        Set by `enter`.
    error : str
        For the learner.
    seconds : float
        Time it ran, without the stretch that began at `running_since`.
    started_at : float or None
        When its wait was over, if it was.
    told_at : float
        When its status changed, or its learner last told it something.
    ended_at : float
        When it ended, if it has.
    """

    id: str
    visitor: str
    target: str
    argument: object
    history: History
    submitted_at: float
    asked_at: float
    pupil: int = 0
    label: str = ""
    held: bool = False
    status: Status = "queued"
    error: str = ""
    seconds: float = 0.0
    running_since: float | None = None
    started_at: float | None = None
    told_at: float = 0.0
    ended_at: float = 0.0

    def enter(self, status: Status, now: float) -> None:
        """Change the status and keep account of the time.

        Parameters
        ----------
        status : str
            The new one.
        now : float
            Monotonic seconds.
        """
        self.told_at = now
        if self.running_since is not None:
            self.seconds += now - self.running_since
        self.running_since = now if status == "running" else None
        if status not in LIVE:
            self.ended_at = now
        if status in ("running", "paused") and self.started_at is None:
            self.started_at = now
        if status != "queued":
            self.argument = None
        self.status = status

    def running_for(self, now: float) -> float:
        """Tell for how many seconds it has been running, without waiting and pauses."""
        return self.seconds + (0.0 if self.running_since is None else now - self.running_since)

    def view(
        self, since: int, queue_position: int, running: int, now: float, note: str = ""
    ) -> JobView:
        """Take a picture of the run.

        Parameters
        ----------
        since : int
            Number of the last report already known.
        queue_position : int
            From 1 on; 0 when it is not waiting.
        running : int
            Runs that take turns at this moment.
        now : float
            Monotonic seconds.
        note : str
            To be said instead of its own.

        Returns
        -------
        JobView
        """
        rests = self.status == "paused" and now - self.told_at > AT_REST
        again = NEXT if rests else patience(queue_position, running, self.history.seq > 0)
        return JobView(
            id=self.id,
            status=self.status,
            queue_position=queue_position,
            progress=self.history.progress,
            seq=self.history.seq,
            series=self.history.series_since(since),
            frames=self.history.frames.since(since),
            note=note or self.history.note,
            error=self.error,
            seconds=self.running_for(now),
            has_result=self.history.result is not None,
            again=again,
        )


def patience(queue_position: int, running: int, has_begun: bool) -> float:
    """Tell in how many seconds there will hardly be anything new to hear of a run.

    A class that asks as often as one learner does would keep the server busy with saying that
    nothing is new.

    Parameters
    ----------
    queue_position : int
        Its place in the queue; 0 when it is not waiting.
    running : int
        Runs that take turns.
    has_begun : bool
        It has told something already.

    Returns
    -------
    float
        Seconds.
    """
    if queue_position:
        return min(NEXT * (1 + queue_position / 10), LONGEST)
    turns = TURN * running
    return turns if has_begun else min(turns, FIRST_TURN)
