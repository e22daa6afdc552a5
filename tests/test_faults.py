"""What becomes of the real app when its processes are killed, hang, or are told to end."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from explainer.folder import FOLDER_VARIABLE
from explainer.frames import decode
from explainer.jobs.reports import WORKER_LOST
from explainer.jobs.worker import NICENESS
from tests.browser.app.server import free_port, start_app
from tests.processes import niceness, state, wait_until, with_mark

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="it looks processes up in /proc"
)

START = 120.0  # seconds that an app may take until its workers are up
GONE = 10.0  # and until it is gone


class App:
    """A real app that can be recognised by its environment, with a temporary folder of its own."""

    def __init__(self, mark: str) -> None:
        self.mark, self.port = mark, free_port()
        self.process: subprocess.Popen[str] = start_app(self.port)

    @contextmanager
    def ask(
        self, method: str, path: str, body: object = None
    ) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with closing(connection):
            headers = {"Content-Type": "application/json"}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            with connection.getresponse() as response:
                yield response

    def answer(self, method: str, path: str, body: object = None) -> bytes:
        with self.ask(method, path, body) as response:
            data = response.read()
        assert response.status == 200, data
        return data

    def health(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.answer("GET", "/healthz")))
        except OSError:
            assert self.process.poll() is None, "the app ended at once"
            return {}

    def start_run(self, pupil: int) -> str:
        asked = {"visitor": f"{pupil}-0-0-0", "dataset": "s_curve", "network": "mlp"}
        return str(json.loads(self.answer("POST", "/api/undo/start", asked))["run"])

    def look_at(self, run: str) -> dict[str, Any]:
        return decode(self.answer("GET", f"/api/runs/{run}?since=0"))[0]

    def wait_for_news(self, run: str, seconds: float = 60.0) -> None:
        """Wait until a run that goes on has said something more."""
        seen = self.look_at(run)["seq"]
        wait_until(lambda: self.look_at(run)["seq"] > seen, seconds, "news of a run")
        assert self.look_at(run)["status"] == "running"

    def pids(self) -> set[int]:
        return with_mark(self.mark)

    def workers(self) -> set[int]:
        return {pid for pid in self.pids() if niceness(pid) == NICENESS}

    def wait_until_gone(self, code: int) -> str:
        """Wait until no process is left, and return what they have printed."""
        began = time.monotonic()
        printed, _ = self.process.communicate(timeout=GONE)  # all of them hold its end
        left = GONE - (time.monotonic() - began)
        wait_until(lambda: not self.pids(), left, "the end of all processes")
        assert self.process.returncode == code
        return printed


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)  # the folder of these tests is not its own
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("WHOSE_PROCESS", mark := f"faults of {tmp_path}")
    app = App(mark)
    try:
        wait_until(lambda: app.health().get("workers") == 2, START, "two workers")
        yield app
    finally:
        for pid in app.pids():
            os.kill(pid, signal.SIGKILL)
        app.process.communicate()


@contextmanager
def listening(app: App) -> Iterator[None]:
    """Listen as every open page does, to what never ends."""
    with app.ask("GET", "/gradio_api/heartbeat/a-page-that-listens") as response:
        assert response.status == 200
        assert response.readline()
        yield


def folders(tmp_path: Path) -> list[Path]:
    """Return the app's own temporary folders: the others are those of its libraries."""
    return [*tmp_path.glob("diffusion-explainer-*"), *tmp_path.glob("pymp-*")]


def test_a_killed_worker_is_told_at_once_and_replaced_and_the_other_goes_on(app: App) -> None:
    runs = [app.start_run(pupil) for pupil in (1, 2)]
    for run in runs:
        app.wait_for_news(run)
    workers = app.workers()
    assert len(workers) == 2
    killed = min(workers)
    os.kill(killed, signal.SIGKILL)

    def failed() -> list[str]:
        return [run for run in runs if app.look_at(run)["status"] == "failed"]

    # The kernel lets a process end at its own priority, the lowest: that takes long if this machine
    # has much else to do.
    wait_until(lambda: state(killed) in "ZX", 30.0, "the end of a worker")
    wait_until(failed, 1.0, "that a page hears of it")
    wait_until(lambda: app.health()["workers"] == 2, 5.0, "two workers again")
    (lost,) = failed()
    assert app.look_at(lost)["error"] == WORKER_LOST
    (other,) = set(runs) - {lost}
    app.wait_for_news(other)
    app.wait_for_news(app.start_run(3))
    wait_until(lambda: len(app.workers()) == 2, 5.0, "a worker that has stepped back")
    assert killed not in app.workers()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_ends_with_all_that_it_started(
    app: App, tmp_path: Path, how: signal.Signals
) -> None:
    assert len(folders(tmp_path)) > 0
    runs = [app.start_run(pupil) for pupil in range(4)]
    for run in runs:
        app.wait_for_news(run)
    hangs = min(app.workers())
    with listening(app), listening(app):
        os.kill(hangs, signal.SIGSTOP)
        wait_until(lambda: state(hangs) == "T", 5.0, "a worker that stands still")
        app.process.send_signal(how)
        printed = app.wait_until_gone(code=0)
    assert "Traceback" not in printed, printed
    assert folders(tmp_path) == []


def test_no_process_outlives_a_server_that_is_killed(app: App) -> None:
    app.wait_for_news(app.start_run(1))
    assert len(app.pids()) >= 6  # itself, the forkserver, its tracker, two workers, helpers
    app.process.kill()
    app.wait_until_gone(code=-signal.SIGKILL)
