"""A strip of snapshots to take home, as the tutorial draws it: two rows of ten clouds."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

# Dark enough for white paper from end to end; the page's own colours, from violet to crimson.
COLORS = LinearSegmentedColormap.from_list(
    "shape", ["#4531c4", "#0a6fe0", "#3aa0b8", "#c99a3c", "#cf6a1a", "#c01f2e", "#8f0f58"]
)


def strip_png(
    clouds: NDArray[Any],
    titles: Sequence[str],
    color: NDArray[Any],
    limits: tuple[float, float, float, float],
) -> bytes:
    """Draw clouds in rows of ten.

    Parameters
    ----------
    clouds : ndarray, shape (k, n, 2)
    titles : sequence of k str
    color : ndarray, shape (n,)
        In [0, 1], position along the shape.
    limits : tuple of float
        ``(x_low, x_high, y_low, y_high)``, the same for all clouds.

    Returns
    -------
    bytes
        A PNG.
    """
    columns = min(10, len(clouds))
    rows = -(-len(clouds) // columns)
    # Not pyplot: its figures live in a global register until they are closed.
    figure = Figure(figsize=(1.5 * columns, 1.75 * rows), dpi=120, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(clouds) :]:
        axis.remove()
    for axis, cloud, title in zip(axes, clouds, titles, strict=False):
        axis.scatter(*cloud.T, c=color, cmap=COLORS, s=1.6, linewidths=0)
        axis.set(xlim=limits[:2], ylim=limits[2:], aspect="equal", xticks=[], yticks=[])
        axis.set_title(title, fontsize=9)
        for spine in axis.spines.values():
            spine.set_color("#d4d4d8")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
