"""The life of runs, as a class of pupils and its server may live it, in any order.

One machine has a runner without processes and a clock of its own; the other, with fewer examples,
real processes that are killed and stand still.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from explainer.jobs import Event, JobStore, Report, TooManyRuns, UnknownJob, WorkerPool
from explainer.jobs.job import ENDED, HELD
from explainer.jobs.register import KEPT_OF_ONE
from explainer.jobs.reports import WORKER_HUNG, WORKER_LOST
from tests.jobs.helpers import DEADLINE, FakeClock, FakePool
from tests.jobs.targets import HERE
from tests.processes import wait_until

LEASE = 150.0
MOST_WAITING = 2
PLACES = 2  # one on each worker
VISITORS = st.sampled_from("abcdef")
WORKERS = st.sampled_from([0, 1])


@dataclass
class Page:
    """What a visitor has: one run after another, of which the last is shown, or nothing."""

    run: str = ""
    is_open: bool = True


@dataclass
class Known:
    """What is known of a run."""

    visitor: str
    tag: float
    told: list[float] = field(default_factory=list)  # its reports, in their order
    seq: int = 0
    status: str = "queued"


class Class(RuleBasedStateMachine):
    """Pupils in front of a store; every open page polls after every step."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.pool = FakePool(workers=2, places=1)
        self.store = JobStore(
            self.pool,
            clock=self.clock,
            lease_seconds=LEASE,
            keep_seconds=1e9,
            max_queued=MOST_WAITING,
            sweep_seconds=1e6,
        )
        self.pages = {}
        self.known = {}
        self.order = []  # of submission
        self.starts = 0  # when new runs were last held
        self.patch = mock.patch("time.time", return_value=time.time())
        self.wall = self.patch.start()

    def teardown(self):
        self.patch.stop()
        self.store.hold_new(False)
        self.store.stop_all("The end.")
        assert self.pool.capacity() == PLACES
        assert set(self.pool.starts.values()) <= {1}
        assert self.pool.ends == self.pool.starts
        for visitor, page in self.pages.items():
            runs = [run for run in self.order if self.known[run].visitor == visitor]
            assert page.run == (runs[-1] if runs else "")
            for run in runs[-KEPT_OF_ONE:]:
                assert self.look(run).status in ENDED
            for run in runs[:-KEPT_OF_ONE]:
                with pytest.raises(UnknownJob):
                    self.store.poll(run)
        assert self.store.overview() == []
        self.store.close()

    # --- what pupils do ---

    @initialize(pupils=st.integers(0, 4))
    def some_have_started(self, pupils):
        for visitor in "abcd"[:pupils]:
            self.start_or_change(visitor, held=False, steps=1)

    @rule(visitor=VISITORS, held=st.booleans(), steps=st.integers(1, 3))
    def start_or_change(self, visitor, held, steps):
        page = self.pages.setdefault(visitor, Page())
        page.is_open = True
        others = [v for v in self.pages if v != visitor and self.status(v) == "queued"]
        before = self.status(visitor)
        try:
            run = self.store.submit("a:b", steps, visitor=visitor, held=held, label=visitor)
        except TooManyRuns:
            assert len(others) >= MOST_WAITING
            assert self.status(visitor) == before
            return
        if page.run:
            assert self.look(page.run).status in ENDED
        page.run = run
        self.known[run] = Known(visitor, tag=float(len(self.known)))
        self.order.append(run)

    @rule(visitor=VISITORS, verb=st.sampled_from(["pause", "resume", "stop", "save"]))
    def tell(self, visitor, verb):
        if page := self.pages.get(visitor):
            if page.run and verb == "save":
                self.store.tell(page.run, verb)
            elif page.run:
                getattr(self.store, verb)(page.run)

    @rule(visitor=VISITORS)
    def step(self, visitor):
        if (page := self.pages.get(visitor)) and page.run:
            self.store.pause(page.run)
            assert self.store.tell(page.run, "step") != "running"

    @rule(visitor=VISITORS)
    def reload(self, visitor):
        page = self.pages.get(visitor)
        if page and page.run:
            page.is_open = True
            view = self.look(page.run)
            assert view.series.get("n", []) == self.known[page.run].told

    @rule(visitor=VISITORS)
    def close(self, visitor):
        if visitor in self.pages:
            self.pages[visitor].is_open = False

    # --- what time does ---

    @rule(seconds=st.sampled_from([0.5, 20.0, LEASE - 1.0, LEASE + 1.0]))
    def time_passes(self, seconds):
        """As long as a lease: to a page it is as if its laptop had slept."""
        self.clock.now += seconds
        self.store.sweep()

    @rule(days=st.sampled_from([-366, -1, 1, 366]))
    def wall_clock_jumps(self, days):
        before = self.store.overview()
        self.wall.return_value += days * 86400.0
        self.store.sweep()
        assert self.store.overview() == before

    # --- what workers do ---

    @precondition(lambda self: self.pool.talking())
    @rule(data=st.data(), reports=st.integers(1, 3))
    def report(self, data, reports):
        run = data.draw(st.sampled_from(self.pool.talking()))
        for _ in range(reports):
            self.pool.emit(Event("report", run, self.news(run)))

    @precondition(lambda self: self.pool.talking())
    @rule(data=st.data(), kind=st.sampled_from(["done", "failed"]))
    def end(self, data, kind):
        run = data.draw(st.sampled_from(self.pool.talking()))
        sentence = "The loss grew." if kind == "failed" else ""
        self.pool.emit(Event(kind, run, sentence=sentence))
        self.the_queue_is_honest()  # before anybody asks
        assert self.look(run).status == kind
        assert self.look(run).error == sentence

    @rule(worker=WORKERS)
    def worker_is_killed(self, worker):
        self.lose(worker, WORKER_LOST)

    @rule(worker=WORKERS)
    def worker_hangs(self, worker):
        self.pool.hung.add(worker)

    @precondition(lambda self: self.pool.hung)
    @rule()
    def hung_worker_is_replaced(self):
        self.lose(min(self.pool.hung), WORKER_HUNG)

    @rule(data=st.data(), kind=st.sampled_from(["report", "done", "failed", "worker_lost"]))
    def late_event(self, data, kind):
        ended = [run for run in self.order if run not in self.pool.live]
        waiting = [run for run in ended if self.known[run].status == "queued"]
        if ended := [run for run in ended if run not in waiting]:
            run = data.draw(st.sampled_from(ended))
            before = self.store.overview()
            report = Report(0.9, {"n": [-1.0]}, frame=b"late") if kind == "report" else None
            self.pool.on_event(Event(kind, run, report, "late"))
            assert self.store.overview() == before

    # --- what the teacher does ---

    @rule(hold=st.booleans())
    def hold_or_release(self, hold):
        if hold and not self.store.holding:
            self.starts = self.pool.starts.total()
        self.store.hold_new(hold)
        assert self.store.holding == hold

    @rule()
    def stop_all(self):
        starts = self.pool.starts.total()
        live = len(self.store.overview())
        assert self.store.stop_all("The lesson is over.") == live
        assert self.store.overview() == []
        assert self.pool.starts.total() == starts

    # --- what always holds ---

    @invariant()
    def open_pages_see_their_own_run(self):
        for page in self.pages.values():
            if page.is_open and page.run:
                self.look(page.run)

    @invariant()
    def nobody_has_two_and_no_place_is_lost(self):
        facts = self.store.overview()
        assert len({fact.pupil for fact in facts}) == len(facts)
        assert len({fact.label for fact in facts}) == len(facts)
        started = [fact for fact in facts if fact.status != "queued"]
        assert len(started) == len(self.pool.live) == PLACES - self.pool.capacity()

    @invariant()
    def the_queue_is_honest(self):
        waiting = [fact for fact in self.store.overview() if fact.status == "queued"]
        assert [fact.queue_position for fact in waiting] == list(range(1, len(waiting) + 1))
        assert len(waiting) <= MOST_WAITING
        if self.store.holding:
            assert self.pool.starts.total() == self.starts
        elif waiting:
            assert self.pool.capacity() == 0

    # --- helpers ---

    def news(self, run):
        """Make a run's next report, and remember what it told."""
        known = self.known[run]
        known.told.append(known.tag + len(known.told) / 1000)
        return Report(0.5, {"n": known.told[-1:]}, frame=str(known.tag).encode())

    def lose(self, worker, sentence):
        lost = list(self.pool.on[worker])
        self.pool.lose(worker, sentence)
        for run in lost:
            view = self.look(run)
            assert (view.status, view.error) == ("failed", sentence)

    def status(self, visitor):
        """Return the status of a visitor's run without looking at it, which would renew it."""
        run = self.pages[visitor].run if visitor in self.pages else ""
        return self.store._register.find(run).status if run else ""

    def look(self, run):
        """Poll a run; it tells its own news and all of them, and what has ended stays so."""
        known = self.known[run]
        view = self.store.poll(run)
        assert view.series.get("n", []) == known.told
        assert {frame for _, frame in view.frames} <= {str(known.tag).encode()}
        assert view.seq >= known.seq
        if known.status in ENDED:
            assert (view.status, view.seq) == (known.status, known.seq)
        if known.status in ("running", "paused"):
            assert view.status != "queued"
        if view.status == "queued":
            assert view.note == (HELD if self.store.holding else "")
        assert self.store.poll(run, view.seq).series == {}
        known.seq, known.status = view.seq, view.status
        return view


