"""The pool with real processes, torch-free and therefore quick."""

import os
import pickle
import subprocess
import sys
import threading
import time

import pytest

from explainer.jobs import JobStore, RunnerUnavailable, WorkerPool, run_inline
from explainer.jobs.reports import CANNOT_START, WORKER_LOST, ReportMerger
from tests.jobs import targets
from tests.jobs.helpers import DEADLINE, Listener
from tests.jobs.targets import HERE, KILL

no_signal_0 = pytest.mark.skipif(sys.platform == "win32", reason="it ends a process there")
numbers = iter(range(10**6))


@pytest.fixture(scope="module")
def shared_pool():
    pool = WorkerPool(1, setup=HERE + "set_up")
    pool.wait_ready(DEADLINE)
    yield pool
    pool.close()


@pytest.fixture
def pool(shared_pool):
    """One worker, warm, with nothing on it."""
    yield shared_pool
    for run in [run for seat in shared_pool._seats for run in seat.runs]:
        shared_pool.stop(run)


@pytest.fixture
def listener(pool):
    pool.on_event = lambda event: None
    return Listener(pool)


def start(pool, target, argument, **options):
    run = f"run {next(numbers)}"
    pool.start(run, HERE + target, argument, **options)
    return run


def together(reports):
    merger = ReportMerger()
    for report in reports:
        merger.add(report)
    return merger.take()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_process_tells_the_same_as_an_inline_run(pool, listener):
    run = start(pool, "count", 300)
    assert listener.wait_for_end(run).kind == "done"
    reports = [event.report for event in listener.of(run)]
    assert together(reports) == together(run_inline(HERE + "count", 300))
    assert reports[0] == next(run_inline(HERE + "count", 300))


def test_a_slow_listener_bounds_the_reports_and_loses_no_value(pool, listener):
    listener.next = lambda event: time.sleep(0.02)
    run = start(pool, "count", 2000)
    listener.wait_for_end(run)
    reports = [event.report for event in listener.of(run)]
    assert len(reports) < 200
    assert together(reports) == together(run_inline(HERE + "count", 2000))


def test_two_runs_share_a_worker_and_the_short_one_does_not_wait(pool, listener, tmp_path):
    gate = tmp_path / "gate"
    long = start(pool, "until", str(gate))
    listener.wait_for_reports(long)
    short = start(pool, "count", 50)
    assert listener.wait_for_end(short).kind == "done"
    listener.wait_for_reports(long, more=3)
    gate.touch()
    assert listener.wait_for_end(long).kind == "done"
    assert listener.of(long)[-1].report.note == "the end"
    assert listener.of(long)[-1].report.progress == 1.0


def test_pause_resume_stop(pool, listener):
    run, witness = start(pool, "endless", 0.002), start(pool, "endless", 0.002)
    listener.wait_for_reports(run)
    pool.pause(run)
    listener.wait_for_reports(witness, more=20)  # by now the pause has been heard
    count = len(listener.of(run))
    listener.wait_for_reports(witness, more=20)
    assert len(listener.of(run)) == count
    pool.resume(run)
    listener.wait_for_reports(run, more=3)
    pool.stop(run)
    count = len(listener.of(run))
    pool.stop(run)
    pool.pause(run)
    pool.stop("nobody")
    listener.wait_for_reports(witness, more=20)
    assert len(listener.of(run)) <= count + 1  # one may have been on its way to the listener
    assert not [event for event in listener.events if event.run == run and event.kind != "report"]


def test_a_held_run_shows_its_first_picture_hears_messages_and_ends_by_one(pool, listener):
    run, witness = start(pool, "obeys", 0.0, held=True), start(pool, "endless", 0.002)
    assert listener.wait_for_reports(run).series == {"turn": [0.0]}
    listener.wait_for_reports(witness, more=20)
    assert len(listener.of(run)) == 1
    pool.tell(run, "hello")
    assert listener.wait_for_reports(run).note == "hello"
    listener.wait_for_reports(witness, more=20)
    assert len(listener.of(run)) == 2
    pool.tell(run, "end")
    assert listener.wait_for_end(run).kind == "done"
    pool.tell(run, "too late")
    pool.tell("nobody", "hello")
    listener.wait_for_reports(witness, more=3)


def test_a_long_rest_ends_by_a_message_and_holds_up_nobody(pool, listener):
    run = start(pool, "obeys", 1e300)
    listener.wait_for_reports(run)
    assert listener.wait_for_end(start(pool, "count", 50)).kind == "done"
    assert len(listener.of(run)) == 1
    pool.tell(run, "quick")
    listener.wait_for_reports(run, more=3)
    resting = start(pool, "rests", (2, 1e300))
    listener.wait_for_reports(resting)
    pool.stop(resting)
    listener.wait_for_reports(run, more=3)


