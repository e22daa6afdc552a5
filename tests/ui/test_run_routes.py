"""The routes of a run: its news as bytes, and what it can be told."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.experiments.learning import PACES
from explainer.frames import decode
from explainer.jobs import Event, JobStore, Report
from explainer.ui.run_routes import CONTAINER, MESSAGES, run_routes
from explainer.ui.services import Services
from explainer.ui.text import train as text
from tests.jobs.helpers import FakeRunner

UNKNOWN = "This run is not known here"


class Place:
    """A store whose runs do what the test says, and a client of its routes."""

    def __init__(self) -> None:
        self.runner = FakeRunner(places=1)
        self.store = JobStore(self.runner, sweep_seconds=3600)
        routes = run_routes(Services(self.store, None))  # type: ignore[arg-type]
        self.client = TestClient(Starlette(routes=routes))

    def run(self, visitor: str = "pupil", **more: Any) -> str:
        return self.store.submit("somewhere:something", None, visitor=visitor, **more)

    def reports(self, run: str, *args: Any, **more: Any) -> None:
        self.runner.emit(Event("report", run, Report(*args, **more)))

    def news(self, run: str, since: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
        response = self.client.get(f"/api/runs/{run}", params={"since": since})
        assert response.status_code == 200
        assert response.headers["content-type"] == CONTAINER
        assert response.headers["cache-control"] == "no-store"
        return decode(response.content)

    def post(self, run: str, verb: str) -> Any:
        return self.client.post(f"/api/runs/{run}/{verb}")


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.store.close()


# --- news ---


def test_news_are_facts_values_and_pictures(place: Place) -> None:
    run = place.run()
    place.reports(run, 0.25, {"step": [1, 2], "loss": [0.5, 0.25]}, frame=b"a picture")
    place.reports(run, 0.5, {"step": [3]}, note="Half of it.")
    header, pictures = place.news(run)
    assert header.pop("seconds") >= 0
    assert header == {
        "status": "running",
        "queue_position": 0,
        "progress": 0.5,
        "seq": 2,
        "series": {"step": [1, 2, 3], "loss": [0.5, 0.25]},
        "note": "Half of it.",
        "error": "",
        "has_result": False,
        "again": 0.02,
    }
    assert {name: data.tobytes() for name, data in pictures.items()} == {"frame 1": b"a picture"}


def test_only_what_is_new_is_told(place: Place) -> None:
    run = place.run()
    place.reports(run, 0.25, {"step": [1]}, frame=b"first")
    place.reports(run, 0.5, {"step": [2]}, frame=b"second")
    header, pictures = place.news(run, since=1)
    assert header["series"] == {"step": [2]}
    assert list(pictures) == ["frame 2"]
    header, pictures = place.news(run, since=2)
    assert (header["series"], pictures) == ({}, {})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_told_as_a_gap(place: Place, value: float) -> None:
    # Samples of a run that is about to diverge have no distance to anything.
    run = place.run()
    place.reports(run, 0.5, {"shown": [1, 2], "swd": [0.5, value]})
    header, _ = place.news(run)
    assert header["series"] == {"shown": [1, 2], "swd": [0.5, None]}


def test_a_run_that_waits_says_where(place: Place) -> None:
    place.run("one")
    place.run("two")
    header, _ = place.news(place.run("three"))
    assert (header["status"], header["queue_position"]) == ("queued", 2)


def test_how_a_run_ended_is_told(place: Place) -> None:
    run = place.run()
    place.runner.emit(Event("failed", run, sentence="Training diverged at step 3."))
    header, _ = place.news(run)
    assert (header["status"], header["error"]) == ("failed", "Training diverged at step 3.")


@pytest.mark.parametrize("since", ["x", "", "1.5", "nan", "9" * 5000])
def test_since_must_be_a_whole_number(place: Place, since: str) -> None:
    response = place.client.get(f"/api/runs/{place.run()}", params={"since": since})
    assert response.status_code == 422
    assert response.json() == {"error": "since must be a whole number."}


@pytest.mark.parametrize(("since", "values"), [(-1, {"step": [1]}), (10**30, {})])
def test_numbers_that_cannot_be_mean_all_or_nothing(
    place: Place, since: int, values: dict[str, Any]
) -> None:
    run = place.run()
    place.reports(run, 0.5, {"step": [1]})
    assert place.news(run, since)[0]["series"] == values


# --- checkpoints ---


def test_the_latest_checkpoint_of_a_run_is_its_bytes(place: Place) -> None:
    run = place.run()
    address = f"/api/runs/{run}/checkpoint"
    place.reports(run, 0.25, {"step": [1]})
    response = place.client.get(address)
    assert response.status_code == 409
    assert response.json()["error"].startswith("This run has no checkpoint yet")
    for data in (b"first", b"second"):
        place.reports(run, 0.5, result=data)
    place.post(run, "stop")
    response = place.client.get(address)
    assert (response.status_code, response.content) == (200, b"second")
    assert response.headers["content-type"] == "application/octet-stream"
    assert response.headers["cache-control"] == "no-store"


# --- commands ---


def test_a_run_can_be_paused_resumed_and_stopped(place: Place) -> None:
    run = place.run()
    for verb, status in (
        ("pause", "paused"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped"),
        ("resume", "stopped"),
    ):  # fmt: skip
        assert place.post(run, verb).json() == {"status": status}
    assert place.runner.told[1:] == [("pause", run), ("resume", run), ("stop", run)]


def test_a_single_step_pauses_the_run_first(place: Place) -> None:
    run = place.run()
    assert place.post(run, "step").json() == {"status": "paused"}
    assert place.post(run, "step").json() == {"status": "paused"}
    assert place.runner.told[1:] == [("pause", run), ("tell", run, "step"), ("tell", run, "step")]


def test_a_run_that_is_held_can_be_stepped_through(place: Place) -> None:
    run = place.run(held=True)
    assert place.news(run)[0]["status"] == "paused"
    place.post(run, "step")
    assert place.runner.told[1:] == [("tell", run, "step")]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("paused", [False, True])
def test_messages_reach_the_run_and_change_nothing_else(
    place: Place, message: str, paused: bool
) -> None:
    run = place.run(held=paused)
    status = "paused" if paused else "running"
    assert place.post(run, message).json() == {"status": status}
    assert place.runner.told[1:] == [("tell", run, message)]


@pytest.mark.parametrize("verb", ["step", "save", "pace-1", "pause"])
def test_a_run_that_waits_or_has_ended_is_told_nothing(place: Place, verb: str) -> None:
    first, second = place.run("one"), place.run("two")
    assert place.post(second, verb).json() == {"status": "queued"}
    place.post(first, "stop")
    assert place.post(first, verb).json() == {"status": "stopped"}
    assert not [told for told in place.runner.told if told[0] in ("tell", "pause")]


def test_verbs_are_known_at_both_ends() -> None:
    assert {"save", *PACES} == set(MESSAGES)
    assert list(text.PACES) == list(PACES)


@pytest.mark.parametrize("verb", ["explode", "tell", "poll", "close", "PAUSE", "keep"])
def test_a_verb_that_is_not_known_is_a_404_that_names_them(place: Place, verb: str) -> None:
    response = place.post(place.run(), verb)
    assert response.status_code == 404
    assert response.json() == {
        "error": "A run can be told to pause, resume, stop, step, save, pace-1, pace-10, pace-full."
    }
    assert len(place.runner.told) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/checkpoint"), ("POST", "/stop"), ("POST", "/step"), ("POST", "/save")],
)
def test_a_run_that_is_not_known_is_a_404(place: Place, method: str, path: str) -> None:
    response = place.client.request(method, f"/api/runs/guessed{path}")
    assert response.status_code == 404
    assert response.json()["error"].startswith(UNKNOWN)


def test_looking_changes_nothing(place: Place) -> None:
    run = place.run()
    assert place.client.get(f"/api/runs/{run}/stop").status_code == 405
    assert place.news(run)[0]["status"] == "running"
