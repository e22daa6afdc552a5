"""The store with a runner and a clock made for tests: no process, no waiting."""

import inspect
import threading
import time
from contextlib import suppress

import pytest

from explainer.jobs import (
    Event,
    JobStore,
    Report,
    RunFacts,
    RunnerUnavailable,
    TooManyRuns,
    UnknownJob,
)
from explainer.jobs.facts import Pupils
from explainer.jobs.job import HELD, MADE_WAY, NEXT, patience
from explainer.jobs.register import FRESH
from explainer.jobs.reports import CANNOT_START
from tests.jobs import targets
from tests.jobs.helpers import FakeClock, FakeRunner


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def runner():
    return FakeRunner()


@pytest.fixture
def make(runner, clock):
    stores = []

    def make(**options):
        stores.append(JobStore(runner, clock=clock, **options))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(make):
    return make()


def submit(store, visitor="v", argument=1):
    return store.submit("some.module:target", argument, visitor=visitor)


def test_ids_cannot_be_guessed_and_unknown_ones_are_told_plainly(store):
    ids = {submit(store, visitor=str(i)) for i in range(20)}
    assert len(ids) == 20
    assert min(map(len, ids)) >= 20
    calls = (store.poll, store.result, store.pause, store.resume, store.stop)
    for call in (*calls, lambda run: store.tell(run, "hello")):
        with pytest.raises(UnknownJob) as caught:
            call("guess")
        assert str(caught.value).startswith("This run is not known here")
        assert isinstance(caught.value, KeyError)


def test_a_run_from_start_to_end(store, runner, clock):
    job = submit(store, argument={"T": 100})
    assert runner.told == [("start", "some.module:target", {"T": 100})]
    for report in targets.count(3):
        clock.now += 2.0
        runner.emit(Event("report", job, report))
    view = store.poll(job)
    assert (view.id, view.status, view.queue_position, view.seq) == (job, "running", 0, 3)
    assert (view.progress, view.note, view.error, view.seconds) == (1.0, "step 2", "", 6.0)
    assert view.series["step"] == [0.0, 1.0, 2.0]
    assert view.frames == [(1, b"frame 0"), (2, b"frame 1"), (3, b"frame 2")]
    assert view.has_result
    later = store.poll(job, since=2)
    assert (later.series["step"], later.frames) == ([2.0], [(3, b"frame 2")])
    assert store.poll(job, since=-1) == view
    for since in (3, 99):
        assert (store.poll(job, since).series, store.poll(job, since).frames) == ({}, [])
    runner.emit(Event("done", job))
    clock.now += 5.0
    assert (store.poll(job).status, store.poll(job).seconds) == ("done", 6.0)
    assert store.result(job) == b"result 1"


def test_pauses_do_not_count_and_every_command_may_come_twice(store, runner, clock):
    job = submit(store)
    clock.now += 1.0
    assert store.resume(job) == "running"
    assert store.pause(job) == store.pause(job) == "paused"
    clock.now += 10.0
    assert store.poll(job).seconds == 1.0
    assert store.resume(job) == store.resume(job) == "running"
    clock.now += 2.0
    assert store.stop(job) == store.stop(job) == store.pause(job) == store.resume(job) == "stopped"
    clock.now += 10.0
    assert store.poll(job).seconds == 3.0
    assert runner.told[1:] == [("pause", job), ("resume", job), ("stop", job)]


def test_the_last_turn_may_end_a_run_after_the_pause(store, runner):
    job = submit(store)
    store.pause(job)
    runner.emit(Event("report", job, Report(1.0, {"loss": [1.0]})))
    runner.emit(Event("done", job))
    assert store.poll(job).status == "done"
    assert store.poll(job).series == {"loss": [1.0]}


def test_a_held_run_waits_after_its_first_turn(store, runner, clock):
    job = store.submit("some.module:target", 1, visitor="v", held=True)
    assert runner.told == [("start", "some.module:target", 1, "held")]
    clock.now += 1.0
    runner.emit(Event("report", job, Report(0.0, frame=b"step 0")))
    clock.now += 10.0
    view = store.poll(job)
    assert (view.status, view.seconds, view.frames) == ("paused", 0.0, [(1, b"step 0")])
    assert store.pause(job) == "paused"
    assert store.resume(job) == "running"
    clock.now += 2.0
    assert store.poll(job).seconds == 2.0
    assert store.stats()["running"] == 1
    assert runner.told[1:] == [("resume", job)]


