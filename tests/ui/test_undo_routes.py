"""The route that starts networks which undo noise: a run, or one sentence."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.folder import FOLDER_VARIABLE
from explainer.frames import decode
from explainer.jobs import JobStore
from explainer.jobs.reports import resolve
from explainer.own import keep_points
from explainer.restore_config import recipe
from explainer.ui.api import make_routes
from explainer.ui.services import Services
from explainer.ui.undo_routes import MAX_JSON, TARGET
from tests.jobs.helpers import FakeRunner

ME = "1234-5678"
GOOD: dict[str, Any] = {"visitor": ME, "dataset": "moons", "network": "mlp", "seed": 4}
GONE = "own-0123456789abcdef"


class Place:
    """A store whose runs are started nowhere, and a client of all routes."""

    def __init__(self, places: int = 2, **more: Any) -> None:
        self.runner = FakeRunner(places)
        self.store = JobStore(self.runner, sweep_seconds=3600, **more)
        routes = make_routes(Services(self.store, None))  # type: ignore[arg-type]
        self.client = TestClient(Starlette(routes=routes))

    def start(self, body: Any) -> Any:
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return self.client.post("/api/undo/start", content=content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("own")
        patch.setenv(FOLDER_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="module")
def place(folder: Path) -> Iterator[Place]:
    place = Place()
    yield place
    place.store.close()


@pytest.mark.parametrize(
    ("dataset", "network"), [("moons", "mlp"), ("digits", "mlp"), ("digits", "unet")]
)
def test_a_run_is_started_and_can_be_followed(place: Place, dataset: str, network: str) -> None:
    response = place.start({**GOOD, "dataset": dataset, "network": network})
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"run", "steps"}
    assert answer["steps"] == recipe(dataset, network, "uniform", 4).steps
    argument = {"dataset": dataset, "network": network, "seed": 4}
    assert place.runner.told[-1] == ("start", TARGET, argument)
    header, _ = decode(place.client.get(f"/api/runs/{answer['run']}?since=0").content)
    assert header["status"] == "running"
    assert place.client.post(f"/api/runs/{answer['run']}/stop").json() == {"status": "stopped"}


def test_the_target_is_a_generator_function() -> None:
    assert inspect.isgeneratorfunction(resolve(TARGET))


def test_a_visitor_has_one_run(place: Place) -> None:
    first, second = (place.start(GOOD).json()["run"] for _ in range(2))
    assert place.store.poll(first).status == "stopped"
    assert place.store.poll(second).status == "running"


def test_what_is_left_out_has_a_default(place: Place) -> None:
    assert place.start({"visitor": ME}).status_code == 200
    argument = {"dataset": "s_curve", "network": "mlp", "seed": 0}
    assert place.runner.told[-1] == ("start", TARGET, argument)


def test_points_of_ones_own_can_be_learnt(place: Place) -> None:
    name = keep_points(np.array([[0.0, 1.0], [2.0, 3.0]]), np.zeros(2))
    assert place.start({**GOOD, "dataset": name}).status_code == 200


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"visitor": ""}, "The page's own name is missing; please reload the page."),
        ({"visitor": "me & you"}, "The page's own name is missing; please reload the page."),
        ({"visitor": 7}, "visitor must be a text, not 7."),
        ({"visitor": None}, "visitor must be a text; it is empty."),
        ({"dataset": "nothing"}, "dataset must be one of 's_curve', 'moons', "),
        ({"dataset": "x" * 41}, "dataset "),
        ({"dataset": ["moons"]}, "dataset must be one of"),
        ({"dataset": GONE}, "These points are no longer here: draw, upload or design it again."),
        ({"network": "transformer"}, "network must be one of 'mlp' or 'unet', not 'transformer'."),
        ({"network": "unet"}, "network must be mlp for moons: "),
        ({"dataset": GONE, "network": "unet"}, "network must be mlp for own-"),
        ({"seed": -1}, "seed must be at least 0, not -1."),
        ({"seed": 2**31}, "seed must be at most 2147483647, not 2147483648."),
        ({"seed": 1.5}, "seed must be a whole number, not 1.5."),
        ({"seed": True}, "seed must be a number, not true or false"),
        ({"steps": 10**6}, "steps is not a setting here."),
        ({"kind": "poisson"}, "kind is not a setting here."),
    ],
    ids=range(17),
)
def test_what_cannot_be_trained_is_one_sentence(
    place: Place, changes: dict[str, Any], says: str
) -> None:
    started = len(place.runner.told)
    response = place.start({**GOOD, **changes})
    assert response.status_code == 422
    assert response.json()["error"].startswith(says), response.json()
    assert len(place.runner.told) == started


@pytest.mark.parametrize("body", [b"", b"\xff", "7", '{"seed": NaN}', '{"seed": 1e999}', "[" * 900])
def test_what_is_no_json_is_one_sentence(place: Place, body: bytes | str) -> None:
    response = place.start(body)
    assert response.status_code == 422
    assert set(response.json()) == {"error"}


def test_the_body_is_bounded(place: Place) -> None:
    response = place.start(b" " * (MAX_JSON + 1))
    assert response.status_code == 413
    assert response.json()["error"].startswith("The request is too large")


def test_where_too_many_wait_it_says_so() -> None:
    place = Place(places=0, max_queued=1)
    assert place.start(GOOD).status_code == 200
    response = place.start({**GOOD, "visitor": "9999-0000"})
    assert response.status_code == 503
    assert response.json()["error"].startswith("Too many runs are waiting here")
    place.store.close()


leaves = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(
    st.binary(max_size=60)
    | st.dictionaries(st.sampled_from([*GOOD, "other"]), anything).map(
        lambda body: json.dumps({**GOOD, **body}).encode()
    )
)
def test_anything_gets_a_run_or_one_sentence(place: Place, body: bytes) -> None:
    response = place.start(body)
    if response.status_code == 200:
        assert set(response.json()) == {"run", "steps"}
    else:
        assert response.status_code in (413, 422)
        assert set(response.json()) == {"error"}
        assert "\n" not in response.json()["error"].strip()
