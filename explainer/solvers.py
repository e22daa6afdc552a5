"""A second-order solver of the way back: what one remembered prediction is worth."""

from __future__ import annotations

import math

from torch import Tensor

from explainer.objectives import Prediction
from explainer.sampling import Noise, Step
from explainer.schedules import NoiseSchedule

Earlier = tuple[int, Tensor]
"""The level visited before this one, and the x0 predicted there, shape (n, 2)."""


def log_snr(schedule: NoiseSchedule, t: int) -> float:
    r"""Return half the log-SNR :math:`\lambda_t = \log(\sqrt{\bar\alpha} / \sqrt{1-\bar\alpha})`.

    It is infinite at the data, t = -1, and minus infinity where nothing of them is left.
    """
    abar = schedule.alpha_bar(t)
    if abar in (0.0, 1.0):
        return math.inf if abar else -math.inf
    return 0.5 * math.log(abar / (1 - abar))


def dpm_solver_step(
    x_t: Tensor,
    t: int,
    t_prev: int,
    prediction: Prediction,
    schedule: NoiseSchedule,
    *,
    earlier: Earlier | None = None,
) -> Tensor:
    r"""One step of DPM-Solver++(2M): the predicted x_0 is drawn out to the middle of the step.

    Parameters
    ----------
    x_t : Tensor, shape (n, 2)
    t, t_prev : int
        Index of x_t's noise level and of the next visited one; -1 is the data.
    prediction : Prediction
        At x_t and t.
    schedule : NoiseSchedule
    earlier : (int, Tensor), optional
        What was predicted one step before; without it, and at the step to the data, this is a DDIM
        step.

    Returns
    -------
    Tensor, shape (n, 2)

    References
    ----------
    Lu et al. 2022, arXiv 2211.01095, algorithm 2.
    """
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    here, there = log_snr(schedule, t), log_snr(schedule, t_prev)
    x0 = prediction.x0
    if earlier is not None and t_prev >= 0:
        before, x0_before = earlier
        # Half of h_i / h_{i-1}; where the step before came from no signal at all, that is 0.
        share = 0.5 * (there - here) / (here - log_snr(schedule, before))
        x0 = x0 + share * (x0 - x0_before)  # D_i
    shrunk = math.sqrt((1 - abar_prev) / (1 - abar))
    # alpha (1 - e^{-h}), with e^{-h} written without a quotient of zeros.
    return shrunk * x_t + (math.sqrt(abar_prev) - shrunk * math.sqrt(abar)) * x0


def dpm_solver() -> Step:
    """Make a step for :func:`explainer.sampling.sample`; it remembers the one before in its walk.

    Walks that are under way at the same time need one each.
    """
    earlier: Earlier | None = None

    def step(
        *,
        x_t: Tensor,
        t: int,
        t_prev: int,
        prediction: Prediction,
        schedule: NoiseSchedule,
        noise: Noise,
    ) -> Tensor:
        nonlocal earlier
        x = dpm_solver_step(x_t, t, t_prev, prediction, schedule, earlier=earlier)
        # The next walk, if there is one, must not remember this one.
        earlier = None if t_prev < 0 else (t, prediction.x0)
        return x

    return step
