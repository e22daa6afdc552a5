"""Ways to wait for what other processes do, each with a deadline, and a runner without any."""

import threading
from collections import Counter

from explainer.jobs import Event

DEADLINE = 10.0


class Listener:
    """Keeps the events of a runner, and hands them on to whoever listened before."""

    def __init__(self, runner):
        self.events = []
        self.changed = threading.Condition()
        self.next = runner.on_event
        runner.on_event = self

    def __call__(self, event):
        self.next(event)
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, predicate, timeout=DEADLINE):
        """Wait until the events make a predicate true, and return its value."""
        with self.changed:
            value = self.changed.wait_for(lambda: predicate(self.events), timeout)
        assert value, f"not within {timeout} s: {self.events[-5:]}"
        return value

    def of(self, run, kind="report"):
        return [event for event in list(self.events) if event.run == run and event.kind == kind]

    def wait_for_reports(self, run, more=1, timeout=DEADLINE):
        """Wait for so many more reports of a run, and return the last."""
        wanted = len(self.of(run)) + more
        self.wait_for(lambda _: len(self.of(run)) >= wanted, timeout)
        return self.of(run)[-1].report

    def wait_for_end(self, run, timeout=DEADLINE):
        def ends(events):
            return [event for event in events if event.run == run and event.kind != "report"]

        return self.wait_for(ends, timeout)[0]


class FakeRunner:
    """A runner without processes: keeps what it is told, and says what a test makes it say."""

    def __init__(self, places=2):
        self.places = places
        self.live = []
        self.told = []
        self.error = None
        self.on_event = lambda event: None

    def start(self, run, target, argument, *, held=False):
        self.told.append(("start", target, argument, *(["held"] if held else [])))
        if self.error is not None:
            raise self.error
        self.live.append(run)

    def pause(self, run):
        self.told.append(("pause", run))

    def resume(self, run):
        self.told.append(("resume", run))

    def tell(self, run, message):
        self.told.append(("tell", run, message))

    def stop(self, run):
        self.told.append(("stop", run))
        self.live.remove(run)

    def capacity(self):
        return self.places - len(self.live)

    def alive(self):
        return 1

    def close(self):
        self.told.append(("close",))

    def emit(self, event):
        if event.kind != "report" and event.run in self.live:
            self.live.remove(event.run)
        self.on_event(event)


class FakePool(FakeRunner):
    """A fake runner with workers that can be killed and can hang; keeps account of each run."""

    def __init__(self, workers=2, places=2):
        super().__init__(workers * places)
        self.each = places
        self.on = [[] for _ in range(workers)]  # the runs on each worker
        self.hung = set()
        self.starts, self.ends = Counter(), Counter()

    def start(self, run, target, argument, *, held=False):
        super().start(run, target, argument, held=held)
        worker = min(self.on, key=len)
        assert len(worker) < self.each
        worker.append(run)
        self.starts[run] += 1

    def stop(self, run):
        super().stop(run)  # complains if it is not live
        self._leave(run)

    def emit(self, event):
        if event.kind != "report" and event.run in self.live:
            self._leave(event.run)
        super().emit(event)

    def talking(self):
        """Return the live runs whose worker does not hang."""
        return [run for at, runs in enumerate(self.on) if at not in self.hung for run in runs]

    def lose(self, worker, sentence):
        """Let a worker be gone, and another come for it."""
        self.hung.discard(worker)
        for run in list(self.on[worker]):
            self.emit(Event("worker_lost", run, sentence=sentence))

    def _leave(self, run):
        self.ends[run] += 1
        for runs in self.on:
            if run in runs:
                runs.remove(run)


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now
