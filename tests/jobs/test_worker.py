"""The worker's loop, at the end of a pipe in this process: every message in its order."""

import pickle
import threading
from multiprocessing import Pipe

import pytest

from explainer.jobs.reports import ReportMerger
from explainer.jobs.worker import MAX_MESSAGES, Worker
from tests.jobs import targets
from tests.jobs.helpers import DEADLINE
from tests.jobs.targets import HERE


def start(run, target, argument, held=False):
    return "start", run, HERE + target, pickle.dumps(argument), held


class Parent:
    def __init__(self):
        self.pipe, theirs = Pipe()
        self.worker = Worker(theirs, clock=targets.clock)
        self.thread = threading.Thread(target=self.worker.serve)
        self.theirs = theirs

    def say(self, *command):
        self.pipe.send(command)

    def start(self, run, target, argument):
        self.say(*start(run, target, argument))

    def hear(self, acknowledge=True):
        assert self.pipe.poll(DEADLINE)
        message = self.pipe.recv()
        if acknowledge and message[0] == "report":
            self.say("ack", message[1])
        return message

    def hear_until(self, kind, run, acknowledge=True):
        heard = []
        while not heard or heard[-1][:2] != (kind, run):
            heard.append(self.hear(acknowledge))
        return heard


@pytest.fixture
def parent():
    parent = Parent()
    yield parent
    if not parent.thread.ident:
        parent.thread.start()
    parent.pipe.close()  # the parent dies: the loop must end
    parent.thread.join(DEADLINE)
    assert not parent.thread.is_alive()
    parent.theirs.close()


def together(messages):
    merger = ReportMerger()
    for message in messages:
        if message[2] is not None:
            merger.add(message[2])
    return merger.take()


def inline(n):
    return together([("report", "", report) for report in targets.count(n)])


def test_without_acknowledgement_one_report_comes_and_the_rest_at_the_end(parent):
    parent.start("a", "count", 200)
    parent.thread.start()
    heard = parent.hear_until("done", "a", acknowledge=False)
    assert [message[0] for message in heard] == ["report", "done"]
    assert heard[0][2] == next(targets.count(200))
    assert together(heard) == inline(200)


def test_a_late_acknowledgement_brings_all_that_was_held_back_in_one_report(parent):
    parent.start("a", "count", 3)
    parent.start("b", "count", 3)
    parent.say("pause", "b")
    parent.thread.start()
    parent.hear_until("done", "a", acknowledge=False)
    parent.say("resume", "b")
    first = parent.hear(acknowledge=False)
    parent.say("pause", "b")
    parent.say("ack", "b")
    parent.say("resume", "b")
    heard = [first, *parent.hear_until("done", "b")]
    assert together(heard) == inline(3)


def test_the_run_that_had_the_least_time_goes_next(parent):
    parent.start("long", "work", (40, 5.0))
    parent.start("short", "work", (10, 1.0))
    parent.thread.start()
    heard = [message[:2] for message in parent.hear_until("done", "short")]
    assert 1 <= heard.count(("report", "long")) <= 3  # 10 seconds of the one, 10 of the other
    parent.hear_until("done", "long")


def test_commands_for_a_run_that_has_ended_are_ignored(parent):
    for command in (("ack",), ("pause",), ("resume",), ("tell", "hello"), ("stop",)):
        parent.say(command[0], "nobody", *command[1:])
    parent.start("a", "count", 1)
    parent.thread.start()
    assert parent.hear()[0] == "report"
    assert parent.hear() == ("done", "a", None)
    parent.say("shutdown")
    parent.thread.join(DEADLINE)
    assert not parent.thread.is_alive()


def test_stopping_closes_the_generator(parent, tmp_path):
    parent.start("a", "tells_when_closed", str(tmp_path / "sign"))
    parent.thread.start()
    parent.hear()
    parent.say("stop", "a")
    parent.say("shutdown")
    parent.thread.join(DEADLINE)
    assert (tmp_path / "sign").read_text() == "closed"


def test_a_sentence_is_told_and_the_reports_before_it_are_not_lost(parent):
    parent.start("a", "diverges", "The loss grew without bound.")
    parent.thread.start()
    assert parent.hear(acknowledge=False)[0] == "report"
    assert parent.hear() == ("failed", "a", None, "The loss grew without bound.", "")


@pytest.mark.parametrize(
    ("target", "argument", "error"),
    [
        ("is_broken", "/secret/path", "TypeError"),
        ("yields_something_else", "/secret/path", "TypeError"),
        ("missing", "/secret/path", "AttributeError"),
    ],
)
def test_an_accident_is_told_without_its_text(parent, target, argument, error):
    parent.start("a", target, argument)
    parent.thread.start()
    *_, (_, _, _, sentence, details) = parent.hear_until("failed", "a")
    assert sentence == f"The run stopped because of an unexpected error ({error})."
    assert error in details


