"""The app with a lease of a few seconds, whose workers can be killed one by one.

SIGUSR1 kills the worker that has the oldest of the live runs, in the midst of whatever it does.
"""

from __future__ import annotations

import os
import signal
from typing import Any

import app
from explainer.jobs import JobStore, WorkerPool
from explainer.ui import services

LEASE = 6.0  # seconds


def _store(pool: WorkerPool, **more: Any) -> JobStore:
    starts: list[str] = []
    start = pool.start

    def noted(run: str, *args: Any, **more: Any) -> None:
        starts.append(run)
        start(run, *args, **more)

    def kill(*_: Any) -> None:
        first = next(run for run in starts if any(run in seat.runs for seat in pool._seats))
        pid = next(seat.pid for seat in pool._seats if first in seat.runs)
        assert pid
        os.kill(pid, signal.SIGKILL)

    pool.start = noted  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, kill)
    return JobStore(pool, lease_seconds=LEASE, sweep_seconds=0.2, **more)


if __name__ == "__main__":
    services.JobStore = _store  # type: ignore[misc, assignment]
    app.main()
