"""What the tabs' event handlers share: quick events, and one sentence for bad input."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import gradio as gr

# Small handlers skip the queue (RESEARCH: half the requests, a tenth of the time), a dragged
# slider sends its last value, and the components show progress themselves.
QUICK: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
}

P = ParamSpec("P")
R = TypeVar("R")


def one_sentence(handler: Callable[P, R]) -> Callable[P, R]:
    """Show a refusal as one sentence and leave everything on screen as it is."""

    @functools.wraps(handler)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False, title="Not possible") from None

    return checked


def choices(words: dict[str, str]) -> list[tuple[str, str]]:
    """Return a dictionary of words as the choices of a dropdown or radio."""
    return [(label, value) for value, label in words.items()]