def test_a_held_run_is_held_also_when_it_had_to_wait(store, runner, clock):
    first = [submit(store, visitor=str(i)) for i in range(2)]
    job = store.submit("some.module:target", "late", visitor="v", held=True)
    clock.now += 5.0
    assert store.poll(job).status == store.resume(job) == "queued"
    runner.emit(Event("done", first[0]))
    assert runner.told[-1] == ("start", "some.module:target", "late", "held")
    clock.now += 5.0
    assert (store.poll(job).status, store.poll(job).seconds) == ("paused", 0.0)
    assert store.resume(job) == "running"
    clock.now += 1.0
    assert store.stop(job) == "stopped"
    assert store.poll(job).seconds == 1.0


def test_messages_go_to_running_and_paused_runs_alone(store, runner):
    running, paused = submit(store, "a"), submit(store, "b")
    queued = submit(store, "c")
    store.pause(paused)
    del runner.told[:]
    assert store.tell(running, "hello") == "running"
    assert store.tell(paused, "step") == "paused"
    assert store.tell(queued, "too early") == "queued"
    runner.emit(Event("done", running))
    assert store.tell(running, "too late") == "done"
    assert store.tell(queued, "now") == "running"
    store.stop(queued)
    assert store.tell(queued, "too late") == "stopped"
    assert [told for told in runner.told if told[0] == "tell"] == [
        ("tell", running, "hello"),
        ("tell", paused, "step"),
        ("tell", queued, "now"),
    ]


@pytest.mark.parametrize("end", ["done", "failed"])
def test_a_paused_run_can_end_by_a_message(store, runner, clock, end):
    job, other = submit(store, "a"), submit(store, "b")
    waiting = submit(store, "c")
    store.pause(job)
    clock.now += 1.0
    store.tell(job, "end")
    runner.emit(Event("report", job, Report(1.0, result=b"kept", note="the end")))
    runner.emit(Event(end, job, sentence="It was told to." if end == "failed" else ""))
    view = store.poll(job)
    assert (view.status, view.seconds, view.note) == (end, 0.0, "the end")
    assert (view.error == "") == (end == "done")
    assert store.result(job) == b"kept"
    assert store.resume(job) == end
    assert (store.poll(waiting).status, store.poll(other).status) == ("running", "running")


def test_a_result_is_announced(store, runner):
    job = submit(store)
    assert not store.poll(job).has_result
    runner.emit(Event("report", job, Report(0.5, result=b"")))
    assert store.poll(job).has_result
    assert store.result(job) == b""
    runner.emit(Event("report", job, Report(0.6)))
    assert store.poll(job, since=2).has_result
    store.stop(job)
    assert store.poll(job).has_result


def test_the_queue_is_told_honestly(store, runner):
    jobs = [submit(store, visitor=str(i)) for i in range(5)]

    def positions():
        return [store.poll(job).queue_position for job in jobs]

    assert positions() == [0, 0, 1, 2, 3]
    assert store.pause(jobs[2]) == store.resume(jobs[2]) == store.poll(jobs[2]).status == "queued"
    store.stop(jobs[3])  # before it starts
    assert positions() == [0, 0, 1, 0, 2]
    runner.emit(Event("done", jobs[0]))
    assert positions() == [0, 0, 0, 0, 1]
    assert store.poll(jobs[2]).status == "running"
    store.stop(jobs[1])
    assert positions() == [0, 0, 0, 0, 0]
    assert runner.live == [jobs[2], jobs[4]]
    assert store.poll(jobs[3]).seconds == 0.0


def test_one_live_run_a_visitor_and_late_news_of_the_old_one_is_dropped(store, runner):
    old = submit(store)
    other = submit(store, visitor="w")
    new = submit(store)
    assert store.poll(old).status == "stopped"
    assert "newer run" in store.poll(old).note
    runner.on_event(Event("report", old, Report(0.5)))
    runner.on_event(Event("failed", old, sentence="late"))
    runner.on_event(Event("report", "never heard of", Report(0.5)))
    assert (store.poll(old).status, store.poll(old).seq) == ("stopped", 0)
    assert (store.poll(new).status, store.poll(other).status) == ("running", "running")
    newest = submit(store)
    assert runner.live == [other, newest]
    submit(store, visitor="x")
    submit(store, visitor="x")  # replaces one that waits
    assert store.stats()["queued"] == 1


