"""Long runs and short calculations, away from the web server.

The server submits, polls, tells, pauses and stops runs through a :class:`JobStore` and awaits short
calculations through a :class:`Calculator`; the work is done in warm helper processes. Neither
torch nor gradio is imported here: only a helper process imports what its target needs.
"""

from explainer.jobs.calculator import (
    Busy,
    CalculationFailed,
    CalculationTimeout,
    Calculator,
)
from explainer.jobs.facts import RunFacts
from explainer.jobs.protocol import Event, Runner, RunnerUnavailable
from explainer.jobs.reports import Report
from explainer.jobs.runners import WorkerPool, run_inline
from explainer.jobs.store import JobStore, JobView, TooManyRuns, UnknownJob

__all__ = [
    "Busy",
    "CalculationFailed",
    "CalculationTimeout",
    "Calculator",
    "Event",
    "JobStore",
    "JobView",
    "Report",
    "RunFacts",
    "Runner",
    "RunnerUnavailable",
    "TooManyRuns",
    "UnknownJob",
    "WorkerPool",
    "run_inline",
]
