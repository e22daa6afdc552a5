"""Plotly charts that keep their zoom while their data change.

``gr.Plot`` mounts a new chart for every new value, which loses zoom and legend state and takes
twice as long; this component hands the figures to ``Plotly.react``, with the plotly.js that comes
with the installed plotly, served by the app itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

JS_ON_LOAD = """
import(new URL("static/page/chart.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, watch))
  .catch((error) => console.error("The charts could not be loaded:", error));
"""


def charts(src: str, *, label: str, words: Mapping[str, tuple[str, str]]) -> gr.HTML:
    """Return a component that shows figures side by side, as many as there is room for.

    Parameters
    ----------
    src : str
        Address of a JSON object of plotly figures by name, relative to the page; the traces of
        the first make the legend. An event handler shows others by returning ``{"src": url}``.
    label : str
        Its name for a screen reader.
    words : mapping
        By the figures' names: a title, and the line that explains it.

    Returns
    -------
    gr.HTML
    """
    return gr.HTML(
        value={"src": src},
        label=label,
        html_template='<div data-charts style="min-height: 560px"></div>',
        js_on_load=JS_ON_LOAD,
        apply_default_css=False,
        words={name: list(pair) for name, pair in words.items()},
    )