def test_a_run_nobody_polls_is_stopped_and_its_place_goes_on(store, runner, clock):
    seen, paused = submit(store, "a"), submit(store, "b")
    queued, forgotten = submit(store, "c"), submit(store, "d")
    store.pause(paused)
    clock.now += 100.0
    store.poll(seen)
    store.poll(queued)
    clock.now += 51.0
    store.sweep()
    assert runner.live == [seen, queued]
    for job in (paused, forgotten):
        view = store.poll(job)
        assert view.status == "stopped"
        assert "150 seconds" in view.note
    clock.now += 99.0
    assert store.poll(seen).status == "running"
    clock.now += 150.0
    assert store.poll(seen).status == "running"
    clock.now += 150.5
    assert store.poll(seen).status == "stopped"


def test_the_housekeeping_comes_round_by_itself(make, runner, clock):
    stopped = threading.Event()
    runner.stop = lambda run: stopped.set()
    store = make(sweep_seconds=0.01)
    submit(store)
    clock.now += 151.0
    assert stopped.wait(10.0)


def test_ended_runs_are_kept_for_a_time(make, runner, clock):
    store = make(keep_seconds=3600)
    job = submit(store)
    runner.emit(Event("done", job))
    clock.now += 3600.0
    store.poll(job)
    clock.now += 1.0
    with pytest.raises(UnknownJob):
        store.poll(job)


def test_ended_runs_are_bounded_in_number_oldest_first_and_live_ones_stay(make, runner):
    store = make(max_kept=3)
    live = submit(store, "live")
    ended = []
    for i in range(5):
        ended.append(submit(store, str(i)))
        runner.emit(Event("done", ended[-1]))
    for job in ended[:2]:
        with pytest.raises(UnknownJob):
            store.poll(job)
    assert [store.poll(job).status for job in ended[2:]] == ["done"] * 3
    assert store.poll(live).status == "running"


def test_who_trains_again_and_again_takes_nothing_from_others(make, runner):
    store = make(max_kept=5)
    other = submit(store, "other")
    undoing = store.submit("another.module:target", 1, visitor="v")
    ended = []
    for job in (other, undoing):
        runner.emit(Event("done", job))
    for _ in range(20):
        ended.append(submit(store))
        runner.emit(Event("done", ended[-1]))
    assert [store.poll(job).status for job in (other, undoing, *ended[-2:])] == ["done"] * 4
    for job in ended[:-2]:
        with pytest.raises(UnknownJob):
            store.poll(job)


def end(store, runner, clock, visitor, **left):
    """Have a run that leaves some bytes end, and a second pass."""
    job = submit(store, visitor)
    runner.emit(Event("report", job, Report(1.0, **left)))
    runner.emit(Event("done", job))
    clock.now += 1.0
    return job


def end_fresh(store, runner, clock):
    """Have so many runs end that none before them is one of the latest any more."""
    for _ in range(FRESH):
        end(store, runner, clock, f"fresh {clock.now}")


def here(store, jobs):
    """Tell which of some runs are still known."""
    known = []
    for job in jobs:
        with suppress(UnknownJob):
            store.poll(job)
            known.append(job)
    return known


def test_the_largest_networks_push_out_no_others(make, runner, clock):
    store = make(max_bytes=2500)

    def leave(size, visitor):
        return end(store, runner, clock, visitor, result=bytes(size))

    small = [leave(300, "small0")]
    first = leave(1500, "large")
    small.append(leave(300, "small1"))
    second = leave(1500, "large")
    small.append(leave(300, "small2"))
    end_fresh(store, runner, clock)
    store.sweep()
    assert len(store.result(second)) == 1500, "the newer of the two fits beside all others"
    assert here(store, [first, *small]) == small
    small += [leave(300, f"small{i}") for i in range(3, 6)]
    end_fresh(store, runner, clock)
    store.sweep()
    assert here(store, [second]) == [], "now it does not"
    assert [store.poll(job).status for job in small] == ["done"] * 6


def test_a_page_sees_the_end_of_its_run_however_many_end(make, runner, clock):
    store = make(max_bytes=10_000)
    jobs = []
    for i in range(100):
        jobs.append(end(store, runner, clock, str(i), result=bytes(500 + 7 * i % 40)))
        store.sweep()
        assert store.poll(jobs[-1]).status == "done"
    kept = here(store, jobs)
    assert kept == jobs[-len(kept) :], "the latest ones"
    assert 10_000 / 540 < len(kept) - FRESH < 10_000 / 500


