"""A schedule of one's own: handles of alpha_bar to drag, or betas to paste; and after a reload."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from explainer.ui.mounted import mounted


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
    return mounted(
        "static/page/designer.js",
        '<div data-designer style="min-height: 380px"></div>',
        what="The designer",
        arguments="element, props, watch, trigger",
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
    return mounted(
        "static/page/again.js",
        "",
        what="The schedule of before",
        arguments="element, props, trigger",
        visible="hidden",
    )
