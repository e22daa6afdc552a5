"""What a training run costs, known before it starts.

Importing this module imports no torch: the web server refuses what would take too long.
"""

from __future__ import annotations

from decimal import ROUND_UP, Context

from explainer.config import FREQUENCIES, TIME_FEATURES, TrainConfig
from explainer.settings import InvalidSetting

BUDGET = 10**13
"""Multiply-adds that one run may take; the tutorial takes 4 · 10¹².

On one core that is five minutes with the largest network, and up to forty with a small one, whose
time goes elsewhere: there the limit on steps in :class:`TrainConfig` is what bounds it."""

ENTRY = 50
"""Multiply-adds that cost as much as an entry of a learned table of t: fetching it, its gradient
and Adam's two moments, at every step whether it was used or not."""

SAMPLING_BUDGET = 10**11
"""Multiply-adds of one sample, about five seconds."""

SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def points_per_step(config: TrainConfig) -> int:
    """Count the points of a full batch, which every noise level may have to share alike."""
    c = config
    if c.t_sampling == "stratified":
        levels = min(c.T, c.batch_size)
        return c.batch_size // levels * levels
    return min(c.batch_size, c.n_points)


def multiply_adds(config: TrainConfig) -> int:
    """Count the multiply-adds of the matrix products in one optimiser step with a full batch.

    A product on the way forward brings two more on the way back: for the gradient of the weights,
    and for that of the layer's input, which the first layers do not need. All else, such as the
    activations and the optimiser, is of lower order and not counted; neither are snapshots.

    Parameters
    ----------
    config : TrainConfig

    Returns
    -------
    int
        Half of what :class:`torch.utils.flop_counter.FlopCounterMode` counts.
    """
    c = config
    points = points_per_step(c)
    levels = min(c.T, c.batch_size) if c.t_sampling == "stratified" else points
    features = 2 if c.network == "tutorial" else 2 + 2 * FREQUENCIES
    first = 2 * features * c.width
    waves = 0 if c.network == "tutorial" else 2 * FREQUENCIES  # nothing to learn: forward alone
    others = 3 * ((c.depth - 1) * c.width**2 + 2 * c.width)
    time = 2 * TIME_FEATURES * c.width if c.time_embedding == "sinusoidal" else 0
    return points * (waves + first + others) + levels * time


def _work(config: TrainConfig) -> int:
    """Return what a step takes, in multiply-adds; of a learned table every entry is looked at."""
    c = config
    table = c.T * c.width * c.depth if c.time_embedding == "learned" else 0
    return multiply_adds(c) + ENTRY * table


def check_budget(config: TrainConfig) -> None:
    """Refuse a run that would take more than :data:`BUDGET`.

    The largest network and batch could still do 1,500 steps, so that fewer steps always help.

    Raises
    ------
    InvalidSetting
        With one sentence that names how many steps there may be.
    """
    per_step = _work(config)
    total = per_step * config.steps
    if total > BUDGET:
        raise InvalidSetting(
            f"steps must be at most {BUDGET // per_step:,} with this width, depth and batch_size: "
            f"the run would take {_short(total)} multiply-adds, and {_short(BUDGET)} are allowed."
        )


def check_sampling(config: TrainConfig, n: int, steps: int) -> None:
    """Refuse samples that would take more than :data:`SAMPLING_BUDGET`.

    Raises
    ------
    InvalidSetting
        With one sentence that names how many steps there may be.
    """
    per_step = n * config.depth * config.width**2
    if steps * per_step > SAMPLING_BUDGET:
        raise InvalidSetting(
            f"steps must be at most {SAMPLING_BUDGET // per_step:,} with this model and {n:,} "
            f"points: it has {config.depth} layers of {config.width} units."
        )


def _short(value: int) -> str:
    """Write a large number as 3.2 · 10¹³; rounded up, so that too much never looks allowed."""
    rounded = Context(prec=2, rounding=ROUND_UP).create_decimal(value)
    digits, exponent = f"{rounded:.1e}".split("e+")
    return f"{digits} · 10{exponent.translate(SUPERSCRIPTS)}"
