"""A schedule of one's own: handles of alpha_bar to drag, or betas to paste."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

JS_ON_LOAD = """
import(new URL("static/page/designer.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, watch, trigger))
  .catch((error) => console.error("The designer could not be loaded:", error));
"""


def schedule_designer(words: Mapping[str, str] | None = None) -> gr.HTML:
    """Return the designer of a schedule.

    It posts to ``api/own/schedule``, relative to the page, ``{"handles": [[u, alpha_bar], ...]}``
    (without the knot (0, 1)) or ``{"betas": text}``, and expects ``{"name", "T", "u",
    "alpha_bar"}`` or, with status 422, ``{"error": sentence}``. Whatever is accepted is an event
    with the data ``name``, ``T`` and ``label``: ``input`` when the learner made it, ``change``
    when it was kept from an earlier visit and is only to be offered. Listeners that take a
    ``gr.EventData`` find the three as its attributes.

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
