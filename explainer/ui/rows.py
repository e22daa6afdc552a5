"""Rows of point clouds: what each schedule leaves of the data on its way to t = T."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from explainer.ui.mounted import mounted


def cloud_rows(src: str, label: str, words: Mapping[str, str] | None = None) -> gr.HTML:
    """Return a component that shows a row of five clouds and a verdict for each schedule.

    Parameters
    ----------
    src : str
        Address of a container (see :mod:`explainer.frames`), relative to the page. Its header has
        ``limits`` and ``rows``, each with ``name``, ``label``, ``color``, ``dash``, ``titles`` (of
        the five clouds), ``verdict``, ``level`` ("good", "close" or "far") and ``numbers`` (pairs
        of a name and a value, as text); its arrays are ``frames``, uint16 of shape
        (5 * rows, n, 2), and ``color``, uint8 of shape (n,). An event handler shows others by
        returning ``{"src": url}``.
    label : str
        Its title.
    words : mapping of str to str, optional
        What it says, in another language; for the keys see ``rows.js``.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/rows.js",
        '<div data-rows style="min-height: 320px"></div>',
        what="The rows of clouds",
        value={"src": src},
        label=label,
        words=dict(words or {}),
    )
