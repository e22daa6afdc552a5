"""A server in a process of its own, and what it and all that it started take (Linux: /proc)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.startup import PATIENCE, ROOT, answers, free_port

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


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


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                facts = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended meanwhile
                continue
            children.setdefault(int(facts[1]), []).append(int(entry.name))

    def descend(parent: int) -> Iterator[int]:
        yield parent
        for child in children.get(parent, []):
            yield from descend(child)

    return list(descend(pid))


def _cpu(pid: int) -> float:
    facts = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(facts[11]) + int(facts[12])) / TICKS


def _megabytes(pid: int) -> float:
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


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
    cpu, memory, threads, opened = [], [], 0, 0
    for one in family(pid):
        try:
            folder = PROC / str(one)
            cpu.append(_cpu(one))
            memory.append(_megabytes(one))
            threads += len(list((folder / "task").iterdir()))
            opened += len(list((folder / "fd").iterdir()))
        except OSError:  # it has ended meanwhile
            continue
    sizes = [path.stat().st_size for path in temporary.rglob("*") if path.is_file()]
    return Taken(cpu[0], sum(cpu), sum(memory), memory[0], threads, opened, sum(sizes) / 2**20)


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
    port = free_port()
    errors = folder / "stderr.txt"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE
    while not answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"app.py did not start:\n{errors.read_text()[-2000:]}")
        time.sleep(0.05)
    try:
        yield Server(address, process.pid, temporary)
    finally:
        process.terminate()
        process.wait(timeout=30)
        print(errors.read_text()[-2000:], file=sys.stderr, end="")
