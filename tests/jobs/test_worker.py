"""The worker's loop, at the end of a pipe in this process: every message in its order."""

import pickle
import threading
from multiprocessing import Pipe

import pytest

from explainer.jobs.reports import ReportMerger
from explainer.jobs.worker import Worker
from tests.jobs import targets
from tests.jobs.helpers import DEADLINE
from tests.jobs.targets import HERE


class Parent:
    def __init__(self):
        self.pipe, theirs = Pipe()
        self.worker = Worker(theirs, clock=targets.clock)
        self.thread = threading.Thread(target=self.worker.serve)
        self.theirs = theirs

    def say(self, *command):
        self.pipe.send(command)

    def start(self, run, target, argument):
        self.say("start", run, HERE + target, pickle.dumps(argument))

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


def test_a_newcomer_and_a_returner_owe_nothing_and_are_owed_nothing(parent):
    worker = parent.worker
    worker._start("old", HERE + "work", pickle.dumps((99, 5.0)))
    for _ in range(4):
        worker._obey(("ack", "old"))
        worker._take_turn("old")
    worker._start("new", HERE + "work", pickle.dumps((99, 5.0)))
    assert worker._runs["new"].spent == worker._runs["old"].spent == 20.0
    worker._obey(("pause", "new"))
    worker._take_turn("old")
    assert worker._next_run() == "old"
    worker._obey(("resume", "new"))
    assert worker._runs["new"].spent == 25.0
    worker._runs["new"].spent = 100.0
    worker._obey(("resume", "new"))  # it was not paused
    assert worker._runs["new"].spent == 100.0


def test_commands_for_a_run_that_has_ended_are_ignored(parent):
    for verb in ("ack", "pause", "resume", "stop"):
        parent.say(verb, "nobody")
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
    parent.say("start", "a", HERE + "count", b"this is no pickle")
    parent.start("b", "count", 1)
    parent.thread.start()
    assert parent.hear()[:2] == ("failed", "a")
    assert parent.hear()[:2] == ("report", "b")
