"""The folder of what learners made: one for a server and its worker processes.

Its name travels in the environment. A server removes its own when it ends, and those of servers
that were killed when it begins.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from threading import Lock

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER_VARIABLE = "DIFFUSION_EXPLAINER_OWN"
FOLDER_PREFIX, LOCK_NAME = "diffusion-explainer-", "in-use"
_creating = Lock()


def open_folder() -> Path:
    """Return the folder, made if need be, and tell child processes to come where it is.

    The folder is the one that the environment names; else a fresh temporary one, which is put
    into the environment and removed when this process ends. Those of servers that were killed,
    and could not remove theirs, are removed first.

    Returns
    -------
    Path
    """
    with _creating:
        named = os.environ.get(FOLDER_VARIABLE)
        if named:
            folder = Path(named)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return folder
        remove_abandoned()
        folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        claim(folder)
        os.environ[FOLDER_VARIABLE] = str(folder)
        atexit.register(_remove, folder, os.getpid())
        return folder


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:  # a forked child inherits the wish but not the right
        shutil.rmtree(folder, ignore_errors=True)


def claim(folder: Path) -> None:
    """Hold a lock in a folder for as long as this process lives, however it ends.

    Where the system has no such locks nothing is done.
    """
    if fcntl is None:
        return
    lock = folder / LOCK_NAME
    draft = lock.with_suffix(".draft")
    with contextlib.suppress(OSError):  # a folder without a lock is merely never cleared away
        handle = os.open(draft, os.O_RDWR | os.O_CREAT, 0o600)  # closed by the process's end
        fcntl.flock(handle, fcntl.LOCK_EX)
        draft.rename(lock)  # under this name only once it is locked


def remove_abandoned() -> None:
    """Remove temporary folders that a server claimed which is no more."""
    if fcntl is None:
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with contextlib.suppress(OSError):  # not there, not ours, or in use
            handle = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
