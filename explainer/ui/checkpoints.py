"""The models that a learner keeps, offered again when the page has been loaded again."""

from __future__ import annotations

import gradio as gr

from explainer.ui.mounted import mounted
from explainer.ui.text.checkpoints import CHECKPOINT_WORDS


def remembered_models() -> gr.HTML:
    """Return what offers the checkpoints of before, whatever tab is open.

    It fires ``change`` with ``{"models": [{"name", "label"}, ...]}``, those that the server still
    has, straight from the page: see :func:`explainer.ui.made.models_made`. It cannot be seen, and
    it stands apart because Gradio mounts what is in a tab only when the tab is opened. Put it
    outside all tabs.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/models.js",
        "",
        what="The checkpoints of before",
        arguments="element, props, trigger",
        visible="hidden",
        words={"step": CHECKPOINT_WORDS["step"]},
    )