def test_a_page_sees_the_end_of_a_large_run_which_costs_no_other_its_own(make, runner, clock):
    store = make(max_bytes=10_000)
    small = [end(store, runner, clock, str(i), result=bytes(500)) for i in range(20)]
    large = end(store, runner, clock, "large", result=bytes(9000))
    store.sweep()
    assert here(store, [*small, large]) == [*small, large]
    end_fresh(store, runner, clock)
    store.sweep()
    assert here(store, [*small, large]) == small


def test_a_long_pause_ends_where_others_wait(make, runner, clock):
    store = make(lease_seconds=1e9, pause_seconds=100.0)
    first, second = (submit(store, str(i)) for i in range(2))
    clock.now += 1.0
    store.pause(second)
    clock.now += 50.0
    store.pause(first)
    clock.now += 99.0
    assert store.poll(second).status == "paused", "nobody waits, so it may"
    waits, waits_too = submit(store, "waits"), submit(store, "waits too")
    store.sweep()
    assert store.poll(second).status == "stopped"
    assert store.poll(second).note == MADE_WAY
    assert [store.poll(job).status for job in (first, waits)] == ["paused", "running"]
    store.tell(first, "step")  # its learner is at work with it
    clock.now += 60.0
    store.sweep()
    assert store.poll(first).status == "paused"
    clock.now += 41.0
    store.sweep()
    assert [store.poll(job).status for job in (first, waits_too)] == ["stopped", "running"]


def test_a_teacher_who_holds_new_runs_ends_no_pause(make, runner, clock):
    store = make(lease_seconds=1e9)
    paused = [submit(store, str(i)) for i in range(2)]
    for job in paused:
        store.pause(job)
    store.hold_new(True)
    submit(store, "waits")
    clock.now += 1e6
    store.sweep()
    assert [store.poll(job).status for job in paused] == ["paused"] * 2


def test_who_has_paused_is_asked_for_news_less_often(store, runner, clock):
    job = submit(store)
    runner.emit(Event("report", job, Report(0.5)))
    store.pause(job)
    assert store.poll(job).again == 0.0  # what it was at comes yet
    clock.now += 3.0
    assert store.poll(job).again == NEXT
    store.tell(job, "step")
    assert store.poll(job).again == 0.0


def test_of_some_runs_fewer_pictures_are_kept(make, runner):
    store = make(max_frames=8)
    job = store.submit("some.module:target", 1, visitor="v", frames=2)
    for report in targets.count(100):
        runner.emit(Event("report", job, report))
    assert [seq for seq, _ in store.poll(job).frames] == [1, 100]


def test_ended_runs_are_bounded_in_bytes_and_live_ones_stay(make, runner, clock):
    store = make(max_bytes=2500)
    live = submit(store, "live")
    runner.emit(Event("report", live, Report(0.5, result=bytes(9000))))
    left = {"frame": bytes(400), "result": bytes(600)}
    ended = [end(store, runner, clock, str(i), **left) for i in range(4)]
    end_fresh(store, runner, clock)
    store.sweep()
    assert store.stats() == {
        "queued": 0,
        "running": 1,
        "paused": 0,
        "done": 2 + FRESH,
        "stopped": 0,
        "failed": 0,
        "workers": 1,
        "bytes": 9000 + 2 * 1000,
    }
    assert len(store.result(live)) == 9000
    assert len(store.result(ended[-1])) == 600


def test_frames_of_a_long_run_span_all_of_it(make, runner):
    store = make(max_frames=8)
    job = submit(store)
    for report in targets.count(1000):
        runner.emit(Event("report", job, report))
    view = store.poll(job)
    assert len(view.series["step"]) == 1000
    assert [seq for seq, _ in view.frames] == [1, 257, 513, 769, 1000]


