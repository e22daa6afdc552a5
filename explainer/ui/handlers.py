"""What the tabs' event handlers share: quick events, and one sentence for bad input."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import gradio as gr

# Small handlers skip the queue (half the requests, a tenth of the time), a dragged
# slider sends its last value, and the components show progress themselves.
QUICK: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
    # Gradio's own check would answer a value out of range with an HTTP 500 and a traceback in the
    # log, and round what is not whole; ours names the field and keeps the picture.
    "preprocess": False,
}

P = ParamSpec("P")
Value = dict[str, Any]  # of a component of ours: what to show, or {"error": sentence}


def one_sentence(handler: Callable[P, Value]) -> Callable[P, Value]:
    """Turn a refusal into the value ``{"error": sentence}``.

    The component shows the sentence and keeps its picture. Raising ``gr.Error`` instead would be
    an HTTP 500 for an event that skips the queue.
    """

    @functools.wraps(handler)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Value:
        try:
            return handler(*args, **kwargs)
        except ValueError as error:
            return {"error": str(error)}

    return checked


LEAST_T, MOST_T = 10, 1000  # of the page's sliders


def being_typed(T: object) -> bool:
    """Tell a number of steps that is still being typed, as the 2 on the way to 250.

    Gradio reports every key, and mends what is below the slider's range when the field is left.
    """
    return isinstance(T, (int, float)) and not isinstance(T, bool) and 0 <= T < LEAST_T


def choices(words: dict[str, str]) -> list[tuple[str, str]]:
    """Return a dictionary of words as the choices of a dropdown or radio."""
    return [(label, value) for value, label in words.items()]


def chooser(options: Sequence[tuple[str, str]], **settings: Any) -> gr.Dropdown:
    """Return a dropdown, without Gradio's field to type into.

    On a phone that field would bring up a keyboard, over the list.
    """
    return gr.Dropdown(list(options), filterable=False, **settings)
