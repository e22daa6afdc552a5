"""Own points: a pad to draw on and a place for a CSV file, as one Gradio component."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from explainer.ui.mounted import mounted


def own_points_pad(
    words: Mapping[str, str] | None = None,
    *,
    folded: str | None = None,
    elem_id: str | None = None,
) -> gr.HTML:
    """Return a pad for drawing points and uploading a table.

    It fires ``input`` when points are to be used at once (after each stroke, and on "Use these
    points"), and ``change`` when the page has been loaded again and points of before are still
    to be had, which should be offered but not switched to. Both carry ``{"name", "label", "n"}``
    in ``gr.EventData._data``, straight from the page: check the name with
    :func:`explainer.own.is_own`, and treat the label as what somebody typed.

    Parameters
    ----------
    words : mapping of str to str, optional
        What the pad says, in another language; for the keys see ``WORDS`` in ``pad.js``.
    folded : str, optional
        Title that the pad is folded under. Better than a ``gr.Accordion``, whose inside does not
        exist before it is opened: this pad offers the points of before at once.
    elem_id : str, optional
        The element's id.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/pad.js",
        f'<div data-pad style="min-height: {40 if folded else 440}px"></div>',
        what="The drawing pad",
        arguments="element, props, trigger",
        elem_id=elem_id,
        folded=folded,
        words=dict(words or {}),
    )