@pytest.mark.parametrize("kind", ["failed", "worker_lost"])
def test_a_failure_is_told_and_its_place_is_free(store, runner, kind):
    jobs = [submit(store, visitor=str(i)) for i in range(3)]
    runner.emit(Event(kind, jobs[0], sentence="The loss grew."))
    view = store.poll(jobs[0])
    assert (view.status, view.error) == ("failed", "The loss grew.")
    assert store.poll(jobs[2]).status == "running"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RunnerUnavailable(CANNOT_START), CANNOT_START),
        (OSError("/secret"), "The run stopped because of an unexpected error (OSError)."),
    ],
)
def test_a_run_that_cannot_start_fails_with_a_sentence(store, runner, error, sentence):
    runner.error = error
    view = store.poll(submit(store))
    assert (view.status, view.error) == ("failed", sentence)


def test_closing_stops_all_and_keeps_what_was_told(store, runner):
    jobs = [submit(store, visitor=str(i)) for i in range(3)]
    store.close()
    assert [store.poll(job).status for job in jobs] == ["stopped"] * 3
    assert "closed" in store.poll(jobs[0]).note
    assert runner.told[-1] == ("close",)
    assert [told[0] for told in runner.told].count("start") == 2  # the waiting one never started
    with pytest.raises(RuntimeError, match="closed"):
        submit(store)


def test_the_queue_is_bounded_and_full_is_told_plainly(make, runner):
    store = make(max_queued=2)
    runner.places = 1
    live = [submit(store, visitor=str(i)) for i in range(3)]
    with pytest.raises(TooManyRuns, match="Too many runs are waiting"):
        submit(store, visitor="late")
    assert [store.poll(job).queue_position for job in live] == [0, 1, 2]
    assert submit(store, visitor="2")  # who waits may change their mind


def test_who_is_refused_keeps_the_run_they_have(make, runner):
    store = make(max_queued=1)
    runs = [submit(store, visitor=visitor) for visitor in "abc"]
    with pytest.raises(TooManyRuns):
        submit(store, visitor="a")
    assert [store.poll(run).status for run in runs] == ["running", "running", "queued"]


def test_asking_again_and_again_gets_nobody_ahead(store, runner):
    for visitor in "xy":
        submit(store, visitor)  # the places are taken
    patient = [submit(store, visitor) for visitor in "abc"]
    hasty = submit(store, "hasty")
    assert store.poll(hasty).queue_position == 4
    late = submit(store, "late")
    for _ in range(20):
        hasty = submit(store, "hasty")
        assert store.poll(hasty).queue_position == 5  # whoever asks anew asks last
    assert [store.poll(run).queue_position for run in (*patient, late)] == [1, 2, 3, 4]
    store.stop(hasty)
    assert store.poll(submit(store, "hasty")).queue_position == 5


def test_while_one_waits_any_other_starts_one_run_at_most(store, runner):
    """Two places; ten visitors ask again as soon as their run has ended."""
    runner.places = 2
    visitors = [str(number) for number in range(10)]
    runs = {visitor: submit(store, visitor, argument=visitor) for visitor in visitors}
    for _ in range(50):
        ended = runner.live[0]
        visitor = next(name for name, run in runs.items() if run == ended)
        runner.emit(Event("done", ended))
        runs[visitor] = submit(store, visitor, argument=visitor)
    started = [told[2] for told in runner.told if told[0] == "start"]
    assert len(started) == 52
    assert all(len(set(started[at : at + 10])) == 10 for at in range(len(started) - 9))


def test_all_are_stopped_and_none_starts_in_between(store, runner):
    runs = [submit(store, visitor=str(number)) for number in range(5)]
    store.pause(runs[1])
    starts = [told for told in runner.told if told[0] == "start"]
    assert store.stop_all("The lesson is over.") == 5
    assert [store.poll(run).status for run in runs] == ["stopped"] * 5
    assert {store.poll(run).note for run in runs} == {"The lesson is over."}
    assert runner.capacity() == 2
    assert [told for told in runner.told if told[0] == "start"] == starts
    assert store.stop_all("Again.") == 0
    assert store.poll(submit(store)).status == "running"


def test_none_starts_in_between_even_if_the_runner_talks_while_it_is_told(store, runner):
    runs = [submit(store, visitor=str(number)) for number in range(4)]
    stop = runner.stop

    def talk(run):
        stop(run)
        runner.on_event(Event("done", run))  # late, about this run
        if runner.live:
            runner.emit(Event("done", runner.live[0]))  # and about one that is still to be stopped

    runner.stop = talk
    store.stop_all("The lesson is over.")
    assert store.poll(runs[0]).status == "stopped"
    assert [store.poll(run).status for run in runs[2:]] == ["stopped"] * 2
    assert len([told for told in runner.told if told[0] == "start"]) == 2


