"""A schedule of one's own: handles of alpha_bar to drag, or betas to paste; and after a reload."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

JS_ON_LOAD = """
import(new URL("static/page/designer.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, watch, trigger))
  .catch((error) => console.error("The designer could not be loaded:", error));
"""

AGAIN_ON_LOAD = """
import(new URL("static/page/again.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, trigger))
  .catch((error) => console.error("The schedule of before could not be offered:", error));
"""


def schedule_designer(words: Mapping[str, str] | None = None) -> gr.HTML:
    """Return the designer of a schedule.

    It posts to ``api/own/schedule``, relative to the page, ``{"handles": [[u, alpha_bar], ...]}``
    (without the knot (0, 1)) or ``{"betas": text}``, and expects ``{"name", "T", "u",
    "alpha_bar"}`` or, with status 422, ``{"error": sentence}``. Whatever the learner made and the
    server accepted is an ``input`` with the data ``name``, ``T`` and ``label``: listeners that take
    a ``gr.EventData`` find the three as its attributes. The browser remembers it for
    :func:`remembered_schedule`.

    Parameters
    ----------
    words : mapping of str to str, optional
        What it says, in another language; for the keys see ``designer.js``.

    Returns
    -------
    gr.HTML
    """
    return gr.HTML(
        html_template='<div data-designer style="min-height: 380px"></div>',
        js_on_load=JS_ON_LOAD,
        apply_default_css=False,
        words=dict(words or {}),
    )


def remembered_schedule() -> gr.HTML:
    """Return what offers the schedule of before when the page has been loaded again.

    It posts what :func:`schedule_designer` remembered, and fires ``change`` with the same data as
    that one's ``input``; what the server refuses is forgotten. It cannot be seen. It stands apart
    because Gradio mounts what is in a tab only when the tab is opened: the designer itself would
    come too late for the other tabs. Put it outside all tabs.

    Returns
    -------
    gr.HTML
    """
    return gr.HTML(
        html_template="", js_on_load=AGAIN_ON_LOAD, apply_default_css=False, visible="hidden"
    )
