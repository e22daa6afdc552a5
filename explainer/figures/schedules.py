"""Figures of noise schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

QUANTITIES = (
    "betas",
    "alphas",
    "alphas_cumprod",
    "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod",
    "snr",
)
# Okabe and Ito's palette, which colour-blind eyes can tell apart, on white and on black.
COLORS = {
    "tutorial": "#D55E00",
    "linear": "#0080C8",
    "scaled_linear": "#56B4E9",
    "quadratic": "#B08A00",
    "cosine": "#009E73",
    "sigmoid": "#CC79A7",
}
DASHES = {"scaled_linear": "dash", "quadratic": "dot", "sigmoid": "dashdot"}


def schedule_figure(
    table: Mapping[str, Mapping[str, NDArray[Any]]],
    names: Sequence[str],
    quantity: str,
    *,
    log: bool,
) -> go.Figure:
    """Draw one quantity of the chosen schedules against t.

    Parameters
    ----------
    table : mapping
        Schedule to quantity to values of shape (T,).
    names : sequence of str
        The schedules to draw.
    quantity : str
        One of :data:`QUANTITIES`.
    log : bool
        Logarithmic vertical axis; the SNR, which spans many powers of ten, always has one.

    Returns
    -------
    plotly Figure
        Without title or legend: the page has both in its own letters.
    """
    log = log or quantity == "snr"
    figure = go.Figure()
    seen = []
    for name in names:
        values = np.asarray(table[name][quantity], dtype=np.float64)
        seen.append(values[values > 0])
        figure.add_scatter(
            x=np.arange(1, len(values) + 1),
            # A logarithmic axis has no place for 0: leave a gap rather than draw a wrong point.
            y=np.where(values > 0, values, np.nan) if log else values,
            mode="lines",
            name=name.replace("_", " "),
            line={"color": COLORS[name], "dash": DASHES.get(name, "solid"), "width": 2.2},
            hovertemplate="%{y:.4g}",
        )
    figure.update_yaxes(type="log" if log else "linear", exponentformat="power", nticks=6)
    positive = np.concatenate(seen)
    decades = np.log10(positive.max() / positive.min()) if len(positive) else 0
    if log and decades >= 1:  # else plotly writes all digits between two powers over each other
        figure.update_yaxes(dtick=max(1, round(decades / 5)))
    figure.update_xaxes(title_text="t", title_standoff=2)
    figure.update_layout(
        hovermode="x unified",
        showlegend=False,
        height=240,
        margin={"l": 46, "r": 8, "t": 8, "b": 36},
    )
    return figure
