"""A server in a process of its own, and what it and all that it started take (Linux: /proc)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.startup import running
from explainer.load import PROC, family_of, processes, pss

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Taken:
    """What is taken at one moment.

    Attributes
    ----------
    server_cpu, all_cpu : float
        Seconds of the processor so far, of the server alone and of all processes.
    megabytes : float
        Memory of all processes together; what they share counts once.
    server_megabytes : float
        The server's own share of that.
    threads, files : int
        Of all processes together.
    temporary : float
        Megabytes of the files that they have put into the temporary directory.
    """

    server_cpu: float
    all_cpu: float
    megabytes: float
    server_megabytes: float
    threads: int
    files: int
    temporary: float


def taken(pid: int, temporary: Path) -> Taken:
    """Look at a server and its processes.

    Parameters
    ----------
    pid : int
        The server's.
    temporary : Path
        Its temporary directory.

    Returns
    -------
    Taken
    """
    known = processes(PROC)
    ours = family_of(known, pid)
    cpu = {one: known[one].ticks / TICKS for one in ours if one in known}
    memory = {one: (pss(PROC / str(one)) or 0) / 2**20 for one in ours}
    threads = opened = 0
    for one in ours:
        folder = PROC / str(one)
        try:
            threads += len(list((folder / "task").iterdir()))
            opened += len(list((folder / "fd").iterdir()))
        except OSError:  # it has ended meanwhile
            continue
    sizes = [path.stat().st_size for path in temporary.rglob("*") if path.is_file()]
    return Taken(
        cpu[pid],
        sum(cpu.values()),
        sum(memory.values()),
        memory[pid],
        threads,
        opened,
        sum(sizes) / 2**20,
    )


@dataclass(frozen=True)
class Server:
    """A server in a process of its own: its address, its process and its temporary directory."""

    address: str
    pid: int
    temporary: Path

    def taken(self) -> Taken:
        """Look at what it and its processes take."""
        return taken(self.pid, self.temporary)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """Start the app with a temporary directory of its own, and end it."""
    temporary = folder / "tmp"
    temporary.mkdir()
    errors = folder / "stderr.txt"
    try:
        with running(errors=errors, TMPDIR=str(temporary)) as (address, process):
            yield Server(address, process.pid, temporary)
    finally:
        print(errors.read_text()[-2000:], file=sys.stderr, end="")