def test_an_argument_that_cannot_be_read_fails_only_its_own_run(parent):
    parent.say("start", "a", HERE + "count", b"this is no pickle", False)
    parent.start("b", "count", 1)
    parent.thread.start()
    assert parent.hear()[:2] == ("failed", "a")
    assert parent.hear()[:2] == ("report", "b")


class Script:
    """A pipe whose commands come at given times, of a clock that goes on by waits and by work.

    It keeps the waits that brought no command. When nothing more is to come, the parent is gone.
    """

    def __init__(self, *commands):
        self.commands = list(commands)
        self.heard = []
        self.waits = []
        self.polls = 0

    def poll(self, timeout):
        self.polls += 1
        assert self.polls < 10_000, "this never ends"
        if not self.commands and timeout is None:
            raise EOFError
        if self.commands and (timeout is None or self.commands[0][0] <= targets.now + timeout):
            targets.now = max(targets.now, self.commands[0][0])
            return True
        self.waits.append(timeout)
        targets.now += timeout
        return False

    def recv(self):
        return self.commands.pop(0)[1]

    def send(self, message):
        self.heard.append((targets.now, *message))
        if message[0] == "report":
            self.commands.insert(0, (targets.now, ("ack", message[1])))

    def times(self, run):
        return [at for at, kind, name, *_ in self.heard if (kind, name) == ("report", run)]

    def notes(self, run):
        return [
            (at, report.note)
            for at, kind, name, report, *_ in self.heard
            if (kind, name) == ("report", run)
        ]

    def ends(self):
        return [(at, kind, name) for at, kind, name, *_ in self.heard if kind != "report"]


@pytest.fixture
def play(monkeypatch):
    def play(*commands):
        monkeypatch.setattr(targets, "now", 0.0)
        script = Script(*commands)
        Worker(script, clock=targets.clock).serve()
        return script

    return play


def test_a_newcomer_owes_nothing_and_is_owed_nothing(play):
    script = play((0.0, start("old", "work", (9, 5.0))), (19.0, start("new", "work", (2, 5.0))))
    assert script.times("new") == [25.0, 35.0]
    assert script.times("old")[:6] == [5.0, 10.0, 15.0, 20.0, 30.0, 40.0]


def test_a_returner_owes_nothing_and_is_owed_nothing(play):
    script = play(
        (0.0, start("old", "work", (999, 1.0))),
        (49.5, ("pause", "old")),
        (49.5, start("new", "work", (999, 1.0))),
        (59.5, ("resume", "old")),  # it has had far more
        (79.5, ("pause", "new")),
        (99.5, ("resume", "new")),  # it has had far less
        (119.5, ("stop", "old")),
        (119.5, ("stop", "new")),
    )

    def turns(begin, end):
        return [sum(begin < at <= end for at in script.times(run)) for run in ("old", "new")]

    assert turns(50.0, 60.0) == [0, 10]
    assert turns(60.0, 80.0) == [10 + 1, 10 - 1]  # who returns goes first
    assert turns(80.0, 100.0) == [20, 0]
    assert turns(100.0, 120.0) == [10, 10]


def test_a_run_that_rests_is_owed_nothing(play):
    script = play(
        (0.0, start("slow", "obeys", 20.0)),
        (0.0, start("busy", "work", (999, 0.25))),
        (50.0, ("tell", "slow", "quick")),
        (60.0, ("stop", "busy")),
        (60.0, ("stop", "slow")),
    )
    assert len(script.times("slow")) > 20
    turns = [sum(50.0 < at <= 60.0 for at in script.times(run)) for run in ("slow", "busy")]
    assert abs(turns[0] - turns[1]) <= 2


def test_a_run_gets_no_turn_while_it_rests_and_nobody_waits_for_it(play):
    script = play(
        (0.0, start("slow", "rests", (4, 2.0))),
        (3.0, start("work", "work", (10, 0.5))),
    )
    assert script.times("slow") == [0.0, 2.0, 4.0, 6.0]
    assert script.times("work") == [3.0 + 0.5 * turn for turn in range(1, 11)]
    assert script.ends() == [(8.0, "done", "slow"), (8.0, "done", "work")]


def test_there_is_no_busy_waiting(play):
    script = play((0.0, start("slow", "rests", (4, 2.0))), (1.0, ("ack", "slow")))
    assert script.ends() == [(8.0, "done", "slow")]
    assert script.waits == [0.0, 1.0, 2.0, 2.0, 2.0]


