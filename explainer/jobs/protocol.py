"""What the store and a runner say to each other.

The store knows only this, so runs can go to other machines without a change to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from explainer.jobs.reports import Report


@dataclass(frozen=True)
class Event:
    """What a runner tells: a report, or how a run ended.

    Attributes
    ----------
    kind : str
        ``"report"``, or one of the ends ``"done"``, ``"failed"`` (the run raised) and
        ``"worker_lost"`` (what it ran on is gone).
    run : str
        Its name.
    report : Report or None
        With ``"report"`` only: what is still to be told comes before the end, on its own.
    sentence : str
        For the learner, with ``"failed"`` and ``"worker_lost"``.
    """

    kind: Literal["report", "done", "failed", "worker_lost"]
    run: str
    report: Report | None = None
    sentence: str = ""


class RunnerUnavailable(RuntimeError):
    """No run can start here; the text is for the learner."""


class Runner(Protocol):
    """Where runs run.

    Events may come from any thread, also from within a call, but never while the runner holds a
    lock of its own that one of these calls takes. A run that was started ends with one event that
    is not a report, unless it was stopped; events of a run that was stopped are ignored.

    Attributes
    ----------
    on_event : callable
        Set by the store.
    """

    on_event: Callable[[Event], None]

    def start(self, run: str, target: str, argument: object, *, held: bool = False) -> None:
        """Begin a run under a name that was never used, and return at once.

        Every run gets its first turn, also one that is paused before it.

        Parameters
        ----------
        run : str
            The name.
        target : str
            Dotted name of a generator function of reports, ``"package.module:function"``.
        argument : object
            Its one argument, picklable.
        held : bool
            Pause it from the start: it gets its first turn and no other.

        Raises
        ------
        RunnerUnavailable
            If it cannot.
        """

    def pause(self, run: str) -> None:
        """Give a run no more turns for now; unknown names are ignored, here and below."""

    def resume(self, run: str) -> None:
        """Give a paused run turns again."""

    def tell(self, run: str, message: str) -> None:
        """Pass a message to a run: its generator gets it in a turn of its own, even if paused.

        Messages that are not yet delivered come together as one tuple, through ``send``. Only so
        many wait, and the oldest go; an iterator without ``send`` gets none.
        """

    def stop(self, run: str) -> None:
        """End a run; its place is free at once."""

    def capacity(self) -> int:
        """Count the runs that could be started now; positive also if a start is sure to fail."""

    def alive(self) -> int:
        """Count the workers that are up."""

    def close(self) -> None:
        """End everything within a few seconds; a second call does nothing."""
