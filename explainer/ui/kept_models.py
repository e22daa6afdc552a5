"""The models that a learner keeps, offered to every tab."""

from __future__ import annotations

import gradio as gr

from explainer.ui.mounted import mounted
from explainer.ui.text.checkpoints import CHECKPOINT_WORDS


def kept_models() -> gr.HTML:
    """Return what offers the models of the list of checkpoints; it cannot be seen.

    It fires ``input`` when the first of them is to be used at once and ``change`` when they are
    only to be offered, also for those of before a reload. It stands outside all tabs, because
    Gradio mounts what is in a tab only when that is opened.
    """
    return mounted(
        "static/page/offering.js",
        "",
        what="The kept models",
        arguments="element, props, trigger",
        visible="hidden",
        words=CHECKPOINT_WORDS,
    )