def test_a_rest_takes_its_time_but_no_computing_time(pool, listener):
    before = time.monotonic()
    listener.wait_for_end(start(pool, "rests", (4, 0.05)))
    assert 0.2 <= time.monotonic() - before < 2.0
    run = start(pool, "processor_time", 0.3)
    listener.wait_for_end(run)
    first, last = together(event.report for event in listener.of(run)).series["seconds"]
    assert last - first < 0.15


def test_stopping_closes_the_generator_in_the_worker(pool, listener, tmp_path):
    run, witness = start(pool, "tells_when_closed", str(tmp_path / "sign")), None
    listener.wait_for_reports(run)
    pool.stop(run)
    witness = start(pool, "count", 1)  # commands are heard in their order
    listener.wait_for_end(witness)
    assert (tmp_path / "sign").read_text() == "closed"


def test_sentences_reach_the_learner_and_internals_the_log(pool, listener, caplog):
    run = start(pool, "refuses", "T must be 2 at least.")
    assert listener.wait_for_end(run).sentence == "T must be 2 at least."
    assert not caplog.records
    run = start(pool, "is_broken", "/secret/path")
    event = listener.wait_for_end(run)
    assert event.kind == "failed"
    assert event.sentence == "The run stopped because of an unexpected error (TypeError)."
    assert "/secret/path" in caplog.text
    assert "is_broken" in caplog.text


def test_an_argument_that_cannot_travel_is_refused_at_once(pool):
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        start(pool, "count", lambda: None)
    assert pool.capacity() == 16


def test_a_listener_that_raises_does_no_harm(pool, listener, caplog):
    complained = threading.Event()

    def complain(event):
        complained.set()
        raise RuntimeError("no")

    pool.on_event = complain
    start(pool, "count", 3)
    assert complained.wait(DEADLINE)
    pool.on_event = listener
    listener.wait_for_end(start(pool, "count", 3))
    assert pool.alive() == 1


def test_setup_was_called(pool, listener):
    run = start(pool, "was_set_up", None)
    listener.wait_for_end(run)
    assert listener.of(run)[-1].report.note == "yes"


def test_capacity_and_the_emptiest_worker():
    pool = WorkerPool(2, max_live_per_worker=2)
    try:
        assert pool.capacity() == 4
        listener = Listener(pool)
        runs = [start(pool, "endless", 0.002) for _ in range(4)]  # they may be asked for at once
        assert pool.capacity() == 0
        with pytest.raises(RunnerUnavailable):
            start(pool, "endless", 0.002)
        places = [listener.wait_for_reports(run).note for run in runs]
        assert sorted(places.count(str(pid)) for pid in pool.pids()) == [2, 2]
        pool.stop(runs[0])
        assert pool.capacity() == 1
        again = start(pool, "endless", 0.002)
        assert listener.wait_for_reports(again).note == places[0]
    finally:
        pool.close()


def test_a_killed_worker_is_told_at_once_replaced_soon_and_nobody_else_notices(caplog):
    pool = WorkerPool(2)
    store = JobStore(pool)
    listener = Listener(pool)
    try:
        pool.wait_ready(DEADLINE)
        jobs = [store.submit(HERE + "endless", 0.002, visitor=v) for v in "ab"]
        pids = [int(listener.wait_for_reports(job).note) for job in jobs]
        assert sorted(pids) == sorted(pool.pids())
        os.kill(pids[0], KILL)
        assert listener.wait_for_end(jobs[0], timeout=1.0).sentence == WORKER_LOST
        assert store.poll(jobs[0]).status == "failed"
        assert store.poll(jobs[0]).error == WORKER_LOST
        pool.wait_ready(5.0)
        assert pids[0] not in pool.pids()
        listener.wait_for_reports(jobs[1], more=3)
        assert store.poll(jobs[1]).status == "running"
        again = store.submit(HERE + "endless", 0.002, visitor="a")
        assert int(listener.wait_for_reports(again).note) in set(pool.pids()) - {pids[1]}
        assert store.stats()["workers"] == 2
        assert "exit code" in caplog.text
    finally:
        store.close()


def test_a_worker_that_dies_with_messages_under_way():
    pool = WorkerPool(1)
    store = JobStore(pool)
    listener = Listener(pool)
    try:
        job = store.submit(HERE + "obeys", 60.0, visitor="v", held=True)
        listener.wait_for_reports(job)
        assert store.poll(job).status == "paused"
        os.kill(pool.pids()[0], KILL)
        for _ in range(100):
            store.tell(job, "hello")
        assert listener.wait_for_end(job).kind == "worker_lost"
        assert store.tell(job, "hello") == store.poll(job).status == "failed"
        again = store.submit(HERE + "obeys", 60.0, visitor="v", held=True)
        assert listener.wait_for_reports(again).note == ""  # no message of the old one
        store.tell(again, "fail")
        assert listener.wait_for_end(again).sentence == "It was told to fail."
        assert store.poll(again).status == "failed"
    finally:
        store.close()


