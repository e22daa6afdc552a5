"""What keeps a training run alive after a reload, until its tab is opened."""

from __future__ import annotations

import gradio as gr

from explainer.ui.mounted import mounted


def lease() -> gr.HTML:
    """Return what asks for the runs of before a reload; it cannot be seen.

    It stands outside all tabs, because Gradio mounts what is in a tab only when that is opened.
    """
    return mounted(
        "static/page/lease.js", "", what="What keeps runs alive", arguments="", visible="hidden"
    )
