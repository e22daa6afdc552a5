"""Warm helper processes: where they come from, how they settle in, how they end.

All come from one *forkserver*, a bare process that has the heavy modules imported already, so
that a new worker is there in a fraction of a second and shares their memory. Where the system has
no forkserver (Windows), processes are spawned and import for themselves.

Python would import the main script again in every such process, and with it the whole page.
Helpers find what they need by its dotted name, so here they are told not to.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import spawn
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.jobs.reports import resolve

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

    Context = ForkServerContext | SpawnContext

logger = logging.getLogger(__name__)

HELPER = "explainer-helper"  # the name of every such process
AUTOGROUP = Path("/proc/self/autogroup")
BOOT_TIMEOUT = 120.0  # seconds; a first import from a slow disk is long
START_METHOD = "EXPLAINER_START_METHOD"  # environment: set it to "spawn" where forking does harm

_lock = threading.Lock()
_chosen: tuple[Context, list[str]] | None = None


def process_context(preload: Sequence[str] = ()) -> Context:
    """Return the one multiprocessing context that all helpers share; start its forkserver.

    There is one forkserver a process, so **the first caller's `preload` wins**; a later caller
    that wants other modules is served without them, and the log says so. The forkserver imports
    in the background. A module it cannot find (it sees the current directory and the installed
    packages, not later changes of ``sys.path``) is left to the helper itself.

    Parameters
    ----------
    preload : sequence of str
        Modules that the forkserver imports once for all.

    Returns
    -------
    multiprocessing context
        Forkserver where there is one, else spawn.
    """
    global _chosen
    with _lock:
        if _chosen is None:
            method = os.environ.get(START_METHOD, "forkserver")
            _leave_main_alone()
            if method != "spawn" and "forkserver" in multiprocessing.get_all_start_methods():
                from multiprocessing import forkserver

                context: Context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(list(preload))
                forkserver.ensure_running()
            else:
                context = multiprocessing.get_context("spawn")
            _chosen = context, list(preload)
        context, loaded = _chosen
        if not set(preload) <= set(loaded):
            logger.warning("The forkserver was started with %s, not with %s", loaded, [*preload])
        return context


def _leave_main_alone() -> None:
    """Have processes of our name, and no others, start without importing the main script.

    The standard library has no setting for this. Without it each helper would take the seconds
    and the memory of the page's own imports, and none could start from a notebook.
    """
    prepare = spawn.get_preparation_data

    def prepare_helper(name: str) -> dict[str, Any]:
        data = prepare(name)
        if name == HELPER:
            data.pop("init_main_from_name", None)
            data.pop("init_main_from_path", None)
        return data

    spawn.get_preparation_data = prepare_helper


def start_process(
    context: Context, main: Callable[..., None], *arguments: object
) -> tuple[BaseProcess, Connection]:
    """Start a daemonic process and return it with our end of a pipe to it.

    Blocks while the forkserver is still importing, so call it from a thread. Nobody else holds
    the other end of the pipe: either side sees the end of file at once when the other dies.

    Parameters
    ----------
    context : multiprocessing context
        From `process_context`.
    main : callable
        Top-level function, called in the process with its end of the pipe and `arguments`.
    *arguments : object
        Picklable.

    Returns
    -------
    process : multiprocessing.process.BaseProcess
    connection : multiprocessing.connection.Connection
    """
    ours, theirs = context.Pipe()
    try:
        process = context.Process(target=main, args=(theirs, *arguments), name=HELPER, daemon=True)
        process.start()
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def settle_in(
    connection: Connection, warm: Sequence[str], setup: str | None, niceness: int
) -> bool:
    """Make this process a polite and warm helper, and tell the parent how that went.

    Parameters
    ----------
    connection : multiprocessing.connection.Connection
        To the parent, which hears ``("ready", pid)`` or ``("unusable", reason)``.
    warm : sequence of str
        Modules to import now rather than in the first run.
    setup : str or None
        Dotted name of a function to call once.
    niceness : int
        See `step_back`.

    Returns
    -------
    bool
        False if the process is of no use; the reason is in the log too.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_leave_with_parent, name="jobs-lifeline", daemon=True).start()
    # What the forkserver has loaded is garbage never. Whenever Python looked it through for some,
    # it would write on all of it, and each process would have a copy of what they share now.
    gc.freeze()
    try:
        for name in warm:
            importlib.import_module(name)
        if setup is not None:
            resolve(setup)()
    except Exception as error:
        logger.exception("A helper process could not get ready")
        connection.send(("unusable", f"{type(error).__name__}: {error}"))
        return False
    connection.send(("ready", os.getpid()))
    step_back(niceness)  # not before: however busy the machine, a lost one is soon replaced
    return True


def _leave_with_parent(grace: float = 3.0) -> None:
    """End this process soon after its parent, also if it hangs and hears nothing of that."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        time.sleep(grace)  # to end by itself
        os._exit(1)


def step_back(niceness: int) -> None:
    """Let everything else on this machine go first, as far as the system knows such a thing.

    Linux shares the processor among sessions before it looks at niceness (autogroup, sched(7)), so
    that niceness alone would not let a browser beside the server go first. So the process gets a
    session of its own, and the whole session the niceness.

    Parameters
    ----------
    niceness : int
        From 0 to 19.
    """
    if hasattr(os, "nice"):
        os.nice(niceness)
    if not os.access(AUTOGROUP, os.W_OK):
        return
    with contextlib.suppress(OSError):  # it leads a process group already, or may not write
        os.setsid()
        for _ in range(20):
            try:
                AUTOGROUP.write_text(str(niceness))
                return
            except BlockingIOError:  # only ten are taken a second, in all of the system
                time.sleep(0.1)


def end_process(process: BaseProcess, patience: float = 1.0) -> None:
    """Wait for a process to end; insist, at last by force.

    Parameters
    ----------
    process : multiprocessing.process.BaseProcess
        Started by this process.
    patience : float
        Seconds for each of leaving by itself and leaving when told.
    """
    steps: tuple[Callable[[], Any], ...] = (lambda: None, process.terminate, process.kill)
    for step in steps:
        step()
        process.join(patience)
        if process.exitcode is not None:
            return
    logger.error("Process %s does not end", process.pid)
