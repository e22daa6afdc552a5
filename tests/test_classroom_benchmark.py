"""The figures of a lesson: who waited how long, in what order, and what a server takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.classroom import fairness, is_honest
from benchmarks.processes import Taken, taken
from benchmarks.pupils import ADDRESS, Measured, Trained
from benchmarks.report import quantile
from benchmarks.soak import Look, course, growth
from explainer.load import PROC, family_of, processes


def run(pressed: float, ended: float, began: float = 0.0, *positions: int) -> Trained:
    return Trained(pressed, began, ended, list(positions), "done")


def test_pupils_who_wait_alike_are_treated_fairly() -> None:
    assert fairness([run(i, i + 20, 0, 3) for i in range(30)]) == 1


def test_waiting_longer_when_later_is_no_unfairness() -> None:
    assert fairness([run(i, i + 20 + 0.5 * i, 0, 3) for i in range(30)]) < 1.15


def test_one_who_waits_twice_as_long_as_the_neighbours_is_found() -> None:
    runs = [run(i, i + (40 if i == 12 else 20), 0, 3) for i in range(30)]
    assert fairness(runs) == 2
    assert fairness(runs[::-1]) == 2  # in whatever order they are listed


def test_who_never_waited_in_the_queue_is_not_compared() -> None:
    assert fairness([run(0, 1), *(run(i, i + 20, 0, 3) for i in range(1, 9))]) == 1


def test_a_queue_is_honest_if_places_fall_and_the_first_is_let_in_first() -> None:
    assert is_honest([run(0, 9, 5, 3, 2, 1), run(1, 9, 6, 4, 3, 2, 1)])
    assert not is_honest([run(0, 9, 5, 2, 3, 1)])
    assert not is_honest([run(0, 30, 20, 1), run(1, 9, 6, 2)])


def test_a_quantile_is_one_of_the_values() -> None:
    assert quantile([5, 1, 4, 2, 3], 0.5) == 3
    assert quantile([1.0], 0.95) == 1.0


def test_what_an_answer_names_is_fetched_but_not_what_waits_for_a_click() -> None:
    answer = '[{"src":"api/forward?n=1"},{"src":"api/prior?T=2"},{"src":"api/strip.png?T=3"}]'
    assert ADDRESS.findall(answer) == ["api/forward?n=1", "api/prior?T=2"]


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux only")
def test_a_server_is_weighed_with_its_children(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0" * 2**20)
    alone = taken(os.getpid(), tmp_path)
    script = "kept = b'x' * 30_000_000; print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in family_of(processes(PROC), os.getpid())
        both = taken(os.getpid(), tmp_path)
        child.communicate(b"\n")
    assert both.megabytes > alone.megabytes + 28
    assert both.threads > alone.threads
    assert both.temporary == 1
    assert child.pid not in family_of(processes(PROC), os.getpid())


def test_growth_is_that_of_the_settled_part() -> None:
    def look(second: float) -> Look:
        megabytes = 500 + min(second, 900) + 3 * max(0, second - 900) / 3600
        return Look(second, Taken(0, 0, megabytes, megabytes, 20, 30, 1))

    measured = Measured()
    measured.times["event"] = measured.times["snapshot"] = [0.1]
    looks = [look(30 * i) for i in range(121)]
    found = {row["figure"]: row["value"] for row in growth(looks, measured).rows}
    assert found["memory, MB an hour"] == pytest.approx(3)
    assert found["threads an hour"] == pytest.approx(0)
    assert [row["minute"] for row in course(looks).rows] == [5.0 * i for i in range(13)]
