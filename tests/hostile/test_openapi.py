"""Everything that Gradio's application can be asked, asked of the app as it is served.

The description is FastAPI's own, of all of Gradio's routes, also those that nobody was told of.
Unguarded, a dozen of them answer what nobody expects with an HTTP 500.
``DX_EXAMPLES=200 pytest tests/hostile/test_openapi.py`` asks more.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from typing import Any

import gradio as gr
import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from explainer.jobs import JobStore
from explainer.ui import build
from explainer.ui.options import Options
from explainer.ui.services import Services
from tests.jobs.helpers import FakeRunner

EXAMPLES = int(os.environ.get("DX_EXAMPLES", "3"))  # of what is allowed and of what is not, each
RUN = "/gradio_api/run/predict"
STAYS_OPEN = "heartbeat"  # an answer that never ends
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
FETCHED = {"path": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}}


async def _nothing(target: str, argument: object) -> bytes:
    return b""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[gr.Blocks, str]]:
    store, options = JobStore(FakeRunner()), Options(port=_free_port())
    patch = pytest.MonkeyPatch()
    patch.setenv("FORWARDED_ALLOW_IPS", "")  # as app.py sets it

    async def launch() -> gr.Blocks:  # in a loop, or Gradio makes some that it never closes
        services = Services(store, _nothing)  # type: ignore[arg-type]
        blocks = build.build_app(services)
        given = build.settings(blocks, services, options)
        blocks.launch(**given, prevent_thread_lock=True, quiet=True)
        return blocks

    blocks = asyncio.run(launch())
    yield blocks, f"http://127.0.0.1:{options.port}"
    blocks.close(verbose=False)
    store.close()
    patch.undo()


def test_no_route_of_gradio_breaks(served: tuple[gr.Blocks, str]) -> None:
    blocks, address = served
    document = blocks.server_app.openapi()
    assert len(document["paths"]) > 50
    schema = schemathesis.openapi.from_dict(document)
    asked = 0

    def ask(case: Any) -> None:
        nonlocal asked
        answer = case.call(base_url=address, timeout=10)
        asked += 1
        assert answer.status_code < 500, f"{answer.status_code}: {case.as_curl_command()}"
        if answer.status_code >= 400 and case.method != "HEAD":
            assert "Traceback" not in answer.text

    for found in schema.get_all_operations():
        operation = found.ok()
        if STAYS_OPEN in operation.path:
            continue
        for mode in GenerationMode:
            if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
                continue
            strategy = operation.as_strategy(generation_mode=mode)
            run = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
            try:
                run(given(case=strategy)(ask))()
            except Unsatisfiable:  # there is nothing that could be wrong
                assert mode is GenerationMode.NEGATIVE
    assert asked > 100


def _event(blocks: gr.Blocks, name: str) -> tuple[int, list[Any]]:
    """Return number and honest values of the event with a handler of this name."""
    for number, event in blocks.fns.items():
        if event.fn.__qualname__ == name:
            return number, [part.value for part in event.inputs]
    raise LookupError(name)


def test_what_comes_with_an_event_reaches_its_handler(served: tuple[gr.Blocks, str]) -> None:
    blocks, address = served
    number, values = _event(blocks, "acting.<locals>.act")
    detail = {"do": "start", "visitor": "1234-5678", "recipe": "fast", "pace": "full"}
    body = {"data": values, "fn_index": number, "session_hash": "abc", "event_data": detail}
    answer = httpx.post(address + RUN, json=body, timeout=30)
    assert answer.status_code == 200
    assert "run" in answer.json()["data"][-1]


@pytest.mark.parametrize("value", [FILE, FETCHED, [FILE], {"a": [FETCHED]}])
def test_no_value_is_taken_for_a_file(value: Any, served: tuple[gr.Blocks, str]) -> None:
    """Gradio would fetch the address, or copy the file, before any handler sees the value."""
    blocks, address = served
    number, values = _event(blocks, "_ddpm")
    body = {"data": [value, *values[1:]], "fn_index": number, "session_hash": "abc"}
    answer = httpx.post(address + RUN, json=body, timeout=30)
    assert answer.status_code in (200, 422)
    assert "error" in answer.text
    assert "file=" not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": []}, {"data": None, "fn_index": 0, "session_hash": "abc"},
        {"data": [], "fn_index": 10**400, "session_hash": "abc"},
        {"data": [], "fn_index": -1, "session_hash": "abc"},
        {"data": [], "fn_index": "0", "session_hash": "abc"},
        {"data": [], "fn_index": 0, "session_hash": ""},
        {"data": [], "fn_index": 0, "session_hash": None},
        {"data": [], "fn_index": 0, "session_hash": ["a"]},
        {"data": ["a"] * 1000, "fn_index": 0, "session_hash": "abc"},
        {"data": [], "fn_index": 0, "session_hash": "abc", "batched": True},
        {"data": [], "fn_index": 0, "session_hash": "abc", "trigger_id": 10**9},
        {"data": [], "fn_index": 0, "session_hash": "abc", "event_id": {"a": 1}},
        {"data": [[[[]]]] * 5, "fn_index": 0, "session_hash": "abc", "simple_format": True},
    ],
)  # fmt: skip
def test_no_forged_event_breaks(body: dict[str, Any], served: tuple[gr.Blocks, str]) -> None:
    answer = httpx.post(served[1] + RUN, json=body, timeout=30)
    assert answer.status_code < 500
    assert "error" in answer.text
    assert "Traceback" not in answer.text