def test_new_runs_wait_while_they_are_held_and_those_that_run_go_on(store, runner):
    first = submit(store, "a")
    store.hold_new(True)
    assert store.holding
    waiting = [submit(store, visitor) for visitor in "bcd"]
    views = [store.poll(run) for run in waiting]
    assert [(view.status, view.queue_position) for view in views] == [
        ("queued", 1), ("queued", 2), ("queued", 3),
    ]  # fmt: skip
    assert {view.note for view in views} == {HELD}
    runner.emit(Event("report", first, Report(0.5, note="it goes on")))
    assert store.poll(first).note == "it goes on"
    runner.emit(Event("done", first))
    store.sweep()
    assert store.poll(waiting[0]).status == "queued"
    store.hold_new(False)
    assert not store.holding
    assert [store.poll(run).status for run in waiting] == ["running", "running", "queued"]
    assert [store.poll(run).note for run in waiting] == [""] * 3


def test_all_live_runs_at_a_glance(store, runner, clock):
    def ask(visitor, label):
        return store.submit("some.module:target", 1, visitor=visitor, label=label)

    gone = ask("z", "early")
    runner.emit(Event("done", gone))
    clock.now += 10.0
    first, second = ask("a", "fast"), ask("b", "long")
    clock.now += 2.0
    third = ask("c", "fast")
    store.pause(second)
    runner.emit(Event("report", first, Report(0.25)))
    clock.now += 3.0
    assert store.overview() == [
        RunFacts(2, "fast", "running", 0, 0.25, 5.0, 0.0),
        RunFacts(3, "long", "paused", 0, 0.0, 2.0, 0.0),
        RunFacts(4, "fast", "queued", 1, 0.0, 0.0, 3.0),
    ]
    runner.emit(Event("done", first))
    clock.now += 1.0
    again = ask("a", "other")  # the same number as before
    assert store.overview()[1:] == [
        RunFacts(4, "fast", "running", 0, 0.0, 1.0, 3.0),
        RunFacts(2, "other", "queued", 1, 0.0, 0.0, 0.0),
    ]
    store.stop(again)
    store.stop(third)
    assert [facts.pupil for facts in store.overview()] == [3]
    assert ask("z", "late")
    assert [facts.pupil for facts in store.overview()] == [3, 1]


def test_only_so_many_pupils_are_remembered():
    pupils = Pupils(most=2)
    assert [pupils.number(name) for name in "abacb"] == [1, 2, 1, 3, 4]


def test_a_jump_of_the_wall_clock_ends_no_run(runner, monkeypatch):
    assert inspect.signature(JobStore).parameters["clock"].default is time.monotonic
    store = JobStore(runner, sweep_seconds=3600)
    running, waiting = [submit(store, visitor) for visitor in "ab"], submit(store, "c")
    now = time.time()
    for jump in (366 * 86400.0, -366 * 86400.0):
        monkeypatch.setattr(time, "time", lambda jump=jump: now + jump)
        store.sweep()
        assert [store.poll(run).status for run in running] == ["running"] * 2
        assert store.poll(waiting).status == "queued"
        assert 0.0 <= store.poll(running[0]).seconds < 60.0
        assert 0.0 <= store.overview()[2].waited < 60.0
    store.close()


def test_who_trains_alone_asks_as_often_as_the_page_likes():
    assert patience(0, 1, True) <= 0.18  # what the page waits at least
    assert patience(0, 0, True) == 0


def test_the_more_train_the_rarer_there_is_news_but_a_first_picture_comes_soon():
    waits = [patience(0, n, True) for n in (1, 10, 32)]
    assert waits == sorted(waits)
    assert 0.5 < waits[-1] < 1
    assert patience(0, 32, False) <= 0.1


def test_who_waits_far_behind_asks_rarely_and_never_too_rarely():
    waits = [patience(place, 32, False) for place in (1, 10, 50, 300)]
    assert waits == sorted(waits)
    assert waits[0] < 1
    assert waits[-1] == 4


def test_a_view_says_when_to_ask_again(store, runner):
    runner.places = 1
    first = store.submit("m:f", None, visitor="a")
    second = store.submit("m:f", None, visitor="b")
    assert store.poll(first).again == patience(0, 1, False)
    assert store.poll(second).again == patience(1, 1, False)
