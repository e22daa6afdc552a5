"""Every event of the page, called with what no page of ours would send."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import warnings
from collections.abc import Iterator
from typing import Any

import gradio as gr
import numpy as np
import pytest
from gradio.state_holder import SessionState

from explainer.jobs import JobStore
from explainer.own import keep_curve, keep_model, keep_points
from explainer.ui.build import build_app
from explainer.ui.services import Services
from tests.jobs.helpers import FakeRunner
from tests.made_models import model_bytes

NOT_KEPT = "own-0123456789abcdef"
HTML = "<img src=x onerror=alert(1)>"
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}
HOSTILE: list[Any] = [
    float("nan"), float("inf"), True, None, [], {}, "", "x" * 10_000, -1, 0, 7, 50.5, 10**30,
    10**400, [[[]]], ["a"] * 1000, [{}], {"a": [1]}, "nope", "\ud800", "\x00", HTML, NOT_KEPT,
    [NOT_KEPT], f"exact-{NOT_KEPT}", "exact-nope", FILE, [FILE],
]  # fmt: skip
BOUND = 30_000  # characters of all that an event answers; the largest honest one has half of it
LONGEST_SENTENCE = 500


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="module")
def built(loop: asyncio.AbstractEventLoop) -> Iterator[gr.Blocks]:
    store = JobStore(FakeRunner())

    async def build() -> gr.Blocks:  # outside a loop Gradio would make some, and leave them open
        return build_app(Services(store, None))  # type: ignore[arg-type]

    yield loop.run_until_complete(build())
    store.close()


def events(built: gr.Blocks) -> list[Any]:
    """Return the page's events, one of those with the same handler and inputs."""
    found: dict[Any, Any] = {}
    for event in built.fns.values():
        found.setdefault((event.fn, tuple(part._id for part in event.inputs)), event)
    return list(found.values())


def honest_details() -> dict[str, dict[str, Any]]:
    """Return what the page itself sends with an event, by the handler that takes it."""
    asked = {"visitor": "1234-5678", "recipe": "fast", "pace": "full"}
    points = np.linspace(0, 1, 40).reshape(20, 2)
    model = keep_model(model_bytes())
    curve = keep_curve([0, 0.5, 1], [1, 0.4, 0.001], "handles")
    return {
        "act start": {"do": "start", **asked},
        "act restore": {"do": "restore", "model": model, **asked},
        "act mend": {"do": "mend", **asked},
        "_way_out": {"schedule": "cosine", "T": 100, "zero_terminal_snr": True},
        "offer_points": {"name": keep_points(points, points[:, 0]), "label": "mine", "n": 20},
        "offer_models": {"models": [{"name": model, "label": "mine"}]},
        "offer_schedule": {"name": curve, "label": "mine", "T": 100},
    }


def takes_detail(event: Any) -> bool:
    return "event" in inspect.signature(event.fn).parameters


def details_of(event: Any) -> list[Any]:
    if not takes_detail(event):
        return [None]
    name = event.fn.__qualname__
    found = [sent for key, sent in honest_details().items() if key.split()[0] in name]
    assert found, f"no honest detail for {name}"
    return found


class Caller:
    """Calls events as Gradio does, but for the way through HTTP."""

    def __init__(self, built: gr.Blocks, loop: asyncio.AbstractEventLoop) -> None:
        self.built, self.loop, self.session = built, loop, SessionState(built)

    def __call__(self, event: Any, inputs: list[Any], detail: Any = None) -> str:
        """Return what is sent back, as JSON."""
        inputs = copy.deepcopy(inputs)  # one that is kept in the session is changed in place
        first = [gr.EventData(None, detail)] if takes_detail(event) else []
        said = event.fn(*first, *inputs)
        said = [said] if len(event.outputs) == 1 else list(said)
        answer = said if all(map(is_nothing, said)) else self.sent(event, said)
        text = json.dumps(answer, allow_nan=False)
        text.encode()
        assert len(text) < BOUND, event.fn.__qualname__
        for value in answer:
            if isinstance(value, dict) and "error" in value:
                check_sentence(value["error"])
        return text

    def sent(self, event: Any, said: list[Any]) -> list[Any]:
        with warnings.catch_warnings():
            # Gradio's, of values that only other sessions were offered: told to the log, no harm.
            warnings.filterwarnings("ignore", "The value passed into gr.Dropdown", UserWarning)
            work = self.built.postprocess_data(event, said, self.session)
            return list(self.loop.run_until_complete(work))


