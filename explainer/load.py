"""How busy this machine is and how much of that is this program, as /proc tells on Linux.

Elsewhere (macOS, Windows) nothing is told: :meth:`Meter.read` returns None. Everything is measured
between two readings, with the machine's own ticks as the clock.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple

PROC, CGROUP = Path("/proc"), Path("/sys/fs/cgroup")
LEAST, MOST = 0.9, 30.0  # seconds between two readings that are compared
MEMORY_EVERY = 5.0  # seconds; a large process takes the kernel some milliseconds
MemoryKind = Literal["pss", "rss"]


@dataclass(frozen=True)
class Load:
    """Use of processor and memory.

    Attributes
    ----------
    machine : float or None
        Share of the machine's processors that is busy, by whatever program, 0 to 1. None before
        there are two readings to compare.
    groups : dict of str to float
        Share of `cores` that each group of our processes uses, 0 to 1; empty with `machine` None.
    cores : float
        Processors that this program may use: those of the machine, or fewer in a container.
    memory : int
        Bytes of all our processes together.
    memory_kind : str
        ``"pss"``: memory that processes share is counted once; ``"rss"``, where the system does
        not tell that: it is counted in each.
    memory_limit : int
        Bytes that the machine has, or the container may use.
    """

    machine: float | None
    groups: dict[str, float]
    cores: float
    memory: int
    memory_kind: MemoryKind
    memory_limit: int


class Process(NamedTuple):
    """What the system tells of a process.

    Attributes
    ----------
    parent : int
        Its parent's id.
    started : int
        With its own id this names a process for ever.
    ticks : int
        Of processor time so far.
    """

    parent: int
    started: int
    ticks: int


@dataclass(frozen=True)
class _Sample:
    seconds: float
    busy: int
    total: int
    processes: dict[int, Process]


@dataclass
class Meter:
    """Readings of the load, for as many readers as there are: the machine is asked once a second.

    Attributes
    ----------
    root : int
        Process whose descendants count as ours, with itself.
    proc, cgroup : Path
        Where the system tells.
    """

    root: int = field(default_factory=os.getpid)
    proc: Path = PROC
    cgroup: Path = CGROUP
    _lock: Lock = field(default_factory=Lock, repr=False)
    _before: _Sample | None = field(default=None, repr=False)
    _memory_at: float = field(default=0.0, repr=False)
    _latest: Load | None = field(default=None, repr=False)

    def read(self, **groups: Collection[int]) -> Load | None:
        """Return the load since the last reading, or since about a second ago.

        Parameters
        ----------
        **groups : collection of int
            Ids of processes, by the name of their group. Ours that are in no group are ``rest``.

        Returns
        -------
        Load or None
            None where the system does not tell.
        """
        with self._lock:
            try:
                return self._read(groups)
            except (OSError, ValueError, IndexError):  # no /proc, or one that is written otherwise
                return None

    def _read(self, groups: dict[str, Collection[int]]) -> Load:
        cpus, busy, total = _machine(self.proc)
        seconds = total / (cpus * os.sysconf("SC_CLK_TCK"))
        before = self._before
        passed = seconds - before.seconds if before else MOST
        if self._latest is not None and 0 <= passed < LEAST:
            return self._latest
        sample = _Sample(seconds, busy, total, processes(self.proc))
        ours = family_of(sample.processes, self.root)
        cores = min(cpus, _cpu_limit(self.cgroup))
        machine, shares = None, {}
        if before and passed < MOST and total > before.total:
            machine = min(1.0, max(0.0, (busy - before.busy) / (total - before.total)))
            rest = ours.difference(*groups.values())
            for name, pids in {**groups, "rest": rest}.items():
                used = _ticks(pids, sample.processes) - _ticks(pids, before.processes, sample)
                shares[name] = max(0.0, used / (total - before.total) * cpus / cores)
        self._before = sample
        if self._latest is None or not 0 <= seconds - self._memory_at < MEMORY_EVERY:
            self._memory_at = seconds
            memory, kind = _memory(self.proc, ours)
        else:
            memory, kind = self._latest.memory, self._latest.memory_kind
        limit = _memory_limit(self.proc, self.cgroup)
        self._latest = Load(machine, shares, cores, memory, kind, limit)
        return self._latest


def folder_bytes(folder: Path, counts: Callable[[str], bool]) -> int:
    """Return what files in a folder weigh together.

    Parameters
    ----------
    folder : Path
    counts : callable
        Tells by its name whether a file counts.

    Returns
    -------
    int
        Bytes; 0 if there is no such folder.
    """
    weight = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):  # just removed
                weight += entry.stat(follow_symlinks=False).st_size if counts(entry.name) else 0
    return weight


def _machine(proc: Path) -> tuple[int, int, int]:
    """Return the number of processors, their busy ticks and all their ticks."""
    lines = [line.split() for line in (proc / "stat").read_text().splitlines()]
    # user nice system idle iowait irq softirq steal; what follows is in user and nice already.
    ticks = [int(word) for word in lines[0][1:9]]
    if len(ticks) < 8:
        raise ValueError("/proc/stat is written otherwise")
    cpus = sum(line[0].startswith("cpu") for line in lines if line) - 1
    return max(1, cpus), sum(ticks) - sum(ticks[3:5]), sum(ticks)


def processes(proc: Path) -> dict[int, Process]:
    """Return all processes by their ids."""
    found = {}
    for folder in proc.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            text = (folder / "stat").read_bytes()
        except OSError:  # it has just ended
            continue
        # The program's name may hold anything, brackets and blanks too: fields begin after it.
        fields = text[text.rindex(b")") + 2 :].split()
        ticks = int(fields[11]) + int(fields[12])
        found[int(folder.name)] = Process(int(fields[1]), int(fields[19]), ticks)
    return found


def family_of(processes: dict[int, Process], root: int) -> set[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    family, ahead = {root}, [root]
    while ahead:
        born = children.get(ahead.pop(), [])
        ahead += [pid for pid in born if pid not in family]
        family |= set(born)
    return family


def _ticks(pids: Iterable[int], processes: dict[int, Process], only: _Sample | None = None) -> int:
    """Add up the ticks of processes; `only` of those that are still the same in that sample.

    One that ended in between is left out of both sums, one that began counts from nothing.
    """
    total = 0
    for pid in pids:
        process = processes.get(pid)
        if process is None:
            continue
        if only is not None:
            now = only.processes.get(pid)
            if now is None or now.started != process.started:
                continue
        total += process.ticks
    return total


def _memory(proc: Path, pids: Collection[int]) -> tuple[int, MemoryKind]:
    """Return the bytes of processes together, and how they are counted."""
    sizes = [pss(proc / str(pid)) for pid in pids]
    told = [size for size in sizes if size is not None]
    if len(told) == len(sizes):
        return sum(told), "pss"
    page = os.sysconf("SC_PAGE_SIZE")
    pages = 0
    for pid in pids:
        try:
            pages += int((proc / str(pid) / "statm").read_text().split()[1])
        except OSError:
            continue
    return pages * page, "rss"


def pss(process: Path) -> int | None:
    """Return the bytes of a process, with its part of what it shares; None if that is not told."""
    try:
        text = (process / "smaps_rollup").read_text()
    except OSError:
        return None if (process / "statm").exists() else 0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) * 1024


def _cpu_limit(cgroup: Path) -> float:
    """Return how many processors this process may use at once."""
    allowed = float(len(os.sched_getaffinity(0)))
    try:
        quota, period = (cgroup / "cpu.max").read_text().split()
        return min(allowed, int(quota) / int(period))
    except (OSError, ValueError, ZeroDivisionError):  # no container, or one without a bound
        return allowed


def _memory_limit(proc: Path, cgroup: Path) -> int:
    """Return how many bytes there are for all programs, or for the container."""
    lines = (proc / "meminfo").read_text().splitlines()
    limit = sum(int(line.split()[1]) for line in lines if line.startswith("MemTotal:")) * 1024
    try:
        return min(limit, int((cgroup / "memory.max").read_text()))
    except (OSError, ValueError):
        return limit
