"""Figures of noise schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    "log_one_minus_alphas_cumprod",
    "snr",
    "posterior_variance",
    "ddim_sigma",
)
ALWAYS_LOG = {"snr"}  # spans many powers of ten
NEVER_LOG = {"log_one_minus_alphas_cumprod"}  # is a logarithm already, and negative
# Okabe and Ito's palette, which colour-blind eyes can tell apart, on white and on black.
COLORS = {
    "tutorial": "#D55E00",
    "linear": "#0080C8",
    "scaled_linear": "#56B4E9",
    "quadratic": "#B08A00",
    "cosine": "#009E73",
    "sigmoid": "#CC79A7",
}
OWN_COLOR = "#8B5CF6"
DASHES = {"scaled_linear": "dash", "quadratic": "dot", "sigmoid": "dashdot"}
HEIGHT = 240


def label_of(name: str) -> str:
    """Return what a schedule is called in a legend."""
    return name.replace("_", " ") if name in COLORS else "my schedule"


def style_of(name: str) -> dict[str, str]:
    """Return the colour and dash of a schedule's lines, the same wherever it is drawn."""
    return {"color": COLORS.get(name, OWN_COLOR), "dash": DASHES.get(name, "solid")}


def _laid_out(figure: go.Figure, *, log: bool) -> go.Figure:
    # The marks of a logarithmic axis are the page's own choice, see ``chart.js``.
    figure.update_yaxes(type="log" if log else "linear", exponentformat="power", nticks=6)
    figure.update_xaxes(title_text="t", title_standoff=2)
    figure.update_layout(
        hovermode="x unified",
        showlegend=False,
        height=HEIGHT,
        margin={"l": 46, "r": 8, "t": 8, "b": 36},
    )
    return figure


def _left_out(columns: Iterable[NDArray[Any]]) -> str:
    """Say which values a logarithmic axis has no place for."""
    zeros = sorted({int(t) + 1 for values in columns for t in np.flatnonzero(values <= 0)})
    if not zeros:
        return ""
    if len(zeros) > 2:
        return "Values of 0 have no place on a logarithmic axis."
    at = " and ".join(f"t = {t}" for t in zeros)
    return f"The 0 at {at} has no place on a logarithmic axis."


def _line(name: str, values: NDArray[Any], *, log: bool) -> go.Scatter:
    return go.Scatter(
        x=np.arange(1, len(values) + 1),
        # A logarithmic axis has no place for 0: leave a gap rather than draw a wrong point.
        y=np.where(values > 0, values, np.nan) if log else values,
        mode="lines",
        name=label_of(name),
        line={**style_of(name), "width": 2.2},
        hovertemplate="%{y:.4g}",
    )


def schedule_figure(
    table: Mapping[str, Mapping[str, NDArray[Any]]], quantity: str, *, log: bool
) -> go.Figure:
    """Draw one quantity of some schedules against t.

    Parameters
    ----------
    table : mapping
        Schedule to quantity to values of shape (T,).
    quantity : str
        One of :data:`QUANTITIES`.
    log : bool
        Logarithmic vertical axis, where the quantity allows one.

    Returns
    -------
    plotly Figure
        Without title or legend: the page has both in its own letters. ``layout.meta.add`` says
        what a logarithmic axis leaves out, if it does.
    """
    log = (log or quantity in ALWAYS_LOG) and quantity not in NEVER_LOG
    columns = {
        name: np.asarray(values[quantity], dtype=np.float64) for name, values in table.items()
    }
    figure = go.Figure([_line(name, values, log=log) for name, values in columns.items()])
    if log and (left_out := _left_out(columns.values())):
        figure.update_layout(meta={"add": left_out})
    return _laid_out(figure, log=log)


def floor_figure(
    floors: Mapping[str, NDArray[Any]], means: Mapping[str, float], *, log: bool
) -> go.Figure:
    """Draw the lowest possible loss over t for some schedules, and its mean as a dashed line.

    Parameters
    ----------
    floors : mapping of str to ndarray, shape (T,)
    means : mapping of str to float
        Where a training loss stops falling.
    log : bool
        Logarithmic vertical axis.

    Returns
    -------
    plotly Figure
        ``layout.meta.note`` states the means.
    """
    figure = go.Figure([_line(name, values, log=log) for name, values in floors.items()])
    for name, mean in means.items():
        ends = [1, len(floors[name])]
        color = style_of(name)["color"]
        figure.add_scatter(
            x=ends,
            y=[mean, mean],
            mode="lines",
            line={"color": color, "dash": "2px,4px", "width": 1.4},
            showlegend=False,
            name=f"mean, {label_of(name)}",
            hoverinfo="skip",
        )
    stated = ", ".join(f"{label_of(name)} {mean:.3f}" for name, mean in means.items())
    meta = {"note": f"Mean: {stated}", "wide": True}
    if log and (left_out := _left_out(floors.values())):
        meta["add"] = left_out
    _laid_out(figure, log=log)
    return figure.update_layout(height=300, meta=meta)
