"""What a server on the open internet meets beside strange files and settings, by kind.

The app runs in a process of its own, as anyone starts it; what needs a clock or a crowd is asked of
the part that answers for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from explainer.checkpoints import from_bytes
from explainer.experiments.learning import live_training
from explainer.frames import decode
from explainer.jobs import JobStore
from explainer.jobs.reports import WORKER_LOST
from explainer.presets import PRESETS
from explainer.snapshots import TrainingDiverged
from explainer.ui.limits import (
    BURST,
    STREAMS_IN_ALL,
    STREAMS_OF_ADDRESS,
    Sessions,
    Streams,
    TooMany,
)
from tests.browser.app.server import serving
from tests.jobs.helpers import FakeClock, FakeRunner

RUN = "/gradio_api/run/predict"
GOOD = {"data": ["s_curve", "cosine", 100, False, "jump"], "fn_index": 0, "session_hash": "abc"}
DEADLINE = 60.0
Act = Callable[["Visitor"], None]


@dataclass
class Visitor:
    """Whoever has the address."""

    client: httpx.Client

    def refused(self, status: int, *words: str, **request: Any) -> str:
        """Ask for something that is refused with a sentence, and return that."""
        method, path = request.pop("method", "GET"), request.pop("path")
        answer = self.client.request(method, path, **request)
        assert answer.status_code == status, answer.text[:300]
        sentence: str = answer.json()["error"]
        assert sentence.endswith(".")
        assert "Traceback" not in answer.text
        for word in words:
            assert word in sentence
        return sentence

    def event(self, **changes: Any) -> httpx.Response:
        return self.client.post(RUN, json={**GOOD, **changes})

    def start(self, visitor: str, dataset: str = "digits") -> str:
        body = {"visitor": visitor, "dataset": dataset, "network": "mlp"}
        run: str = self.client.post("/api/undo/start", json=body).json()["run"]
        return run

    def news(self, run: str, since: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
        return decode(self.client.get(f"/api/runs/{run}", params={"since": since}).content)

    def tell(self, run: str, verb: str) -> str:
        status: str = self.client.post(f"/api/runs/{run}/{verb}").json()["status"]
        return status

    def until(self, run: str, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE
        while not ready(header := self.news(run)[0]):
            assert time.monotonic() < deadline, header
            time.sleep(0.05)
        return header


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with serving() as (address, _), httpx.Client(base_url=address, timeout=DEADLINE) as client:
        yield Visitor(client)


LINES: dict[str, Act] = {}


def line(title: str) -> Callable[[Act], Act]:
    """Put an act on the list."""

    def add(act: Act) -> Act:
        assert title not in LINES
        LINES[title] = act
        return act

    return add


# What is sent


@line("09 a body that is too large: 413")
def _(v: Visitor) -> None:
    v.refused(413, "at most 64 KB", method="POST", path=RUN, content=b"x" * 70_000)
    v.refused(413, "too large", method="POST", path="/api/own/drawing", content=b"x" * 300_000)


@line("10 JSON that is too deep: 400")
def _(v: Visitor) -> None:
    for deep in ("[" * 500 + "]" * 500, "[" * 20_000):
        v.refused(400, method="POST", path=RUN, content=f'{{"data": {deep}}}')


@line("11 an event that does not exist: 404")
def _(v: Visitor) -> None:
    for number in (-1, 10**6, True, 1.5, "0", None):
        v.refused(404, "fn_index", method="POST", path=RUN, json={**GOOD, "fn_index": number})


@line("12 an empty or strange session_hash: 400")
def _(v: Visitor) -> None:
    for session in ("", None, 5, "a" * 65, "a/b", "../x"):
        v.refused(
            400, "session_hash", method="POST", path=RUN, json={**GOOD, "session_hash": session}
        )


# Visitors and their pages


@line("42 a run whose id is guessed: 404, and nobody can list them")
def _(v: Visitor) -> None:
    run = v.start("42-1")
    assert len(run) >= 22  # 128 bits
    v.refused(404, "not known here", path="/api/runs/" + run[:-1] + "_")
    v.refused(404, "not known here", method="POST", path="/api/runs/guessed/stop")
    for path in ("/api/runs", "/api/runs/", "/api/own", "/api/own/", "/api/models", "/teacher"):
        assert v.client.get(path).status_code in (404, 405)
    assert run not in v.client.get("/healthz").text
    v.tell(run, "stop")


@line("43 a flood of names for pages: 429, and a class behind one address passes")
def _(v: Visitor) -> None:
    now = 0.0
    sessions = Sessions(clock=lambda: now)
    for i in range(BURST):
        sessions.see(f"page{i}", "10.0.0.1")
    with pytest.raises(TooMany) as error:
        sessions.see("one more", "10.0.0.1")
    assert error.value.status == 429
    sessions.see("page0", "10.0.0.1")  # who is there already stays
    sessions.see("page", "10.0.0.2")
    now = 1.0
    sessions.see("one more", "10.0.0.1")


@line("44 a stream that nobody reads: there is none with anything in it")
def _(v: Visitor) -> None:
    v.refused(404, path="/gradio_api/queue/data?session_hash=abc")
    v.refused(404, method="POST", path="/gradio_api/queue/join", json=GOOD)


@line("45 thousands of open streams: 429 for one address, 503 when the server is full")
def _(v: Visitor) -> None:
    streams = Streams()
    for i in range(STREAMS_OF_ADDRESS):
        streams.enter(f"page{i}", "10.0.0.1")
    with pytest.raises(TooMany) as error:
        streams.enter("more", "10.0.0.1")
    assert error.value.status == 429
    for i in range(STREAMS_IN_ALL - STREAMS_OF_ADDRESS):
        streams.enter(f"other{i}", f"10.1.{i // 250}.{i % 250}")
    with pytest.raises(TooMany) as error:
        streams.enter("more", "10.9.9.9")
    assert error.value.status == 503


@line("46 deep links, uploads, proxy, monitoring and run history of Gradio: closed")
def _(v: Visitor) -> None:
    for path in (
        "/gradio_api/deep_link", "/gradio_api/proxy=http://127.0.0.1:9/", "/monitoring",
        "/monitoring/summary", "/gradio_api/run-history/buckets", "/gradio_api/file=/etc/passwd",
        "/gradio_api/upload_progress", "/gradio_api/component_server", "/docs", "/gradio_api/mcp",
    ):  # fmt: skip
        v.refused(404, path=path)
    files = {"files": ("a.txt", b"x")}
    v.refused(404, method="POST", path="/gradio_api/upload", files=files)


@line("47 a forged host or origin: 403, and no origin is reflected")
def _(v: Visitor) -> None:
    v.refused(403, "--allowed-host", path="/", headers={"Host": "evil.example"})
    evil = {"Origin": "https://evil.example"}
    v.refused(403, method="POST", path=RUN, json=GOOD, headers=evil)
    for path in ("/", "/config", "/healthz"):
        answer = v.client.get(path, headers=evil)
        assert not [name for name in answer.headers if name.startswith("access-control-allow")]
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert "evil.example" not in v.client.get("/config", headers=forwarded).text


# Addresses


@line("48 an unknown key in the address: ignored")
def _(v: Visitor) -> None:
    assert v.client.get("/?unknown=1&view=api&deep_link=x").status_code == 200


@line("49 a bad value in the address: the page as it is, or a sentence")
def _(v: Visitor) -> None:
    assert v.client.get("/?page=zz&__theme=purple&T=NaN").status_code == 200
    v.refused(422, "T must be", path="/api/forward?T=NaN")


@line("50 an address of another version: what is left out has its default")
def _(v: Visitor) -> None:
    short, whole = v.client.get("/api/prior?T=100"), v.client.get("/api/prior")
    assert short.status_code == 200
    assert short.json() == whole.json()


@line("51 HTML in an address: never in a page")
def _(v: Visitor) -> None:
    script = "<script>alert(1)</script>"
    for path in ("/", "/config"):
        assert script not in v.client.get(path, params={"x": script}).text
    answer = v.client.get("/api/forward", params={"dataset": script})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@line("52 an address of eight thousand characters: 414")
def _(v: Visitor) -> None:
    v.refused(414, "2000 characters", path="/api/forward?dataset=" + "x" * 8000)


@line("53 an address never starts a training")
def _(v: Visitor) -> None:
    for path in ("/api/undo/start?visitor=53-1", "/gradio_api/run/predict?fn_index=0"):
        assert v.client.get(path).status_code in (404, 405)
    v.client.get("/?start=1&do=start&preset=fast")
    assert v.client.get("/healthz").json()["running"] == 0


# Races; what the page makes of them is tested in the browser


@line("54 Start twice: one run")
def _(v: Visitor) -> None:
    first, second = v.start("54-1"), v.start("54-1")
    assert v.news(first)[0]["status"] == "stopped"
    assert v.client.get("/healthz").json()["running"] == 1
    v.tell(second, "stop")


@line("55 Start in two tabs: a run each")
def _(v: Visitor) -> None:
    runs = [v.start("55-1"), v.start("55-2")]
    assert {v.news(run)[0]["status"] for run in runs} == {"running"}
    for run in runs:
        v.tell(run, "stop")


@line("56 Stop before Start: a sentence, and nothing else")
def _(v: Visitor) -> None:
    v.refused(404, "Press Start", method="POST", path="/api/runs/none/stop")


@line("57 Stop twice: the same answer")
def _(v: Visitor) -> None:
    run = v.start("57-1")
    assert [v.tell(run, "stop"), v.tell(run, "stop")] == ["stopped", "stopped"]


@line("58 other data in mid-run: a new id, and nothing of the old run in it")
def _(v: Visitor) -> None:
    old = v.start("58-1", "digits")
    v.until(old, lambda header: header["seq"] > 1)
    new = v.start("58-1", "moons")
    seq = v.news(old)[0]["seq"]
    v.until(new, lambda header: header["seq"] > 1)
    assert v.news(old)[0]["status"] == "stopped"
    assert v.news(old)[0]["seq"] == seq
    for picture in v.news(new)[1].values():
        assert decode(picture.tobytes())[0]["dataset"] == "moons"
    v.tell(new, "stop")


@line("59 a step while a run is being paused: it waits for what it is told")
def _(v: Visitor) -> None:
    run = v.start("59-1")
    assert [v.tell(run, verb) for verb in ("pause", "step", "resume", "pause")][-1] == "paused"
    v.tell(run, "stop")


@line("60 an upload while a run trains: both go on")
def _(v: Visitor) -> None:
    run = v.start("60-1")
    seq = v.news(run)[0]["seq"]
    points = {"points": [[0.1 * i, (i % 3) / 10] for i in range(9)]}
    assert v.client.post("/api/own/drawing", json=points).status_code == 200
    v.until(run, lambda header: header["seq"] > seq)
    v.tell(run, "stop")


@line("61 a browser that is closed: its run ends when the lease does, and is kept")
def _(v: Visitor) -> None:
    clock, runner = FakeClock(), FakeRunner()
    store = JobStore(runner, clock=clock, sweep_seconds=3600)
    run = store.submit("m:f", None, visitor="a")
    clock.now += 149
    store.sweep()
    assert runner.live == [run]
    clock.now += 2
    store.sweep()
    assert runner.live == []
    assert "no page had asked" in store.poll(run).note
    store.close()


@line("62 a reload: the same run, from its beginning")
def _(v: Visitor) -> None:
    run = v.start("62-1")
    v.until(run, lambda header: len(header["series"].get("step", [])) > 2)
    v.tell(run, "stop")
    whole, again = v.news(run), v.news(run)
    assert whole[0]["series"] == again[0]["series"] != {}
    assert list(whole[1]) == list(again[1]) != []


@line("63 a clock that jumps: no lease ends")
def _(v: Visitor) -> None:
    with pytest.MonkeyPatch.context() as patch:
        store = JobStore(FakeRunner(), sweep_seconds=3600)
        run = store.submit("m:f", None, visitor="a")
        later = time.time() + 3.2e7
        patch.setattr(time, "time", lambda: later)
        store.sweep()
        assert store.poll(run).status == "running"
        store.close()


@line("64 a server that was started anew: the run was lost, in plain words")
def _(v: Visitor) -> None:
    v.refused(404, "server was restarted", path="/api/runs/" + "A" * 22)


@line("65 a loss that grows without end: the run stops and says why")
def _(v: Visitor) -> None:
    config = PRESETS["rate"]
    with pytest.raises(TrainingDiverged, match="diverged") as error:
        list(live_training({"config": config.model_dump()}))
    assert "learning rate" in str(error.value)


@line("66 a worker that the system ended: a sentence that offers less")
def _(v: Visitor) -> None:
    assert "ended unexpectedly" in WORKER_LOST
    assert "smaller settings" in WORKER_LOST


@line("67 a class beyond the places: each is told its place")
def _(v: Visitor) -> None:
    store = JobStore(FakeRunner(places=2), sweep_seconds=3600)
    runs = [store.submit("m:f", None, visitor=str(i)) for i in range(5)]
    assert [store.poll(run).queue_position for run in runs] == [0, 0, 1, 2, 3]
    store.close()


@line("68 a download in mid-step: a whole checkpoint, or none yet")
def _(v: Visitor) -> None:
    run = v.client.post(RUN, json=_pressed(v.client, "68-1")).json()["data"][-1]["run"]
    v.until(run, lambda header: header["has_result"])
    answer = v.client.get(f"/api/runs/{run}/checkpoint")
    assert answer.status_code == 200
    assert from_bytes(answer.content).state is not None
    v.tell(run, "stop")


def _pressed(client: httpx.Client, visitor: str) -> dict[str, Any]:
    """Return the event that a press of Start sends, as the page's own config describes it."""
    config = client.get("/config").json()
    [press] = [
        each for each in config["dependencies"]
        if any(event == "submit" for _, event in each["targets"]) and len(each["inputs"]) > 20
    ]  # fmt: skip
    values = {each["id"]: each["props"].get("value") for each in config["components"]}
    return {
        "data": [values[number] for number in press["inputs"]],
        "event_data": {"do": "start", "visitor": visitor, "recipe": "fast"},
        "fn_index": press["id"],
        "session_hash": "abc",
    }


@pytest.mark.parametrize("title", LINES)
def test_what_a_server_on_the_open_internet_meets(visitor: Visitor, title: str) -> None:
    LINES[title](visitor)


def test_every_line_is_there_once() -> None:
    numbers = [int(title[:2]) for title in LINES]
    assert numbers == [*range(9, 13), *range(42, 69)]
