"""Gaussian data, whose perfect denoiser is a multiplication: every walk has a closed form."""

from __future__ import annotations

import math

from torch import Tensor

from explainer.objectives import Prediction
from explainer.schedules import NoiseSchedule


class LinearDenoiser:
    """The posterior mean of x_0 ~ N(0, c²), per coordinate."""

    def __init__(self, c: float, schedule: NoiseSchedule) -> None:
        self.c, self.schedule = c, schedule

    def gain(self, t: int) -> float:
        """Return what x_t is multiplied with to become x0."""
        abar = self.schedule.alpha_bar(t)
        return math.sqrt(abar) * self.c**2 / (abar * self.c**2 + 1 - abar)

    def __call__(self, x_t: Tensor, t: Tensor) -> Prediction:
        """Return the prediction at x_t (..., 2) and one t."""
        abar = self.schedule.alpha_bar(int(t))
        x0 = self.gain(int(t)) * x_t
        return Prediction(x0=x0, eps=(x_t - math.sqrt(abar) * x0) / math.sqrt(1 - abar))


def linear_walk(denoiser: LinearDenoiser, stops: list[int], eta: float) -> tuple[float, float]:
    """Propagate one step after the other: DDIM's equations 12 and 16, arXiv 2010.02502.

    Returns
    -------
    factor : float
        What the start is multiplied with.
    variance : float
        What the steps' noise comes to at the end, per coordinate.
    """
    factor, variance = 1.0, 0.0
    for t, t_prev in zip(stops, [*stops[1:], -1], strict=True):
        a = denoiser.schedule.alpha_bar(t)
        a_prev = denoiser.schedule.alpha_bar(t_prev)
        sigma2 = eta**2 * (1 - a_prev) / (1 - a) * (1 - a / a_prev)
        gain = denoiser.gain(t)
        eps = (1 - math.sqrt(a) * gain) / math.sqrt(1 - a)
        step = math.sqrt(a_prev) * gain + math.sqrt(1 - a_prev - sigma2) * eps
        factor, variance = step * factor, step**2 * variance + sigma2
    return factor, variance
