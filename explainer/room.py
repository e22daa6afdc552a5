"""Room in the folder of kept files: how much there is, for whom, and what goes when it is full."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

OWN_PATTERN = r"own-[0-9a-f]{16}"  # what kept files are called
PART_PREFIX = "own-part-"  # and files that are still being written
MAX_KEPT = 10_000  # files; the least recently used go first
MAX_BYTES = 2_000_000_000  # of all files together: two of the largest models for each of thirty
DISK_SHARE = 2  # and at most one part in so many of the disk, which may be a small one in memory
IN_USE = 600.0  # seconds for which nobody else's files push out what was used
LONGEST_WRITE = 600.0  # seconds since the last bit of a file that is still being written
# Nobody's files take up more than this part of the room, so that all others find some; a holder's
# own new files push out what the holder did not use for so many seconds.
SHARE, OWN_IN_USE = 0.75, 60.0

USED_UP = (
    "This could not be kept: the server's space for what learners make is used up; please try "
    "again in a few minutes."
)
SHARE_USED_UP = (
    "This could not be kept: too much that came from your address is in use on the server; please "
    "try again in a minute."
)

# On whose behalf files are kept; empty where that is nobody's business. The web server says it for
# each request, by the address it comes from.
HOLDER: ContextVar[str] = ContextVar("HOLDER", default="")
_holders: dict[str, str] = {}  # by the file's name; only this process's files


class StorageFull(ValueError):
    """The server has no room to keep something; the message is one sentence for the learner."""


@dataclass(frozen=True, order=True)
class _File:
    used: float
    size: int
    path: str

    @property
    def name(self) -> str:
        return Path(self.path).name


def is_own(name: object) -> bool:
    """Tell whether a name is one that kept files have."""
    return isinstance(name, str) and re.fullmatch(OWN_PATTERN, name) is not None


def room_in(folder: Path) -> int:
    """Return how many bytes all kept files in a folder may have together."""
    return min(MAX_BYTES, shutil.disk_usage(folder).total // DISK_SHARE)


def make_room(folder: Path, name: str, size: int) -> None:
    """Remove what was least recently used, until a new file fits within the bounds.

    What was used a moment ago stays, so that nobody who fills the folder takes from others what
    they are at work with. The new file is the present HOLDER's.

    Parameters
    ----------
    folder : Path
    name : str
        Of the new file.
    size : int
        Its bytes.

    Raises
    ------
    StorageFull
        If that is not enough, or the holder has more in use than anyone may.
    """
    room, holder = room_in(folder), HOLDER.get()
    files = _tidied(folder)
    for gone in _holders.keys() - {file.name for file in files}:
        del _holders[gone]
    if holder:
        ours = [file for file in files if _holders.get(file.name) == holder]
        bounds = int(SHARE * MAX_KEPT), int(SHARE * room)
        removed = _remove_idle(ours, size, bounds, OWN_IN_USE, SHARE_USED_UP)
        files = [file for file in files if file not in removed]
    _remove_idle(files, size, (MAX_KEPT, room), IN_USE, USED_UP)
    if holder:
        _holders[name] = holder


def _tidied(folder: Path) -> list[_File]:
    """List the kept files, and remove parts of files that a killed server left behind."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):  # another server makes room too
                if is_own(entry.name):  # the folder may be somebody's, with other things in it
                    facts = entry.stat()
                    found.append(_File(facts.st_mtime, facts.st_size, entry.path))
                elif entry.name.startswith(PART_PREFIX) and _is_left(entry):
                    Path(entry.path).unlink(missing_ok=True)
    return found


def _is_left(part: os.DirEntry[str]) -> bool:
    return abs(time.time() - part.stat().st_mtime) >= LONGEST_WRITE


def _remove_idle(
    files: Iterable[_File], size: int, bounds: tuple[int, int], idle: float, sentence: str
) -> set[_File]:
    """Remove the least recently used, as long as one more file of a size exceeds the bounds.

    Parameters
    ----------
    files : iterable of _File
    size : int
    bounds : (int, int)
        Files, and their bytes together.
    idle : float
        Seconds: what was used since then stays.
    sentence : str
        Of the error if that is not enough.

    Returns
    -------
    set of _File
        Those that were removed.
    """
    files, now = sorted(files), time.time()
    count, total = len(files) + 1, sum(file.size for file in files) + size
    removed = set()
    for file in files:
        if count <= bounds[0] and total <= bounds[1]:
            break
        # A time far to come is of a clock that was set back: it says nothing. One just ahead is of
        # a thread that used the file meanwhile.
        if abs(now - file.used) >= idle:
            Path(file.path).unlink(missing_ok=True)
            removed.add(file)
            count, total = count - 1, total - file.size
    if count > bounds[0] or total > bounds[1]:
        raise StorageFull(sentence)
    return removed