def test_a_run_that_kills_its_worker_is_lost_alone():
    pool = WorkerPool(1)
    listener = Listener(pool)
    try:
        lost = start(pool, "kills_itself", None)
        assert listener.wait_for_end(lost).kind == "worker_lost"
        assert listener.wait_for_end(start(pool, "count", 3)).kind == "done"
    finally:
        pool.close()


@pytest.mark.parametrize(
    "options",
    [{"warm": ["no_such_module_anywhere"]}, {"setup": HERE + "refuses_to_be_found"}],
)
def test_a_pool_that_cannot_get_ready_says_so(options, caplog):
    pool = WorkerPool(1, **options)
    store = JobStore(pool)
    listener = Listener(pool)
    try:
        early = store.submit(HERE + "count", 3, visitor="v")
        with pytest.raises(RunnerUnavailable, match="Error"):
            pool.wait_ready(DEADLINE)
        listener.wait_for(lambda events: store.poll(early).status == "failed")
        late = store.submit(HERE + "count", 3, visitor="v")
        for job in (early, late):
            assert store.poll(job).error == CANNOT_START
        assert caplog.records[0].levelname == "CRITICAL"
    finally:
        store.close()


def test_a_pool_whose_workers_die_at_birth_gives_up():
    pool = WorkerPool(1, setup="os:abort")
    try:
        with pytest.raises(RunnerUnavailable, match="before they are ready"):
            pool.wait_ready(DEADLINE)
    finally:
        pool.close()


@no_signal_0
def test_closing_leaves_no_process_and_may_be_done_twice():
    pool = WorkerPool(2)
    listener = Listener(pool)
    pool.wait_ready(DEADLINE)
    pids = pool.pids()
    listener.wait_for_reports(start(pool, "endless", 0.002))
    before = time.monotonic()
    pool.close()
    assert time.monotonic() - before < 3.0
    assert all(map(gone, pids))
    pool.close()
    with pytest.raises(RunnerUnavailable):
        start(pool, "count", 1)


@no_signal_0
def test_closing_at_once_and_with_a_worker_that_does_not_listen(tmp_path):
    WorkerPool(1).close()
    pool = WorkerPool(1)
    start(pool, "falls_asleep", str(tmp_path / "asleep"))
    targets.wait_for(tmp_path / "asleep")
    pids = pool.pids()
    before = time.monotonic()
    pool.close()
    assert time.monotonic() - before < 4.0
    assert len(pids) == 1
    assert gone(pids[0])


def test_a_pool_needs_a_worker():
    with pytest.raises(ValueError, match="at least one"):
        WorkerPool(0)


SCRIPT = """
import asyncio, sys, time
from pathlib import Path
assert __name__ == "__main__", "imported again"
from explainer.jobs import Calculator, JobStore, WorkerPool

async def main():
    assert await calculator("tests.jobs.targets:double", 4) == {"double": 8}

if __name__ == "__main__":
    pool, calculator = WorkerPool(2), Calculator()
    store = JobStore(pool)
    store.submit("tests.jobs.targets:endless", 0.002, visitor="v")
    store.submit("tests.jobs.targets:falls_asleep", sys.argv[1], visitor="w")
    asyncio.run(main())
    pool.wait_ready(20.0)
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    assert not {"torch", "gradio", "numpy"} & set(sys.modules)
    print("up", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
@pytest.mark.parametrize("ending", ["leaves", "is killed"])
def test_no_process_survives_the_server(tmp_path, ending, method):
    """Also not the one whose run hangs."""
    script = tmp_path / "server.py"
    script.write_text(SCRIPT)
    server = subprocess.Popen(
        [sys.executable, script, tmp_path / "asleep"],
        env={
            **os.environ,
            "EXPLAINER_START_METHOD": method,
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stdout.readline() == "up\n"
    if ending == "is killed":
        server.kill()
    # All helpers hold its standard output, so this returns when the last one is gone.
    _, errors = server.communicate("\n", timeout=3 * DEADLINE)
    assert errors == "" or ending == "is killed"
    assert (server.returncode == 0) == (ending == "leaves")


def test_targets_are_found_by_name():
    assert list(run_inline(HERE + "count", 2)) == list(targets.count(2))


def test_a_paused_run_that_has_done_its_last_ends_by_itself(pool, listener):
    run = start(pool, "ends_when_told", None, held=True)
    assert listener.wait_for_reports(run).result is None
    pool.tell(run, "step")
    assert listener.wait_for_end(run).kind == "done"
    reports = [event.report for event in listener.of(run) if event.kind == "report"]
    assert reports[-1].result == b"whole"
