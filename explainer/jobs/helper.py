"""One process for short calculations, and what happens when it hangs or dies."""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import threading
import traceback
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from explainer.jobs.processes import BOOT_TIMEOUT, end_process, settle_in, start_process
from explainer.jobs.reports import failure_sentence, is_for_the_learner, resolve

if TYPE_CHECKING:
    from explainer.jobs.processes import Context

logger = logging.getLogger(__name__)

TRIES = 2

TIMEOUT = "This took longer than {:g} seconds and was stopped. Please try it with smaller settings."
LOST = "The calculation ended unexpectedly. Please try it again, perhaps with smaller settings."


class CalculationFailed(RuntimeError):
    """A calculation came to nothing, for no fault of its settings; the text is for the learner."""


class CalculationTimeout(CalculationFailed):
    """A calculation took too long and was killed; the text is for the learner."""


class Helper:
    """A helper process, replaced when need be. Used by one thread, closed by any.

    Parameters
    ----------
    context : multiprocessing context
        From `explainer.jobs.processes.process_context`.
    setup : str or None
        Dotted name of a function that the process calls once.
    timeout : float
        Seconds a calculation may take.
    niceness : int
        See `explainer.jobs.processes.step_back`.
    """

    def __init__(
        self, context: Context, setup: str | None, timeout: float, niceness: int = 0
    ) -> None:
        self._context, self._setup, self._timeout = context, setup, timeout
        self._niceness = niceness
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._connection: Connection | None = None
        self._closed = False
        self.pid: int | None = None  # of a process that is ready

    def prepare(self) -> None:
        """Start the process before it is needed; if that fails, `compute` tries again."""
        with contextlib.suppress(CalculationFailed):
            self._connect()

    def compute(self, target: str, argument: str) -> tuple[str, bytes]:
        """Have a calculation done, in a second process if the first one dies of it.

        Parameters
        ----------
        target : str
            Dotted name of a function.
        argument : str
            Its one argument, as JSON.

        Returns
        -------
        kind : str
            ``"bytes"`` for a result as it is, ``"object"`` for a pickled one.
        payload : bytes

        Raises
        ------
        ValueError
            With the function's own sentence.
        CalculationTimeout, CalculationFailed
            With a sentence for the learner.
        """
        for _ in range(TRIES):
            try:
                connection = self._connect()
                connection.send((target, argument))
                if not connection.poll(self._timeout):
                    self._drop()
                    raise CalculationTimeout(TIMEOUT.format(self._timeout))
                kind, payload, details = connection.recv()
            except (EOFError, OSError):
                self._drop()
                continue
            if kind == "sentence":
                raise ValueError(payload)
            if kind == "error":
                logger.error("A calculation failed:\n%s", details)
                raise CalculationFailed(payload)
            return kind, payload
        raise CalculationFailed(LOST)

    def close(self) -> None:
        """Kill the process; no other is started."""
        with self._lock:
            self._closed = True
        self._kill()

    def _connect(self) -> Connection:
        """Return a pipe to a process that is ready."""
        if self._connection is not None:
            return self._connection
        if self._closed:
            raise CalculationFailed(LOST)
        try:
            process, connection = start_process(
                self._context, helper_main, self._setup, self._niceness
            )
        except Exception as error:
            logger.exception("A process for calculations could not be started")
            raise CalculationFailed(LOST) from error
        with self._lock:
            self._process, self._connection = process, connection
            closed = self._closed
        state: tuple[str, object] = ("unusable", "it ended or is late")
        with contextlib.suppress(EOFError, OSError):
            if not closed and connection.poll(BOOT_TIMEOUT):
                state = connection.recv()
        if state[0] != "ready":
            self._drop()
            if not self._closed:
                logger.critical("No process for calculations: %s", state[1])
            raise CalculationFailed(LOST)
        self.pid = process.pid
        return connection

    def _drop(self) -> None:
        self._kill()
        with self._lock:
            process, connection = self._process, self._connection
            self._process = self._connection = self.pid = None
        if connection is not None:
            connection.close()
        if process is not None:
            end_process(process)

    def _kill(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.kill()


def helper_main(connection: Connection, setup: str | None, niceness: int) -> None:
    """Be a process for calculations.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        Brings ``(target, argument as JSON)``, takes ``(kind, payload, traceback or "")``.
    setup : str or None
        Dotted name of a function to call once.
    niceness : int
        See `explainer.jobs.processes.step_back`.
    """
    with connection, contextlib.suppress(EOFError, OSError):  # the parent is gone
        if settle_in(connection, (), setup, niceness):
            while True:
                connection.send(_answer(*connection.recv()))


def _answer(target: str, argument: str) -> tuple[str, bytes | str, str]:
    try:
        result = resolve(target)(json.loads(argument))
        if isinstance(result, bytes):
            return "bytes", result, ""
        return "object", pickle.dumps(result), ""
    except Exception as error:
        sentence = failure_sentence(error, "calculation")
        if is_for_the_learner(error):
            return "sentence", sentence, ""
        return "error", sentence, "".join(traceback.format_exception(error))
