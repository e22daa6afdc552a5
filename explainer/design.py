"""A designed noise schedule, checked: handles of alpha-bar, or pasted betas."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

MAX_BETAS = 1000
MAX_HANDLES = 20
MIN_ALPHA_BAR, MAX_ALPHA_BAR = 1e-6, 1 - 1e-6
MIN_BETA, MIN_LAST = 1e-9, 1e-12  # beyond, double precision runs out at some number of steps
DECIMAL_COMMA = re.compile(r"(?<![\d.])0,\d+[\s;]+0,\d")


def knots_of_handles(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Check the handles that a smooth curve is drawn through.

    Parameters
    ----------
    pairs : sequence of (float, float)
        u and alpha-bar of 2 to 20 handles, finite, without the fixed one at (0, 1).

    Returns
    -------
    u, alpha_bar : list of float
        The knots, (0, 1) first.

    Raises
    ------
    ValueError
        With one sentence that names the handle.
    """
    if not 2 <= len(pairs) <= MAX_HANDLES:
        raise ValueError(f"There must be 2 to {MAX_HANDLES} handles, not {len(pairs)}.")
    for i, (u, alpha_bar) in enumerate(pairs, start=1):
        if not 0 < u <= 1:
            raise ValueError(f"Handle {i}: u must be greater than 0 and at most 1, not {u:g}.")
        if not MIN_ALPHA_BAR <= alpha_bar <= MAX_ALPHA_BAR:
            raise ValueError(
                f"Handle {i}: ᾱ must be at least {MIN_ALPHA_BAR:g} and at most "
                f"{MAX_ALPHA_BAR:g}, not {alpha_bar:g}."
            )
    for i, ((u0, a0), (u1, a1)) in enumerate(itertools.pairwise(pairs), start=2):
        if u1 <= u0:
            raise ValueError(
                f"Handle {i}: u must be greater than at handle {i - 1} ({u0:#.2g}), not {u1:#.2g}."
            )
        if a1 >= a0:
            raise ValueError(
                f"Handle {i}: ᾱ must be lower than at handle {i - 1} ({a0:#.2g}), not {a1:#.2g}."
            )
    if pairs[-1][0] != 1:
        raise ValueError(f"Handle {len(pairs)}, the last, must have u = 1, not {pairs[-1][0]:g}.")
    return [0.0, *(u for u, _ in pairs)], [1.0, *(a for _, a in pairs)]


def knots_of_betas(text: str) -> tuple[list[float], list[float]]:
    """Read betas from a text as people paste it.

    Parameters
    ----------
    text : str
        2 to 1000 numbers between commas, semicolons, spaces, brackets or newlines.

    Returns
    -------
    u, alpha_bar : list of float
        A knot after each step, (0, 1) first.

    Raises
    ------
    ValueError
        With one sentence that names the beta.
    """
    cells = re.sub(r"[\[\](){},;\s]+", " ", text).split()
    if DECIMAL_COMMA.search(text):
        raise ValueError(
            "A comma stands between two β; write a decimal sign as a point, as in 0.02."
        )
    if not 2 <= len(cells) <= MAX_BETAS:
        raise ValueError(f"There must be 2 to {MAX_BETAS} values of β, not {len(cells)}.")
    alpha_bar = [1.0]
    for i, cell in enumerate(cells, start=1):
        shown = cell if len(cell) <= 20 else cell[:19] + "…"
        try:
            # Python alone reads 1_000, and digits of other scripts.
            beta = float(cell if cell.isascii() and "_" not in cell else "")
        except ValueError:
            raise ValueError(f"Beta {i} is not a number: '{shown}'.") from None
        if not 0 < beta < 1:  # nan and inf too
            raise ValueError(f"Beta {i} is {shown}: every β must lie between 0 and 1.")
        if not MIN_BETA <= beta <= 1 - MIN_BETA:
            raise ValueError(
                f"Beta {i} is {shown}: every β must lie between {MIN_BETA:g} and 1 − {MIN_BETA:g}."
            )
        alpha_bar.append(alpha_bar[-1] * (1 - beta))
        if alpha_bar[-1] < MIN_LAST:
            raise ValueError(
                f"Beta {i} leaves ᾱ = {alpha_bar[-1]:.1e}: at least {MIN_LAST:g} must be left."
            )
    return [i / len(cells) for i in range(len(cells) + 1)], alpha_bar
