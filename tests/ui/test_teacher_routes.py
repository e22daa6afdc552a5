"""The teacher's view: nobody without the token, what it tells, and what it does."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from explainer.folder import FOLDER_VARIABLE
from explainer.jobs import JobStore
from explainer.jobs.job import HELD
from explainer.keep import keep
from explainer.ui.services import Services
from explainer.ui.teacher_door import MAX_PAGES, WINDOW, WRONG_FROM_ALL, WRONG_FROM_ONE, Door
from explainer.ui.teacher_routes import MAX_JSON, teacher_routes
from explainer.ui.text import teacher as text
from explainer.ui.undo_routes import undo_routes
from tests.jobs.helpers import FakeRunner

TOKEN = "a+b c/ä"
BYTES = TOKEN.encode()
RIGHT = {"Authorization": b"Bearer " + BYTES}
ME, OTHER = "1111-1111", "2222-2222"
PRIVATE = [
    ("GET", "/api/teacher"),
    ("POST", "/api/teacher/stop-all"),
    ("POST", "/api/teacher/hold"),
]


class Place:
    """A store whose runs are started nowhere, and a client with the token."""

    def __init__(self, places: int = 1, token: str = TOKEN) -> None:
        self.now = 100.0
        self.store = JobStore(FakeRunner(places), sweep_seconds=3600, clock=lambda: self.now)
        services = Services(self.store, SimpleNamespace(pids=lambda: [1, 2]))  # type: ignore[arg-type]
        app = Starlette(routes=teacher_routes(services, token))
        self.stranger = TestClient(app)
        self.client = TestClient(app, headers=RIGHT)  # type: ignore[arg-type]

    def start(self, visitor: str, label: str = "") -> str:
        return self.store.submit("m:f", None, visitor=visitor, label=label)

    def state(self) -> dict[str, Any]:
        response = self.client.get("/api/teacher")
        assert response.status_code == 200
        return response.json()  # type: ignore[no-any-return]


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    yield place
    place.store.close()


@pytest.mark.parametrize("token", ["", "  ", "\n"])
def test_without_a_token_there_is_no_route_at_all(token: str) -> None:
    place = Place(token=token)
    for method, path in [("GET", "/teacher"), *PRIVATE]:
        assert place.client.request(method, path).status_code == 404
    place.store.close()


def test_the_page_holds_no_secret_and_nothing_inline(place: Place) -> None:
    response = place.stranger.get("/teacher")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    page = response.text
    assert TOKEN not in page
    assert "<style" not in page
    assert " style=" not in page
    assert re.findall(r"<script[^>]*>[^<]", page) == []
    # Relative, so that the page also works behind a root path.
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses == ["data:,", "static/page/teacher.css", "static/page/teacher.js"]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
@pytest.mark.parametrize(
    ("authorization", "says"),
    [
        (None, text.NEEDED),
        (b"", text.NEEDED),
        (b"Bearer", text.NEEDED),
        (b"Bearer ", text.NEEDED),
        (b"Basic " + BYTES, text.NEEDED),
        (BYTES, text.NEEDED),
        (b"Bearer x", text.WRONG),
        (b"Bearer " + BYTES[:-1], text.WRONG),
        (b"Bearer " + BYTES + b"x", text.WRONG),
        (b"Bearer " + BYTES.upper(), text.WRONG),
    ],
    ids=range(10),
)
def test_nobody_comes_in_without_the_token(
    place: Place, method: str, path: str, authorization: bytes | None, says: str
) -> None:
    place.start(ME)
    headers = {} if authorization is None else {"Authorization": authorization}
    # Before anything else: what is asked for may be nonsense.
    body = b"no json" if method == "POST" else None
    response = place.stranger.request(method, path, headers=headers, content=body)  # type: ignore[arg-type]
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {"error": says}
    assert place.store.stats()["running"] == 1
    assert not place.store.holding


def test_the_token_in_a_query_opens_nothing(place: Place) -> None:
    assert place.stranger.get("/api/teacher", params={"token": TOKEN}).status_code == 401


@pytest.mark.parametrize("scheme", [b"Bearer ", b"bearer ", b"BEARER  "])
def test_with_the_token_it_opens(place: Place, scheme: bytes) -> None:
    headers = {"Authorization": scheme + BYTES + b" "}
    response = place.stranger.get("/api/teacher", headers=headers)  # type: ignore[arg-type]
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


def test_it_tells_who_trains_and_who_waits(place: Place) -> None:
    place.start(ME, "Two moons · Fast · seed 4")
    place.now = 103.0
    place.start(OTHER)
    place.now = 110.0
    state = place.state()
    assert state["runs"] == [
        {
            "pupil": 1,
            "label": "Two moons · Fast · seed 4",
            "status": "running",
            "queue_position": 0,
            "progress": 0.0,
            "seconds": 10.0,
            "waited": 0.0,
        },
        {
            "pupil": 2,
            "label": "",
            "status": "queued",
            "queue_position": 1,
            "progress": 0.0,
            "seconds": 0.0,
            "waited": 7.0,
        },
    ]
    assert (state["holding"], state["workers"], state["helpers"]) == (False, 1, 2)
    assert state["pages"] is None
    for secret in (ME, OTHER):
        assert secret not in json.dumps(state)


@pytest.mark.parametrize(
    ("dataset", "network", "label"),
    [
        ("moons", "mlp", "Moons · MLP"),
        ("digits", "unet", "Digits, 8 × 8 · U-Net"),
    ],
)
def test_it_tells_which_noise_is_being_undone(
    place: Place, dataset: str, network: str, label: str
) -> None:
    services = Services(place.store, None)  # type: ignore[arg-type]
    body = {"visitor": ME, "dataset": dataset, "network": network}
    client = TestClient(Starlette(routes=undo_routes(services)))
    assert client.post("/api/undo/start", json=body).status_code == 200
    assert [run["label"] for run in place.state()["runs"]] == [label]


def test_it_tells_what_is_kept(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    (tmp_path / "something else").write_bytes(b"x" * 5000)
    kept = place.state()["kept"]
    assert kept["bytes"] == 0
    assert kept["limit"] > 10**6
    keep("points", b"x" * 993)
    assert place.state()["kept"]["bytes"] == 1000  # with the kind and the line's end


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_it_tells_the_load(place: Place) -> None:
    load = place.state()["load"]
    assert load["memory"] > 10**7
    assert load["memory_kind"] in ("pss", "rss")
    assert load["cores"] > 0


def test_it_says_so_where_the_system_tells_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explainer.load.Meter.read", lambda self, **groups: None)
    assert place.state()["load"] is None


def test_stop_all_stops_runs_and_says_how_many(place: Place) -> None:
    runs = [place.start(visitor) for visitor in (ME, OTHER, "3333-3333")]
    place.store.pause(runs[0])
    response = place.client.post("/api/teacher/stop-all", content="{}")
    assert (response.status_code, response.json()) == (200, {"stopped": 3})
    for run in runs:
        view = place.store.poll(run)
        assert (view.status, view.note) == ("stopped", "Stopped by the teacher.")
    assert place.state()["runs"] == []
    assert place.client.post("/api/teacher/stop-all").json() == {"stopped": 0}


def test_new_runs_wait_while_they_are_paused(place: Place) -> None:
    response = place.client.post("/api/teacher/hold", content='{"hold": true}')
    assert (response.status_code, response.json()) == (200, {"holding": True})
    run = place.start(ME)
    assert place.state()["holding"]
    assert place.store.poll(run).status == "queued"
    assert place.store.poll(run).note == HELD
    response = place.client.post("/api/teacher/hold", content='{"hold": false}')
    assert (response.status_code, response.json()) == (200, {"holding": False})
    assert place.store.poll(run).status == "running"


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ("", 422, "The body must be JSON, without NaN or Infinity."),
        ("[true]", 422, "The body must be a JSON object."),
        ('{"hold": NaN}', 422, "The body must be JSON, without NaN or Infinity."),
        ("{}", 422, "hold is missing."),
        ('{"hold": 1}', 422, "hold must be true or false, not 1."),
        ('{"hold": "true"}', 422, "hold must be true or false, not 'true'."),
        ('{"hold": null}', 422, "hold must be true or false; it is empty."),
        ('{"hold": true, "now": 1}', 422, "now is not a setting here."),
        (" " * (MAX_JSON + 1), 413, "The request is too large: at most 0.0001 MB are taken."),
    ],
    ids=range(9),
)
def test_what_cannot_be_meant_is_one_sentence(
    place: Place, body: str, status: int, says: str
) -> None:
    response = place.client.post("/api/teacher/hold", content=body)
    assert (response.status_code, response.json()) == (status, {"error": says})
    assert not place.store.holding


@pytest.fixture(scope="module")
def shared() -> Iterator[Place]:
    place = Place()
    yield place
    place.store.close()


leaves = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)


@given(
    st.binary(max_size=30)
    | st.dictionaries(st.sampled_from(["hold", "x"]), leaves).map(lambda b: json.dumps(b).encode())
)
def test_anything_is_done_or_one_sentence(shared: Place, body: bytes) -> None:
    response = shared.client.post("/api/teacher/hold", content=body)
    if response.status_code == 200:
        assert response.json() == {"holding": json.loads(body)["hold"]}
    else:
        assert response.status_code in (413, 422)
        assert set(response.json()) == {"error"}


def test_the_header_carries_the_tokens_bytes() -> None:
    door = Door("schön €")
    assert door.refusal("a", "Bearer " + "schön €".encode().decode("latin-1")) is None
    for wrong in ("schön €", "schön", "?" * 7):
        assert door.refusal("a", f"Bearer {wrong}") is not None


class Guesser:
    """A door, and somebody with time who tries tokens."""

    def __init__(self) -> None:
        self.now = 0.0
        self.door = Door("right", clock=lambda: self.now)

    def tries(self, token: str, address: str = "a", page: str = "") -> int:
        response = self.door.refusal(address, f"Bearer {token}", page)
        if response is not None and response.status_code == 429:
            assert 0 < int(response.headers["retry-after"]) <= WINDOW
        return 200 if response is None else response.status_code


def test_after_many_wrong_tokens_an_address_has_to_wait() -> None:
    guesser = Guesser()
    for second in range(WRONG_FROM_ONE):
        guesser.now = second
        assert guesser.tries("wrong") == 401
    assert guesser.tries("wrong") == 429
    assert guesser.tries("right") == 429, "or else trying on would find it"
    assert guesser.tries("right", "b") == 200, "others may come in"
    # What is refused does not count: the wait ends with the first of the ten.
    guesser.now = WINDOW
    assert guesser.tries("wrong") == 401
    assert guesser.tries("wrong") == 429
    guesser.now = WINDOW + 1
    assert guesser.tries("right") == 200


def test_right_tokens_and_missing_ones_do_not_count() -> None:
    guesser = Guesser()
    for _ in range(3 * WRONG_FROM_ONE):
        assert guesser.tries("right") == 200
        assert guesser.tries("") == 401
    assert guesser.tries("right") == 200


def test_many_addresses_together_have_to_wait_too() -> None:
    guesser = Guesser()
    for i in range(WRONG_FROM_ALL):
        assert guesser.tries("wrong", f"address {i}") == 401
    assert guesser.tries("wrong", "another") == 429
    guesser.now = WINDOW
    assert guesser.tries("right", "another") == 200


def test_a_class_that_guesses_does_not_lock_out_the_teachers_page() -> None:
    guesser = Guesser()
    assert guesser.tries("right", page=ME) == 200
    while guesser.tries("wrong") == 401:
        pass
    assert guesser.tries("right", page=ME) == 200
    assert guesser.tries("right", page=OTHER) == 429
    # And the page's name is no way to guess on.
    assert guesser.tries("wrong", page=ME) == 401
    assert guesser.tries("right", page=ME) == 429


def test_what_the_door_remembers_is_bounded() -> None:
    guesser = Guesser()
    for i in range(MAX_PAGES + 1):
        assert guesser.tries("right", page=f"{i:04}") == 200
    assert guesser.tries("right", page="x" * 5000) == 200
    for i in range(10 * WRONG_FROM_ALL):
        guesser.tries("wrong", f"address {i}")
    assert guesser.tries("right", page="0000") == 429, "forgotten"
    assert guesser.tries("right", page="0001") == 200
    assert guesser.tries("right", page="x" * 5000) == 429, "never remembered"


def test_the_clients_address_is_what_counts(place: Place) -> None:
    wrong = {"Authorization": "Bearer x"}
    for _ in range(WRONG_FROM_ONE):
        assert place.stranger.get("/api/teacher", headers=wrong).status_code == 401
    response = place.stranger.get("/api/teacher", headers=wrong)
    assert response.status_code == 429
    assert response.json() == {"error": text.TOO_OFTEN.format(seconds=60)}
    known = {**RIGHT, "Teacher-Page": ME}
    assert place.stranger.get("/api/teacher", headers=known).status_code == 429  # type: ignore[arg-type]
    elsewhere = TestClient(place.stranger.app, headers=known, client=("10.0.0.7", 1))  # type: ignore[arg-type]
    assert elsewhere.get("/api/teacher").status_code == 200
    assert place.stranger.get("/api/teacher", headers=known).status_code == 200  # type: ignore[arg-type]


def test_the_servers_own_process_is_the_one_that_is_measured(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr("explainer.load.Meter.read", lambda self, **groups: asked.append(groups))
    place.state()
    assert asked == [{"server": [os.getpid()], "calculation": [1, 2]}]