def test_a_rest_longer_than_a_pipe_can_wait(play):
    script = play((0.0, start("slow", "rests", (2, 10_000.0))))
    assert script.times("slow") == [0.0, 10_000.0]
    assert script.waits[:4] == [0.0, 3600.0, 3600.0, 2800.0]


def test_a_rest_goes_on_through_pause_and_resume(play):
    script = play(
        (0.0, start("slow", "rests", (3, 4.0))),
        (1.0, ("pause", "slow")),
        (2.0, ("resume", "slow")),
        (5.0, ("pause", "slow")),
        (20.0, ("resume", "slow")),
    )
    assert script.times("slow") == [0.0, 4.0, 20.0]


def test_a_run_can_be_stopped_while_it_rests(play):
    script = play((0.0, start("slow", "rests", (3, 4.0))), (1.0, ("stop", "slow")))
    assert script.times("slow") == [0.0]
    assert script.ends() == []
    assert targets.now == 1.0


def test_messages_come_together_and_at_once_also_during_a_rest(play):
    script = play(
        (0.0, start("run", "obeys", 8.0)),
        (1.0, ("tell", "run", "a")),
        (3.0, ("tell", "run", "b")),
        (3.0, ("tell", "run", "c")),
        (16.0, ("stop", "run")),
    )
    # The answer says anew how long the run rests.
    assert script.notes("run") == [(0.25, ""), (1.25, "a"), (3.25, "b c"), (11.5, "")]


def test_a_message_can_end_the_rests(play):
    script = play(
        (0.0, start("run", "obeys", 8.0)), (1.0, ("tell", "run", "quick")), (2.0, ("stop", "run"))
    )
    assert script.notes("run") == [(0.25, ""), (1.25, "quick"), (1.5, ""), (1.75, ""), (2.0, "")]


def test_messages_reach_a_paused_run_and_leave_it_paused(play):
    script = play(
        (0.0, start("run", "obeys", 0.0)),
        (0.5, ("pause", "run")),
        (4.0, ("tell", "run", "a")),
        (6.0, ("tell", "run", "end")),
        (7.0, ("tell", "run", "too late")),
    )
    assert script.notes("run") == [(0.25, ""), (0.5, ""), (4.25, "a")]
    assert script.ends() == [(6.0, "done", "run")]


def test_a_paused_run_can_fail_by_a_message(play):
    script = play((0.0, start("run", "obeys", 0.0, held=True)), (1.0, ("tell", "run", "fail")))
    assert script.heard[-1] == (1.0, "failed", "run", None, "It was told to fail.", "")


def test_a_generator_is_started_before_it_hears_anything(play):
    script = play(
        (0.0, start("run", "obeys", 8.0)),
        (0.0, ("tell", "run", "early")),
        (0.0, start("held", "obeys", 8.0, held=True)),
        (0.0, ("tell", "held", "early")),
        (2.0, ("stop", "run")),
    )
    assert [note for _, note in script.notes("run")] == ["", "early"]
    assert [note for _, note in script.notes("held")] == ["", "early"]


def test_messages_are_bounded_and_the_oldest_go(play):
    tells = [(0.0, ("tell", "run", str(number))) for number in range(MAX_MESSAGES + 2)]
    script = play((0.0, start("run", "obeys", 0.0, held=True)), *tells)
    assert script.notes("run")[1][1].split() == [str(2 + number) for number in range(MAX_MESSAGES)]


def test_an_iterator_that_cannot_hear_gets_no_messages(play):
    script = play(
        (0.0, start("run", "deaf", 3, held=True)),
        (1.0, ("tell", "run", "a")),
        (2.0, ("resume", "run")),
    )
    assert script.times("run") == [0.0, 2.0, 2.0]
    assert script.ends() == [(2.0, "done", "run")]


def test_a_held_run_gets_its_first_turn_and_no_other(play):
    script = play(
        (0.0, start("held", "work", (3, 0.5), held=True)),
        (9.0, ("resume", "held")),
        (9.0, start("paused", "work", (3, 0.5))),
        (9.0, ("pause", "paused")),
        (9.0, start("hasty", "work", (3, 0.5), held=True)),
        (9.0, ("resume", "hasty")),
    )
    assert script.times("held")[0] == 0.5
    assert len(script.times("held")) == len(script.times("hasty")) == 3
    assert len(script.times("paused")) == 1


def test_messages_give_no_more_time_than_others_have(play):
    tells = [(at / 4, ("tell", "told", "hello")) for at in range(80)]
    script = play(
        (0.0, start("busy", "work", (999, 0.25))),
        (0.0, start("told", "obeys", 0.0, held=True)),
        *tells,
        (20.0, ("stop", "busy")),
        (20.0, ("stop", "told")),
    )
    assert abs(len(script.times("told")) - len(script.times("busy"))) <= 2