def is_nothing(value: Any) -> bool:
    """Tell what changes no component: Gradio has no work with it."""
    return isinstance(value, dict) and (value == gr.skip() or set(value) == {"error"})


@pytest.fixture(scope="module")
def call(built: gr.Blocks, loop: asyncio.AbstractEventLoop) -> Caller:
    return Caller(built, loop)


def check_sentence(said: Any) -> None:
    assert isinstance(said, str)
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) <= LONGEST_SENTENCE
    for inside in ("Traceback", "pydantic", "Input should", "NoneType", "object has no"):
        assert inside not in said


def honest(event: Any) -> list[Any]:
    return [part.value for part in event.inputs]


def test_every_event_is_quick_and_checks_for_itself(built: gr.Blocks) -> None:
    assert len(built.fns) > 50
    for event in built.fns.values():
        name = f"{event.fn} of {event.targets}"
        assert event.queue is False, name
        assert event.preprocess is False, name
        assert event.api_visibility == "private", name
        assert not event.batch, name
        assert not inspect.isgeneratorfunction(event.fn), name
        assert not inspect.iscoroutinefunction(event.fn), name  # it would run in the event loop
        assert event.js is None, name


def test_nothing_of_the_page_takes_a_file_or_a_function(built: gr.Blocks) -> None:
    assert not any(getattr(part, "server_functions", None) for part in built.blocks.values())
    kinds = {type(part).__name__ for part in built.blocks.values()}
    assert not kinds & {
        "File",
        "Image",
        "UploadButton",
        "FileExplorer",
        "LoginButton",
        "DeepLinkButton",
    }


def test_honest_values_are_answered(built: gr.Blocks, call: Caller) -> None:
    for event in events(built):
        for detail in details_of(event):
            assert '"error"' not in call(event, honest(event), detail), event.fn.__qualname__


def test_hostile_values_get_a_value_or_one_sentence(built: gr.Blocks, call: Caller) -> None:
    for event in events(built):
        for detail in details_of(event):
            # The other details are for the same handler, which looks at the inputs the same way.
            few = slice(None) if detail in details_of(event)[:1] else slice(4)
            for i, part in enumerate(event.inputs):
                if part.stateful:
                    continue  # kept by the server: a page cannot send it
                for value in HOSTILE[few]:
                    inputs = honest(event)
                    inputs[i] = value
                    assert '"path"' not in call(event, inputs, detail), (event.fn, i)


def test_hostile_details_get_a_value_or_one_sentence(built: gr.Blocks, call: Caller) -> None:
    for event in filter(takes_detail, events(built)):
        for detail in details_of(event):
            sent = [*HOSTILE, {**detail, "more": 1}]
            sent += [{**detail, key: value} for key in detail for value in HOSTILE]
            sent += [{k: v for k, v in detail.items() if k != key} for key in detail]
            if "models" in detail:
                (model,) = detail["models"]
                sent += [{"models": [{**model, "label": value}]} for value in HOSTILE]
                sent += [{"models": [{**model, "name": value}] * 50} for value in HOSTILE]
            for forged in sent:
                assert '"path"' not in call(event, honest(event), forged), forged


@pytest.mark.parametrize("value", [None, True, [], {}, "x", 10**30, float("nan")])
def test_all_inputs_hostile_at_once(value: Any, built: gr.Blocks, call: Caller) -> None:
    for event in events(built):
        inputs = [part.value if part.stateful else value for part in event.inputs]
        for detail in details_of(event):
            call(event, inputs, detail)


def test_only_what_was_offered_goes_back_into_a_chooser(built: gr.Blocks, call: Caller) -> None:
    detail = honest_details()["offer_schedule"]
    (event,) = (
        one for one in events(built) if one.fn.__qualname__ == "offer_schedule.<locals>.used"
    )
    sent = ["linear", "donut", HTML, NOT_KEPT, {"a": 1}, FILE]
    compared, *others, _ = json.loads(call(event, [sent, sent, sent, sent], detail))
    assert compared["value"] == ["linear", detail["name"]]
    assert all("value" not in update for update in others)
