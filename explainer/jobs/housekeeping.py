"""A thread that does something again and again, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)


class Housekeeping:
    """Call a function every so many seconds; that it failed is logged, and it is called again.

    Parameters
    ----------
    seconds : float
        Between two calls.
    tidy : callable
        What to do.
    """

    def __init__(self, seconds: float, tidy: Callable[[], None]) -> None:
        self._seconds, self._tidy = seconds, tidy
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs-sweeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; a call that is under way is waited for."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(self._seconds):
            try:
                self._tidy()
            except Exception:
                logger.exception("The housekeeping of runs failed")
