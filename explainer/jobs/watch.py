"""Whether a worker still answers: it is asked now and then, and has its own good time for it.

A worker answers between two turns, and a turn takes half a second at most. So one that says nothing
for half a minute hangs, with one exception: it gives way to everything else on its machine, and
under load it may stand in line for most of that time. Its processor time cannot tell the two
apart: who loops without end uses much, who waits for a lock that never opens uses none. What
counts is the time in which it could have answered: it was on a processor, or it slept. Linux
tells how long a process was ready and had to wait for a processor, and that is taken off; where
the system does not tell, nothing is.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from explainer.jobs.processes import BOOT_TIMEOUT

if TYPE_CHECKING:
    from explainer.jobs.seats import Seat

logger = logging.getLogger(__name__)

PATIENCE = 30.0  # seconds
LOOKS = 6  # in that time


class Account(NamedTuple):
    """What became of a process's time, its main thread's to be exact.

    Attributes
    ----------
    ran : float
        Seconds on a processor.
    in_line : float
        Seconds that it was ready and had to wait for one, up to when it last got it.
    ready : bool
        Whether it is ready or running now, and does not sleep.
    """

    ran: float = 0.0
    in_line: float = 0.0
    ready: bool = False


def account(pid: int) -> Account:
    """Tell what became of a process's time since it began; nothing where that is not known.

    Parameters
    ----------
    pid : int

    Returns
    -------
    Account
    """
    folder = Path(f"/proc/{pid}")
    try:
        ran, in_line, _ = (folder / "schedstat").read_text().split()
        state = (folder / "stat").read_text().rpartition(") ")[2][:1]
        return Account(int(ran) / 1e9, int(in_line) / 1e9, state == "R")
    except (OSError, ValueError):
        return Account()


@dataclass
class Pulse:
    """How long one process has owed an answer.

    Attributes
    ----------
    asked : bool
        Whether it has yet to answer.
    hung : bool
        It was given up.
    """

    asked: bool = False
    hung: bool = False
    _looked: float = 0.0  # seconds since it was asked
    _queuing: float = 0.0  # of these, the last in which it was ready and yet did not run
    _before: float = 0.0  # what it had been in line when it was asked
    _last: Account = field(default_factory=Account)

    def ask(self, now: Account) -> None:
        """Take note that it was asked, and of its account then."""
        self.asked, self._looked, self._queuing = True, 0.0, 0.0
        self._before, self._last = now.in_line, now

    def heard(self) -> None:
        """Take note that the process has said something, whatever it was."""
        self.asked = False

    def look(self, seconds: float, now: Account) -> float:
        """Take note of time that has passed since, and tell how long the process has been silent.

        Parameters
        ----------
        seconds : float
            Since the last look, or since it was asked.
        now : Account

        Returns
        -------
        float
            Seconds in which it could have answered.
        """
        stuck = now.ready and now[:2] == self._last[:2]
        self._looked += seconds
        self._queuing = self._queuing + seconds if stuck else 0.0
        self._last = now
        return self._looked - self._queuing - (now.in_line - self._before)


class Watch:
    """Asks the processes of seats for a sign of life, and ends those that give none.

    For whoever hears the processes, so that what they have said is heard before they are judged.
    What counts is looks, each with the time that was meant to pass before it: if the whole machine
    or the server itself slept for an hour, that is one look, and nobody pays for it.

    Parameters
    ----------
    patience : float
        Seconds in which a process could have answered and did not. One that is still getting
        ready has `explainer.jobs.processes.BOOT_TIMEOUT`, or this if it is longer.
    clock : callable
        Seconds that never go backwards.
    account : callable
        See `account`.
    """

    def __init__(
        self,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
        account: Callable[[int], Account] = account,
    ) -> None:
        self._patience, self._clock, self._account = patience, clock, account
        self._every = patience / LOOKS
        self._due = clock() + self._every

    def pause(self) -> float:
        """Tell how many seconds remain until the next look."""
        return max(0.0, self._due - self._clock())

    def look(self, seats: Iterable[Seat]) -> None:
        """Ask the processes in seats, if it is time, and kill those that have been silent long.

        Whoever hears them will find them dead; `Pulse.hung` tells why. Call it under the lock of
        the seats.

        Parameters
        ----------
        seats : iterable of Seat
        """
        if self._clock() < self._due:
            return
        self._due = self._clock() + self._every
        for seat in seats:
            if seat.connection is None or seat.process is None or seat.process.pid is None:
                continue  # nobody is there to be asked
            pulse, account = seat.pulse, self._account(seat.process.pid)
            if not pulse.asked:
                pulse.ask(account)
                seat.outbox.put(("ping",))
                continue
            silence = pulse.look(self._every, account)
            limit = self._patience if seat.pid else max(self._patience, BOOT_TIMEOUT)
            if silence >= limit - 1e-6 and not pulse.hung:
                pulse.hung = True
                logger.error("%s has not answered for %.0f seconds", seat.name, silence)
                with contextlib.suppress(OSError):
                    seat.process.kill()
