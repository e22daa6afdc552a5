"""The app with one worker and room for one run, whose place is free after some silent seconds.

SIGUSR1 kills the worker in the midst of whatever it does.
"""

from __future__ import annotations

import os
import signal
from functools import partial
from typing import Any

import app
from explainer.jobs import JobStore, WorkerPool
from explainer.ui import services

LEASE = 10.0  # seconds


def _store(pool: WorkerPool) -> JobStore:
    def kill(*_: Any) -> None:
        for pid in pool.pids():
            os.kill(pid, signal.SIGKILL)

    signal.signal(signal.SIGUSR1, kill)
    return JobStore(pool, lease_seconds=LEASE, sweep_seconds=0.2)


if __name__ == "__main__":
    services.WorkerPool = partial(WorkerPool, max_live_per_worker=1)  # type: ignore[misc, assignment]
    services.JobStore = _store  # type: ignore[misc, assignment]
    services.start_services = partial(services.start_services, workers=1)
    app.main()
