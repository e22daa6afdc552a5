"""Plotly charts that keep their zoom while their data change.

``gr.Plot`` mounts a new chart for every new value, which loses zoom and legend state and takes
twice as long; this component hands the figures to ``Plotly.react``, with the plotly.js that comes
with the installed plotly, served by the app itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import gradio as gr
import plotly.graph_objects as go

JS_ON_LOAD = """
import(new URL("static/page/chart.js", document.baseURI).href)
  .then(({ mount }) => mount(element, props, watch))
  .catch((error) => console.error("The charts could not be loaded:", error));
"""


def panel(title: str, note: str, figure: go.Figure) -> dict[str, Any]:
    """Return one chart with its title and the line that explains it."""
    return {"title": title, "note": note, "figure": json.loads(figure.to_json())}


def charts_value(panels: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return panels as the value of a charts component; the first one's traces are the legend."""
    return {"panels": list(panels)}


def charts(*, label: str) -> gr.HTML:
    """Return a component that shows panels side by side, as many as there is room for.

    Parameters
    ----------
    label : str
        Its name for a screen reader.

    Returns
    -------
    gr.HTML
        Its value comes from :func:`charts_value`.
    """
    return gr.HTML(
        value=None,
        label=label,
        html_template='<div data-charts style="min-height: 560px"></div>',
        js_on_load=JS_ON_LOAD,
        apply_default_css=False,
    )
