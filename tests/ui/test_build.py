"""The real page behind the guard, served by Gradio itself: what it needs is there, no more."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import gradio as gr
import httpx
import pytest

from explainer.jobs import Calculator, JobStore, WorkerPool
from explainer.ui import guard
from explainer.ui.build import build_app, settings
from explainer.ui.events_guard import events_of
from explainer.ui.guard import FILE
from explainer.ui.options import Options
from explainer.ui.services import Services
from explainer.ui.shelf import page_files

RUN = "/gradio_api/run/predict"
TOKEN = "a-token-of-20-letters"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    services = Services(JobStore(WorkerPool(workers=1)), Calculator(workers=1))
    yield services
    services.close()


@pytest.fixture(scope="module")
def served(services: Services) -> Iterator[tuple[gr.Blocks, httpx.Client]]:
    """The page, launched as always, but for that this goes on; and a way to ask it."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FORWARDED_ALLOW_IPS", "")  # as app.py sets it
    patch.setenv("GRADIO_NUM_WORKERS", "2")  # more servers, which nothing would guard
    patch.setenv("GRADIO_MCP_SERVER", "True")
    options = Options(port=free_port(), allowed_hosts=("school.example",), teacher_token=TOKEN)

    async def launch() -> gr.Blocks:  # in a loop, or Gradio makes some that it never closes
        blocks = build_app(services)
        given = settings(blocks, services, options)
        blocks.launch(**given, prevent_thread_lock=True, quiet=True)
        return blocks

    blocks = asyncio.run(launch())
    with httpx.Client(base_url=f"http://127.0.0.1:{options.port}", timeout=60) as client:
        yield blocks, client
    blocks.close(verbose=False)
    patch.undo()


@pytest.fixture
def blocks(served: tuple[gr.Blocks, httpx.Client]) -> gr.Blocks:
    return served[0]


@pytest.fixture
def client(served: tuple[gr.Blocks, httpx.Client]) -> httpx.Client:
    return served[1]


def event(client: httpx.Client, **changes: Any) -> httpx.Response:
    body = {"data": [], "fn_index": 0, "session_hash": "abc", **changes}
    return client.post(RUN, content=json.dumps(body), headers={"content-type": "application/json"})


def test_no_event_uses_the_queue_that_the_guard_closes(blocks: gr.Blocks) -> None:
    assert len(blocks.fns) > 50
    for number, each in blocks.fns.items():
        assert each.queue is False, (number, each.name)
        assert each.preprocess is False, (number, each.name)
        assert not each.cancels
        assert not each.js, "a function in the page may ask for addresses that are closed"


def test_launch_opens_nothing_else(blocks: gr.Blocks, client: httpx.Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert blocks.allowed_paths == []
    assert not blocks.api_open
    assert not blocks.enable_monitoring
    assert not blocks.run_history
    assert not blocks.show_error
    assert not blocks.mcp_server
    assert getattr(blocks, "_static_worker_pool", None) is None
    assert blocks.share is False


def test_every_event_refuses_strange_values_in_a_sentence(
    blocks: gr.Blocks, client: httpx.Client
) -> None:
    for number, wanted in events_of(blocks).items():
        for value in (None, 1e308, ["x"]):
            told = {"name": value, "models": value, "label": {"src": value}}
            answer = event(client, fn_index=number, data=[value] * wanted, event_data=told)
            assert answer.status_code == 200, (number, value, answer.text)


def test_what_gradio_would_answer_with_a_500(client: httpx.Client) -> None:
    assert event(client, session_hash="").status_code == 400
    assert event(client, fn_index=999).status_code == 404
    assert event(client).status_code == 422
    assert client.get("/", params={"page": "zz", "deep_link": "zz"}).status_code == 200
    assert client.get("/config", params={"page": "zz"}).status_code == 200
    assert client.get("/static/" + "a" * 3000).status_code == 404
    assert client.get("/assets/").status_code == 404


def test_values_that_are_too_many_are_ignored(client: httpx.Client) -> None:
    data = ["s_curve", "cosine", 100, False, "jump"]
    exact, more = (event(client, data=values) for values in (data, [*data, 1, "x"]))
    assert exact.status_code == more.status_code == 200
    assert "api/forward" in exact.text
    assert exact.json()["data"] == more.json()["data"]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:1", "[::1]", "[::ffff:1.2.3.4]:80", "localhost.", "school.example", "LOCALHOST:0"],
)
def test_the_page_is_made_for_every_name_that_is_allowed(client: httpx.Client, host: str) -> None:
    for path in ("/", "/config", "/gradio_api/info"):
        assert client.get(path, headers={"host": host}).status_code == 200, (host, path)


