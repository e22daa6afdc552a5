"""Plotly charts that keep their zoom while their data change.

``gr.Plot`` mounts a new chart for every new value, which loses zoom and legend state and takes
twice as long; this component hands the figures to ``Plotly.react``, with the plotly.js that comes
with the installed plotly, served by the app itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gradio as gr

from explainer.ui.mounted import mounted


def chart_value(
    src: str,
    *,
    later: Mapping[str, str] | None = None,
    csv: str | None = None,
    csv_name: str = "schedules.csv",
) -> dict[str, Any]:
    """Return the value that makes the charts show other figures.

    Parameters
    ----------
    src : str
        Address of a JSON object of plotly figures by name, relative to the page; the traces of
        the first make the legend. In a figure's ``layout.meta``, ``note`` takes the place of the
        line that explains it, ``add`` follows it, and ``wide`` gives the figure a whole row.
    later : mapping of str to str, optional
        Addresses of single figures, by name, that take longer: each comes when it is there.
    csv : str, optional
        Address of the same as a table, to be downloaded.
    csv_name : str
        What the downloaded file is called.

    Returns
    -------
    dict
    """
    value: dict[str, Any] = {"src": src, "later": dict(later or {})}
    return {**value, "csv": csv, "csvName": csv_name} if csv else value


def charts(
    value: str | Mapping[str, Any],
    *,
    label: str,
    words: Mapping[str, tuple[str, str] | str],
) -> gr.HTML:
    """Return a component that shows figures side by side, as many as there is room for.

    Charts with the same title of their horizontal axis show their values together while the
    pointer is over one of them.

    Parameters
    ----------
    value : str or mapping
        An address, or what :func:`chart_value` returns; an event handler shows other figures by
        returning the latter, or ``{"error": sentence}``.
    label : str
        Its name for a screen reader.
    words : mapping
        By the figures' names: a title, and the line that explains it; and what the component
        itself says, see ``WORDS`` in ``panels.js``.

    Returns
    -------
    gr.HTML
    """
    return mounted(
        "static/page/panels.js",
        '<div data-charts style="min-height: 560px"></div>',
        what="The charts",
        value=chart_value(value) if isinstance(value, str) else dict(value),
        label=label,
        words={name: said if isinstance(said, str) else list(said) for name, said in words.items()},
    )
