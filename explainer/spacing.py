"""Which of a schedule's noise levels a walk back visits."""

from __future__ import annotations

from typing import get_args

from explainer.settings import Spacing


def timesteps(T: int, n: int, spacing: Spacing = "trailing") -> list[int]:
    """Choose n of T noise levels, descending (the DDIM paper's tau, reversed).

    Parameters
    ----------
    T : int
        Number of noise levels.
    n : int
        How many to visit, 1 to T.
    spacing : {"trailing", "leading", "quadratic"}
        ``trailing`` is even and starts at T-1; ``leading`` is even and ends at 0, so it starts
        below T-1 (arXiv 2305.08891, table 2); ``quadratic`` starts at T-1 and is denser near the
        data (arXiv 2010.02502, appendix D.2).

    Returns
    -------
    list of int
        Descending, distinct, within 0 .. T-1.

    Raises
    ------
    ValueError
        If n is not in 1 .. T or the spacing is unknown.
    """
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= T:
        raise ValueError(f"n must be a whole number between 1 and T = {T}, not {n!r}")
    if spacing == "trailing":
        return [round(T - k * T / n) - 1 for k in range(n)]
    if spacing == "leading":
        return [k * (T // n) for k in reversed(range(n))]
    if spacing == "quadratic":
        # Where the parabola is flatter than one level a step, go down level by level.
        return [max(round(T * (k / n) ** 2), k) - 1 for k in range(n, 0, -1)]
    raise ValueError(f"spacing must be one of {', '.join(get_args(Spacing))}, not {spacing!r}")