def test_every_file_of_the_page_has_a_name_that_the_guard_lets_through() -> None:
    closed = [path for path in page_files() if not FILE.fullmatch(path)]
    assert closed == []


def test_what_gradio_keeps_of_a_page_is_dropped(
    blocks: gr.Blocks, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "FORGET_AFTER", 0.0)
    data = ["s_curve", "cosine", 100, False, "jump"]
    assert event(client, data=data, session_hash="closed").status_code == 200
    assert "closed" in blocks.state_holder
    with client.stream("GET", "/gradio_api/heartbeat/closed") as stream:
        lines = stream.iter_lines()  # kept: it closes the connection when it goes
        assert next(lines) == "data: ALIVE"
        assert "closed" in blocks.state_holder
    deadline = time.monotonic() + 10
    while "closed" in blocks.state_holder:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_no_origin_is_answered(client: httpx.Client) -> None:
    origin = {"origin": "http://localhost:3000"}  # Gradio itself believes any localhost
    answer = client.get("/config", headers=origin)
    assert answer.status_code == 200
    assert not any(name.startswith("access-control") for name in answer.headers)
    asks = {**origin, "access-control-request-method": "POST"}
    assert client.options(RUN, headers=asks).status_code == 403
    assert client.post(RUN, headers=origin).status_code == 403


def test_no_client_can_choose_where_links_point_to(client: httpx.Client) -> None:
    plain = client.get("/config").json()["root"]
    claims = {
        **{"x-forwarded-host": "evil.example", "x-forwarded-proto": "https"},
        **{"x-gradio-server": "http://evil.example", "x-forwarded-for": "8.8.8.8"},
    }
    assert plain.startswith("http://127.0.0.1:")
    assert client.get("/config", headers=claims).json()["root"] == plain
    assert "evil" not in client.get("/", headers=claims).text


def test_the_page_carries_a_nonce_on_every_script_and_no_secret(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.headers["content-encoding"] in ("br", "gzip")
    policy = answer.headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert len(nonce) == 22
    scripts = answer.text.count("<script")
    assert scripts >= 4
    assert answer.text.count(f'<script nonce="{nonce}"') == scripts
    for secret in (TOKEN, os.getcwd(), os.path.expanduser("~")):  # noqa: PTH109, PTH111
        assert secret not in answer.text


def test_the_teachers_view_is_there_with_a_token(client: httpx.Client) -> None:
    assert client.get("/teacher").status_code == 200
    assert client.get("/api/teacher").status_code == 401
    let_in = {"authorization": f"Bearer {TOKEN}"}
    assert client.get("/api/teacher", headers=let_in).status_code == 200


def test_a_request_leaves_nothing_in_the_log(
    client: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "what-a-pupil-typed"
    event(client, data=[secret] * 5)
    event(client, data=[secret])
    event(client, session_hash=secret * 10)
    client.get("/api/forward", params={"dataset": secret})
    client.get("/nothing", params={"q": secret})
    client.post("/api/own/drawing", content=secret)
    client.post(RUN, content=secret * 20_000)
    printed = capfd.readouterr()
    assert secret not in printed.out + printed.err
    assert "Traceback" not in printed.out + printed.err
