"""What the tests run: small generators and functions, named by dotted name."""

import gc
import os
import signal
import threading
import time
from pathlib import Path

from explainer.jobs import Report

HERE = "tests.jobs.targets:"
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
now = 0.0  # the clock of tests that run a worker's loop in their own process


def clock():
    return now


def work(argument):
    """So many turns, each of which takes so long on the clock above."""
    global now
    turns, seconds = argument
    for turn in range(turns):
        now += seconds
        yield Report((turn + 1) / turns)


def rests(argument):
    """Rest so long after every report; a turn takes no time."""
    turns, seconds = argument
    for turn in range(turns):
        yield Report((turn + 1) / turns, {"turn": [turn]}, rest=seconds)


def obeys(rest):
    """Say what it is told; "quick" ends the rests, "end" the run, and "fail" badly."""
    global now
    heard = None
    for turn in range(10**9):
        if heard and "quick" in heard:
            rest = 0.0
        if heard and "end" in heard:
            return
        if heard and "fail" in heard:
            raise ValueError("It was told to fail.")
        now += 0.25
        heard = yield Report(0.5, {"turn": [turn]}, note=" ".join(heard or ()), rest=rest)


def deaf(n):
    """No generator: it knows no send."""
    return iter(list(count(n)))


def count(n):
    for i in range(n):
        yield Report(
            (i + 1) / n,
            {"step": [i], "loss": [1.0 / (i + 1), 0.5]},
            frame=b"frame %d" % i,
            result=b"result %d" % i if i % 2 else None,
            note=f"step {i}",
        )


def ends_when_told(argument):
    """End with the first message; the last report says that it is the last."""
    messages = yield Report(0.0)
    while not messages:
        messages = yield Report(0.5)
    yield Report(1.0, result=b"whole", last=True)


def endless(seconds):
    """Tell which process this is, again and again."""
    while True:
        time.sleep(seconds)
        yield Report(0.5, {"tick": [1.0]}, note=str(os.getpid()))


def until(path):
    """Go on until there is such a file."""
    while not Path(path).exists():
        time.sleep(0.002)
        yield Report(0.5, {"tick": [1.0]})
    yield Report(1.0, note="the end")


def tagged(tag):
    """Say whose this is and how often it has been said, again and again."""
    for turn in range(10**9):
        time.sleep(0.002)
        yield Report(0.5, {"tag": [tag], "turn": [turn]})


def tells_when_closed(path):
    try:
        yield from endless(0.002)
    finally:
        Path(path).write_text("closed")


def diverges(sentence):
    yield Report(0.5, {"loss": [float("nan")]})
    raise ArithmeticError(sentence)


def refuses(sentence):
    raise ValueError(sentence)
    yield


def is_broken(secret):
    yield Report(0.5)
    raise TypeError(secret)


def yields_something_else(argument):
    yield argument


def falls_asleep(path):
    Path(path).touch()
    time.sleep(60.0)
    yield


def hangs_in_a_loop(argument):
    while True:
        pass
    yield


def hangs_asleep(argument):
    threading.Event().wait(60.0)
    yield


def kills_itself(argument):
    os.kill(os.getpid(), KILL)
    yield


def processor_time(rest):
    """Tell the processor time of this process before a rest and after it."""
    for _ in range(2):
        yield Report(0.5, {"seconds": [time.process_time()]}, rest=rest)


def set_up():
    os.environ["SET_UP"] = "yes"


def hangs():
    threading.Event().wait(60.0)


def was_set_up(argument):
    yield Report(1.0, note=os.environ.get("SET_UP", "no"))


# Short calculations


def double(number):
    return {"double": 2 * number}


def as_bytes(length):
    return bytes(length)


def tally(argument):
    """Leave a line in a file each time, once there is another file."""
    path, gate = argument
    with Path(path).open("a") as file:
        file.write("called\n")
    wait_for(gate)
    return b"counted"


def wait_for(path):
    deadline = time.monotonic() + 10.0
    while not Path(path).exists():
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return path


def hang(argument):
    time.sleep(60.0)


def die_once(path):
    if not Path(path).exists():
        Path(path).write_text(str(os.getpid()))
        os.kill(os.getpid(), KILL)
    return b"survived"


def die(argument):
    os.kill(os.getpid(), KILL)


def no_such_setting(sentence):
    raise ValueError(sentence)


def no_such_key(secret):
    raise KeyError(secret)


def process_id(argument):
    return os.getpid()


def left_out_of_searches_for_garbage(argument):
    """Count what Python's garbage collector does not look at, and what it does."""
    return [gc.get_freeze_count(), len(gc.get_objects())]
