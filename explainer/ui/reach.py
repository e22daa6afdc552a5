"""What keeps the page as it is while the server cannot be reached."""

from __future__ import annotations

import gradio as gr

from explainer.ui.mounted import mounted
from explainer.ui.text.reach import REACH_WORDS


def reach() -> gr.HTML:
    """Return what repeats the events that found no server; it cannot be seen.

    It stands outside all tabs, because Gradio mounts what is in a tab only when that is opened.
    """
    return mounted(
        "static/page/reach.js",
        "",
        what="What waits for the server",
        arguments="element, props",
        visible="hidden",
        words=REACH_WORDS,
    )
