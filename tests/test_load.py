"""The load as /proc tells it: a made-up machine of two processors, then this one."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explainer.load import LEAST, MEMORY_EVERY, MOST, Meter, folder_bytes

HZ = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
SERVER, FORKSERVER, WORKER, HELPER, STRANGER = 100, 101, 102, 103, 900
OURS = {SERVER: 1, FORKSERVER: SERVER, WORKER: FORKSERVER, HELPER: FORKSERVER}


class Machine:
    """A folder that looks like /proc of a machine with two processors."""

    def __init__(self, folder: Path) -> None:
        self.proc, self.cgroup = folder / "proc", folder / "cgroup"
        self.cgroup.mkdir()
        self.proc.mkdir()
        (self.proc / "meminfo").write_text("MemTotal:    8000000 kB\nMemFree:  1 kB\n")
        (self.proc / "sys").mkdir()  # not all that is there is a process
        self.busy = self.idle = 1000 * HZ
        for pid, parent in {**OURS, STRANGER: 1}.items():
            self.put(pid, parent)
        self.pass_by(0)

    def put(
        self, pid: int, parent: int, ticks: int = 0, started: int = 5, name: str = "py"
    ) -> None:
        folder = self.proc / str(pid)
        folder.mkdir(exist_ok=True)
        user, system = ticks // 2, ticks - ticks // 2
        fields = f"S {parent} 0 0 0 0 0 0 0 0 0 {user} {system} 7 7 20 0 1 0 {started} 1 1"
        (folder / "stat").write_text(f"{pid} ({name}) {fields}\n")
        (folder / "statm").write_text("9 3 1 1 0 1 0\n")
        (folder / "smaps_rollup").write_text("Rss:  5000 kB\nPss:  1000 kB\nPss_Anon:  9 kB\n")

    def pass_by(self, seconds: float, busy: float = 0.0) -> None:
        """Let time go by, during which a share of both processors is busy."""
        ticks = round(seconds * 2 * HZ)
        self.busy += round(ticks * busy)
        self.idle += ticks - round(ticks * busy)
        waiting = self.idle // 2  # for the disk: nobody is busy then
        first = f"cpu  {self.busy - 3} 1 1 {self.idle - waiting} {waiting} 0 0 1 50 60"
        (self.proc / "stat").write_text(f"{first}\ncpu0 1 1\ncpu1 1 1\nintr 7\n\n")

    def end(self, pid: int) -> None:
        for file in (self.proc / str(pid)).iterdir():
            file.unlink()
        (self.proc / str(pid)).rmdir()

    def meter(self) -> Meter:
        return Meter(root=SERVER, proc=self.proc, cgroup=self.cgroup)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(4)), raising=False)
    return Machine(tmp_path)


def read(meter):
    return meter.read(server=[SERVER], calculation=[HELPER])


def test_the_first_reading_has_nothing_to_compare_with(machine):
    load = read(machine.meter())
    assert load.machine is None
    assert load.groups == {}
    assert load.cores == 2
    assert load.memory_limit == 8_000_000 * 1024


def test_shares_are_of_both_processors_between_two_readings(machine):
    meter = machine.meter()
    read(meter)
    machine.put(SERVER, 1, ticks=2 * HZ)  # of 4 s on each of two processors
    machine.put(WORKER, FORKSERVER, ticks=3 * HZ, name="a) R 1 (b")
    machine.put(FORKSERVER, SERVER, ticks=HZ)
    machine.put(HELPER, FORKSERVER, ticks=HZ // 2)
    machine.put(STRANGER, 1, ticks=HZ)
    machine.pass_by(4, busy=0.9375)
    load = read(meter)
    assert load.machine == pytest.approx(0.9375)
    assert load.groups == pytest.approx({"server": 0.25, "calculation": 0.0625, "rest": 0.5})
    machine.pass_by(4, busy=0.25)
    load = read(meter)
    assert load.machine == pytest.approx(0.25)
    assert load.groups == {"server": 0, "calculation": 0, "rest": 0}


def test_a_process_that_began_counts_from_nothing_and_one_that_ended_not_at_all(machine):
    machine.put(WORKER, FORKSERVER, ticks=100 * HZ)
    meter = machine.meter()
    read(meter)
    machine.end(WORKER)
    machine.put(WORKER + 50, FORKSERVER, ticks=2 * HZ, started=9)
    machine.pass_by(4, busy=0.5)
    assert read(meter).groups["rest"] == pytest.approx(0.25)
    # The number of a process that ended is given again.
    machine.put(WORKER + 50, FORKSERVER, ticks=HZ, started=77)
    machine.pass_by(4, busy=0.5)
    assert read(meter).groups["rest"] == pytest.approx(0.125)


def test_a_process_of_a_group_that_ended_takes_nothing_from_the_others(machine):
    machine.put(HELPER, FORKSERVER, ticks=100 * HZ)
    other = HELPER + 50
    machine.put(other, FORKSERVER)
    meter = machine.meter()
    meter.read(calculation=[HELPER, other])
    machine.end(HELPER)
    machine.put(other, FORKSERVER, ticks=2 * HZ)
    machine.pass_by(4, busy=0.5)
    assert meter.read(calculation=[HELPER, other]).groups["calculation"] == pytest.approx(0.25)


def test_readers_share_a_reading_for_almost_a_second(machine):
    meter = machine.meter()
    read(meter)
    machine.pass_by(2, busy=0.5)
    load = read(meter)
    machine.pass_by(LEAST * 0.8, busy=1.0)
    assert read(meter) is load
    machine.pass_by(LEAST * 0.4, busy=1.0)
    assert read(meter).machine == pytest.approx(1.0)


def test_what_was_long_ago_is_not_averaged_with_now(machine):
    meter = machine.meter()
    read(meter)
    machine.pass_by(MOST + 1, busy=0.5)
    assert read(meter).machine is None
    machine.pass_by(1, busy=0.75)
    assert read(meter).machine == pytest.approx(0.75)


def test_the_memory_of_all_our_processes_counts_what_is_shared_once(machine):
    load = read(machine.meter())
    assert (load.memory, load.memory_kind) == (4 * 1000 * 1024, "pss")


def test_where_the_parts_are_not_told_what_is_shared_counts_in_each(machine):
    (machine.proc / str(HELPER) / "smaps_rollup").unlink()
    load = read(machine.meter())
    assert (load.memory, load.memory_kind) == (4 * 3 * PAGE, "rss")


def test_memory_is_asked_for_less_often(machine):
    meter = machine.meter()
    read(meter)
    (machine.proc / str(WORKER) / "smaps_rollup").write_text("Pss:  2000 kB\n")
    machine.pass_by(MEMORY_EVERY / 2)
    assert read(meter).memory == 4 * 1000 * 1024
    machine.pass_by(MEMORY_EVERY)
    assert read(meter).memory == 5 * 1000 * 1024


def test_the_bounds_of_a_container_count(machine):
    (machine.cgroup / "cpu.max").write_text("50000 100000\n")
    (machine.cgroup / "memory.max").write_text("1000000000\n")
    meter = machine.meter()
    read(meter)
    machine.put(SERVER, 1, ticks=HZ)
    machine.pass_by(4, busy=0.125)
    load = read(meter)
    assert (load.cores, load.memory_limit) == (0.5, 1_000_000_000)
    assert load.groups["server"] == pytest.approx(0.5)
    (machine.cgroup / "cpu.max").write_text("max 100000\n")
    (machine.cgroup / "memory.max").write_text("max\n")
    machine.pass_by(4)
    load = read(meter)
    assert (load.cores, load.memory_limit) == (2, 8_000_000 * 1024)


def test_processors_that_this_program_may_not_use_do_not_count(machine, monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {3}, raising=False)
    assert read(machine.meter()).cores == 1


@pytest.mark.parametrize("stat", [None, "", "cpu\n", "cpu a b c d\n"], ids=range(4))
def test_a_system_that_does_not_tell_gives_none(machine, stat):
    (machine.proc / "stat").unlink()
    if stat is not None:
        (machine.proc / "stat").write_text(stat)
    assert read(machine.meter()) is None


def test_no_proc_at_all_gives_none(tmp_path):
    assert Meter(proc=tmp_path / "none").read() is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_on_this_machine_a_busy_child_is_seen():
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        meter = Meter()
        first = meter.read(busy=[child.pid])
        assert first is not None
        assert first.memory > 10**6
        deadline = time.monotonic() + 20
        load = first
        while not load.groups.get("busy") and time.monotonic() < deadline:
            time.sleep(0.05)
            load = meter.read(busy=[child.pid])
        assert 0 < load.groups["busy"] <= 1.1
        assert 0 < load.machine <= 1
    finally:
        child.kill()
        child.wait()


def test_the_files_of_a_folder_are_weighed(tmp_path):
    for name, size in (("own-1", 100), ("own-2", 23), ("other", 1000)):
        (tmp_path / name).write_bytes(b"x" * size)
    assert folder_bytes(tmp_path, lambda name: name.startswith("own-")) == 123
    assert folder_bytes(tmp_path / "none", lambda name: True) == 0