TestClass = Class.TestCase
TestClass.settings = settings(max_examples=120, stateful_step_count=40)


class Processes(RuleBasedStateMachine):
    """Few pupils and two real workers, which are killed and stand still."""

    def __init__(self):
        super().__init__()
        self.pool = WorkerPool(2, max_live_per_worker=2, patience=0.5)
        self.store = JobStore(self.pool)
        self.runs = {}
        self.tags = {}

    def teardown(self):
        try:
            self.store.stop_all("The end.")
            assert self.pool.capacity() == 4
            wait_until(lambda: self.pool.alive() == 2, DEADLINE, "that the pool is whole")
            again = self.submit("a")
            wait_until(lambda: self.store.poll(again).seq > 0, DEADLINE, "news")
        finally:
            self.store.close()

    @initialize()
    def some_have_started(self):
        for visitor in "abc":
            self.start(visitor, held=False)

    @rule(visitor=st.sampled_from("abcdef"), held=st.booleans())
    def start(self, visitor, held):
        old = self.runs.get(visitor)
        self.runs[visitor] = self.submit(visitor, held)
        if old is not None:
            assert self.store.poll(old).status in ENDED

    @rule(visitor=st.sampled_from("abcdef"), verb=st.sampled_from(["pause", "resume", "stop"]))
    def tell(self, visitor, verb):
        if visitor in self.runs:
            getattr(self.store, verb)(self.runs[visitor])

    @rule(which=WORKERS)
    def kill(self, which):
        self.strike(which, signal.SIGKILL, WORKER_LOST)

    @rule(which=WORKERS)
    def hang(self, which):
        self.strike(which, signal.SIGSTOP, WORKER_HUNG)

    @rule()
    def news(self):
        """Every run that runs tells more, within the deadline, or has been lost meanwhile."""
        before = {run: self.store.poll(run).seq for run in self.runs.values()}
        for run, seq in before.items():
            wait_until(
                lambda run=run, seq=seq: (
                    self.store.poll(run).status != "running" or self.store.poll(run).seq > seq
                ),
                DEADLINE,
                "news of a run",
            )

    @invariant()
    def runs_are_told_apart(self):
        for run in self.runs.values():
            view = self.store.poll(run)
            assert set(view.series.get("tag", [])) <= {self.tags[run]}
            turns = view.series.get("turn", [])
            assert turns == [float(turn) for turn in range(len(turns))]
            assert view.error in ("", WORKER_LOST, WORKER_HUNG)

    @invariant()
    def nobody_has_two_and_no_place_is_lost(self):
        facts = self.store.overview()
        assert len({fact.pupil for fact in facts}) == len(facts)
        assert sum(fact.status != "queued" for fact in facts) <= 4

    def submit(self, visitor, held=False):
        tag = float(len(self.tags))
        run = self.store.submit(HERE + "tagged", tag, visitor=visitor, held=held)
        self.tags[run] = tag
        return run

    def strike(self, which, number, sentence):
        """Do something bad to a worker, and wait until its runs have ended and another is there."""
        self.pool.wait_ready(DEADLINE)
        pids = self.pool.pids()
        there = {run for seat in self.pool._seats if seat.pid == pids[which] for run in seat.runs}
        os.kill(pids[which], number)
        wait_until(
            lambda: pids[which] not in self.pool.pids() and self.pool.alive() == 2,
            DEADLINE,
            "another worker",
        )
        assert pids[1 - which] in self.pool.pids()
        for run in there:
            wait_until(lambda run=run: self.store.poll(run).status == "failed", 1.0, "its end")
            assert self.store.poll(run).error == sentence


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes cannot be stopped there")
class TestProcesses(Processes.TestCase):
    settings = settings(max_examples=4, stateful_step_count=12)
