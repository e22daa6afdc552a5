"""What a run reports while it goes, and the words a learner reads when it ends badly.

A run is a generator of :class:`Report` objects. Its function is named by a dotted name,
``"package.module:function"``, so that the process that asks for a run never imports what the
run needs.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

WORKER_LOST = (
    "The process that trained this run ended unexpectedly. Your settings are kept: press Start to "
    "run it again, with smaller settings if this comes back."
)
WORKER_HUNG = (
    "The process that trained this run stopped answering and was replaced. "
    "Your settings are kept: press Start to run it again."
)
CANNOT_START = (
    "This server cannot start its training processes. Whoever runs it finds the reason in its log."
)


@dataclass(frozen=True)
class Report:
    """One piece of news from a run.

    Attributes
    ----------
    progress : float
        How far the run is, 0 to 1; values outside are clipped.
    series : dict of str to list of float
        Values that are *new* since the previous report, for instance ``{"step": [..], "loss":
        [..]}``. Turned into plain floats here, so that no number drags its library along.
    frame : bytes or None
        A picture of now.
    result : bytes or None
        The artefact so far, for instance a checkpoint; the latest wins.
    note : str
        One sentence for the learner; the latest wins, and an empty one clears it.
    rest : float
        Seconds for which the run wants no turn after this report (slow motion); values below 0
        are clipped.
    last : bool
        Whether the run has nothing more to do but to end: it may do so at once, also while paused.

    Raises
    ------
    TypeError
        If a frame or a result is not bytes.
    ValueError
        If the rest is not finite.
    """

    progress: float
    series: dict[str, list[float]] = field(default_factory=dict)
    frame: bytes | None = None
    result: bytes | None = None
    note: str = ""
    rest: float = 0.0
    last: bool = False

    def __post_init__(self) -> None:
        series = {name: [float(value) for value in values] for name, values in self.series.items()}
        for name in ("frame", "result"):
            if not isinstance(getattr(self, name), (bytes, type(None))):
                raise TypeError(f"the {name} of a report is bytes or None")
        if not math.isfinite(self.rest):
            raise ValueError("the rest of a report is a finite number of seconds")
        object.__setattr__(self, "series", series)
        object.__setattr__(self, "progress", min(1.0, max(0.0, float(self.progress))))
        object.__setattr__(self, "rest", max(0.0, float(self.rest)))


class ReportMerger:
    """Several reports folded into one: series joined, the latest of everything else.

    This is what bounds the channel: however slow the reader, at most one report waits for it, and
    no value of a series is lost.
    """

    def __init__(self) -> None:
        self._latest: Report | None = None
        self._series: dict[str, list[float]] = {}
        self._frame: bytes | None = None
        self._result: bytes | None = None

    def add(self, report: Report) -> None:
        """Fold in one more report.

        Parameters
        ----------
        report : Report
            Newer than all before.
        """
        self._latest = report
        for name, values in report.series.items():
            self._series.setdefault(name, []).extend(values)
        self._frame = self._frame if report.frame is None else report.frame
        self._result = self._result if report.result is None else report.result

    def take(self) -> Report | None:
        """Return everything since the last call as one report, and start afresh.

        Returns
        -------
        Report or None
            None if there was nothing.
        """
        latest = self._latest
        if latest is None:
            return None
        merged = replace(latest, series=self._series, frame=self._frame, result=self._result)
        self._latest, self._series, self._frame, self._result = None, {}, None, None
        return merged


def resolve(name: str) -> Callable[..., Any]:
    """Import what a dotted name stands for.

    Parameters
    ----------
    name : str
        ``"package.module:function"``, a function at the top level of its module.

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        If the name has no such form, or names something that cannot be called.
    ImportError, AttributeError
        If there is no such module or function.
    """
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise TypeError(f"a target is named 'package.module:function', not {name!r}")
    found = getattr(importlib.import_module(module), function)
    if not callable(found):
        raise TypeError(f"{name!r} is not a function")
    return found  # type: ignore[no-any-return]


def failure_sentence(error: BaseException, what: str = "run") -> str:
    """Say to a learner why something stopped.

    Parameters
    ----------
    error : BaseException
        A `ValueError` or `ArithmeticError` (a wrong setting, a diverged loss) is raised with a
        sentence meant for the learner. The text of any other may hold paths and internals, so
        only its type is named; the rest belongs in the log.
    what : str
        What stopped.

    Returns
    -------
    str
        One or more plain sentences.
    """
    if is_for_the_learner(error):
        return str(error)
    return f"The {what} stopped because of an unexpected error ({type(error).__name__})."


def is_for_the_learner(error: BaseException) -> bool:
    """Tell whether the text of an error was written for the learner.

    Parameters
    ----------
    error : BaseException
        What was raised.

    Returns
    -------
    bool
    """
    return isinstance(error, (ValueError, ArithmeticError)) and bool(str(error))
