"""When a worker has been silent for too long: by a clock, a line and processes made for tests."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from explainer.jobs import RunnerUnavailable, WorkerPool, processes
from explainer.jobs.reports import WORKER_HUNG
from explainer.jobs.seats import Seat
from explainer.jobs.watch import LOOKS, Account, Watch, account
from tests.jobs.helpers import DEADLINE, FakeClock, Listener
from tests.jobs.targets import HERE
from tests.processes import state, wait_until

PATIENCE = 30.0
EVERY = PATIENCE / LOOKS


class Place:
    """A seat with a process of which only its end is real, and the watch over it."""

    def __init__(self, pid=7):
        self.clock = FakeClock()
        self.account = Account()
        self.kills = 0
        self.seat = Seat("worker", threading.Condition())
        self.seat.process = SimpleNamespace(pid=7, kill=self.kill)
        self.seat.connection, self.seat.pid = object(), pid
        self.watch = Watch(PATIENCE, self.clock, lambda pid: self.account)

    def kill(self):
        self.kills += 1

    def look(self, times=1, seconds=EVERY, ran=0.0, in_line=0.0, ready=False):
        for _ in range(times):
            self.clock.now += seconds
            before = self.account
            self.account = Account(before.ran + ran, before.in_line + in_line, ready)
            self.watch.look([self.seat])

    def answer(self):
        while not self.seat.outbox.empty():
            assert self.seat.outbox.get() == ("ping",)
            self.seat.pulse.heard()


def test_who_answers_lives():
    place = Place()
    for _ in range(100):
        place.look()
        assert place.seat.outbox.qsize() == 1
        place.answer()
    assert place.kills == 0


def test_who_answers_late_lives_and_is_asked_once():
    place = Place()
    for _ in range(3):
        place.look(LOOKS)
        assert place.seat.outbox.qsize() == 1
        place.answer()
    assert place.kills == 0


def test_who_is_silent_is_killed_once_when_patience_is_over():
    place = Place()
    place.look(1 + LOOKS - 1)
    assert place.kills == 0
    assert not place.seat.pulse.hung
    place.look()
    assert place.kills == 1
    assert place.seat.pulse.hung
    place.look(10)
    assert place.kills == 1


def test_news_of_any_kind_is_an_answer():
    place = Place()
    for _ in range(10):
        place.look(LOOKS)
        place.seat.pulse.heard()
    assert place.kills == 0


def test_waiting_for_a_processor_is_no_silence():
    starving = Place()
    starving.look(100, ran=0.01 * EVERY, in_line=0.99 * EVERY, ready=True)
    assert starving.kills == 0
    starving.look(100, ready=True)  # it has not had a processor since, so that is not told yet
    assert starving.kills == 0
    starving.look(in_line=100 * EVERY, ran=0.01, ready=True)  # now it is
    assert starving.kills == 0
    starving.look(LOOKS)  # now it had its chance
    assert starving.kills == 1


def test_a_loop_without_end_is_found_also_when_it_shares_a_processor():
    alone = Place()
    alone.look(1 + LOOKS, ran=EVERY, ready=True)
    assert alone.kills == 1
    shares = Place()
    shares.look(1 + 2 * LOOKS - 1, ran=EVERY / 2, in_line=EVERY / 2, ready=True)
    assert shares.kills == 0
    shares.look(ran=EVERY / 2, in_line=EVERY / 2, ready=True)
    assert shares.kills == 1


def test_a_laptop_that_slept_costs_one_look():
    place = Place()
    for _ in range(LOOKS):
        place.look(seconds=8 * 3600.0)
    assert place.kills == 0


def test_looks_come_when_they_are_due():
    place = Place()
    assert place.watch.pause() == EVERY
    place.look(seconds=0.4 * EVERY)
    assert place.seat.outbox.empty()
    assert place.watch.pause() == pytest.approx(0.6 * EVERY)
    place.look(seconds=0.6 * EVERY)
    assert place.seat.outbox.qsize() == 1
    assert place.watch.pause() == EVERY
    place.look(1000 * (LOOKS - 1) + 500, seconds=EVERY / 1000)  # however often somebody looks
    assert place.kills == 0
    place.look(600, seconds=EVERY / 1000)
    assert place.kills == 1


def test_who_is_getting_ready_has_a_time_of_its_own():
    place = Place(pid=None)
    place.look(int(processes.BOOT_TIMEOUT / EVERY))
    assert place.kills == 0
    place.look()
    assert place.kills == 1


def test_an_empty_seat_is_not_asked():
    place = Place()
    place.seat.connection = None
    place.look(100)
    assert place.kills == 0
    assert place.seat.outbox.empty()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_linux_tells_what_became_of_a_process_s_time():
    here = account(os.getpid())
    assert here.ran > 0.0
    assert here.in_line >= 0.0
    assert here.ready
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as asleep:
        wait_until(lambda: account(asleep.pid).ran > 0, DEADLINE, "a process that runs")
        wait_until(lambda: not account(asleep.pid).ready, DEADLINE, "a process that sleeps")
    assert account(asleep.pid) == Account()  # it is gone


# --- with real processes ---


@pytest.fixture
def pool():
    pool = WorkerPool(2, patience=0.6)
    yield pool
    pool.close()


def start_two(pool, target):
    """Start a run that hangs and one that goes on, in a process each."""
    listener = Listener(pool)
    pool.wait_ready(DEADLINE)
    pool.start("good", HERE + "endless", 0.002)
    good = int(listener.wait_for_reports("good").note)
    pool.start("bad", HERE + target, None)
    (bad,) = set(pool.pids()) - {good}
    return listener, good, bad


@pytest.mark.parametrize("target", ["hangs_in_a_loop", "hangs_asleep"])
def test_a_run_that_hangs_costs_its_worker_and_no_other_run(pool, target, caplog):
    listener, good, bad = start_two(pool, target)
    # On a busy machine a loop would wait in line for long, and that would be taken off.
    pool._watch._account = lambda pid: Account() if pid == bad else account(pid)
    end = listener.wait_for_end("bad")
    assert (end.kind, end.sentence) == ("worker_lost", WORKER_HUNG)
    pool.wait_ready(DEADLINE)
    assert set(pool.pids()) > {good}
    assert bad not in pool.pids()
    listener.wait_for_reports("good", more=3)
    pool.start("next", HERE + "count", 3)
    assert listener.wait_for_end("next").kind == "done"
    assert "has not answered" in caplog.text


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped there")
def test_a_worker_that_stands_still_is_replaced_also_without_a_run(pool):
    pool.wait_ready(DEADLINE)
    still = pool.pids()[0]
    os.kill(still, signal.SIGSTOP)
    wait_until(lambda: still not in pool.pids() and pool.alive() == 2, DEADLINE, "two workers")
    assert state(still) == "X"


def test_workers_that_rest_or_have_nothing_to_do_are_left_alone():
    pool = WorkerPool(2, patience=0.6)
    try:
        pool.wait_ready(DEADLINE)
        pids = pool.pids()
        listener = Listener(pool)
        pool.start("rests", HERE + "rests", (2, 1e300))
        listener.wait_for_reports("rests")
        pool.start("works", HERE + "endless", 0.002)
        asked = threading.Event()
        looks = []
        look = pool._watch.look

        def count(seats):
            looks.append(pool._watch.pause() == 0.0)
            look(seats)
            if sum(looks) > 3 * LOOKS:
                asked.set()

        pool._watch.look = count
        assert asked.wait(DEADLINE)
        assert pool.pids() == pids
    finally:
        pool.close()


def test_a_worker_that_hangs_in_its_boot_is_given_up_in_the_end(monkeypatch):
    monkeypatch.setattr("explainer.jobs.watch.BOOT_TIMEOUT", 0.0)
    pool = WorkerPool(1, setup=HERE + "hangs", patience=0.3)
    listener = Listener(pool)
    try:
        pool.start("run", HERE + "count", 3)
        assert listener.wait_for_end("run").kind == "worker_lost"
        with pytest.raises(RunnerUnavailable, match="before they are ready"):
            pool.wait_ready(DEADLINE)
    finally:
        pool.close()
