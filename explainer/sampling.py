"""The way back: from noise to data, one pure step at a time, and the one driver."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, get_args

import torch
from torch import Tensor

from explainer.models import Denoiser
from explainer.objectives import Prediction
from explainer.schedules import NoiseSchedule
from explainer.settings import Spacing

Noise = Tensor | Callable[[], Tensor] | None
"""Standard normal noise of x's shape, or a function that draws it, called only where the step
adds noise."""


class Step(Protocol):
    """What :func:`sample` calls: :func:`ddpm_step`, or :func:`ddim_step` with eta bound."""

    def __call__(  # noqa: D102
        self,
        *,
        x_t: Tensor,
        t: int,
        t_prev: int,
        prediction: Prediction,
        schedule: NoiseSchedule,
        noise: Noise,
    ) -> Tensor: ...


@dataclass(frozen=True)
class SampleState:
    """A cloud on its way back.

    Attributes
    ----------
    x : Tensor, shape (n, 2)
    t : int
        The noise level that x has, in T-1 .. 0; -1 at the end, where x is the sample.
    x0_hat : Tensor, shape (n, 2)
        What the denoiser takes for the clean data at this state; x itself at the end.
    """

    x: Tensor
    t: int
    x0_hat: Tensor


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


def _check_pair(t: int, t_prev: int, schedule: NoiseSchedule) -> None:
    if not -1 <= t_prev < t < schedule.T:
        raise ValueError(
            f"t_prev and t must satisfy -1 <= t_prev < t <= {schedule.T - 1}, got {t_prev} and {t}"
        )


def _draw(noise: Noise) -> Tensor:
    if noise is None:
        raise ValueError("noise is needed here: this step is random")
    return noise() if callable(noise) else noise


def ddpm_step(
    x_t: Tensor,
    t: int,
    prediction: Prediction,
    schedule: NoiseSchedule,
    *,
    noise: Noise,
    t_prev: int | None = None,
) -> Tensor:
    r"""One step of ancestral sampling: draw from :math:`q(x_{t-1} | x_t, x_0 = \hat x_0)`.

    Parameters
    ----------
    x_t : Tensor, shape (n, 2)
    t : int
        Index of x_t's noise level, 0 .. T-1.
    prediction : Prediction
        At x_t and t.
    schedule : NoiseSchedule
    noise : Tensor, shape (n, 2), or callable or None
        Standard normal; not used at the last step, where the variance is 0.
    t_prev : int, optional
        The level to go to, t-1 if left out; a lower one strides.

    Returns
    -------
    Tensor, shape (n, 2)

    Raises
    ------
    ValueError
        If ``-1 <= t_prev < t <= T-1`` does not hold, or noise is needed and missing.

    References
    ----------
    Ho et al. 2020, arXiv 2006.11239, equations 6 and 7.
    """
    t_prev = t - 1 if t_prev is None else t_prev
    _check_pair(t, t_prev, schedule)
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    alpha = abar / abar_prev  # alpha_t, or the product of all alphas strided over
    beta = 1 - alpha
    mean = (math.sqrt(abar_prev) * beta / (1 - abar)) * prediction.x0
    mean = mean + (math.sqrt(alpha) * (1 - abar_prev) / (1 - abar)) * x_t  # eq. 7
    variance = beta * (1 - abar_prev) / (1 - abar)  # beta tilde
    return mean + math.sqrt(variance) * _draw(noise) if variance > 0 else mean


def ddim_step(
    x_t: Tensor,
    t: int,
    t_prev: int,
    prediction: Prediction,
    schedule: NoiseSchedule,
    *,
    eta: float = 0.0,
    noise: Noise = None,
) -> Tensor:
    r"""One DDIM step: predicted x_0, direction back to x_t, and noise if eta is not 0.

    Parameters
    ----------
    x_t : Tensor, shape (n, 2)
        Its shape is all that is used: the prediction holds what there is to know of it.
    t, t_prev : int
        Index of x_t's noise level and of the next visited one; -1 is the data.
    prediction : Prediction
        At x_t and t.
    schedule : NoiseSchedule
    eta : float
        0 is deterministic, 1 is DDPM; in [0, 1].
    noise : Tensor, shape (n, 2), or callable or None
        Standard normal; not used when eta is 0, nor at the last step.

    Returns
    -------
    Tensor, shape (n, 2)

    Raises
    ------
    ValueError
        If eta is outside [0, 1], ``-1 <= t_prev < t <= T-1`` does not hold, or noise is needed
        and missing.

    References
    ----------
    Song et al. 2020, arXiv 2010.02502, equations 12 and 16.
    """
    if not 0 <= eta <= 1:
        raise ValueError(f"eta must be between 0 and 1, got {eta}")
    _check_pair(t, t_prev, schedule)
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    variance = eta**2 * (1 - abar_prev) / (1 - abar) * (1 - abar / abar_prev)  # eq. 16
    direction = math.sqrt(max(1 - abar_prev - variance, 0.0))
    x_prev = math.sqrt(abar_prev) * prediction.x0 + direction * prediction.eps  # eq. 12
    return x_prev + math.sqrt(variance) * _draw(noise) if variance > 0 else x_prev


CHUNK = 2500  # points through the network at once: their activations stay in cache


def _predict(denoiser: Denoiser, x: Tensor, t: int) -> Prediction:
    index = torch.tensor([t])
    parts = [denoiser(part, index) for part in torch.split(x, CHUNK)]
    if len(parts) == 1:
        return parts[0]
    return Prediction(x0=torch.cat([p.x0 for p in parts]), eps=torch.cat([p.eps for p in parts]))


def sample(
    denoiser: Denoiser,
    x_T: Tensor,
    timesteps: Sequence[int],
    schedule: NoiseSchedule,
    step: Step,
    *,
    generator: torch.Generator | None = None,
) -> Iterator[SampleState]:
    """Walk back from x_T through the given noise levels to the data.

    Parameters
    ----------
    denoiser : Denoiser
    x_T : Tensor, shape (n, 2)
        The start, normally standard normal; never written to.
    timesteps : sequence of int
        The noise levels to visit, descending; see :func:`timesteps`.
    schedule : NoiseSchedule
    step : Step
        ``ddpm_step``, or ``functools.partial(ddim_step, eta=...)``.
    generator : torch.Generator, optional
        Of the noise; a deterministic step draws none and needs none.

    Yields
    ------
    SampleState
        ``len(timesteps) + 1`` states, x_T first, the sample last.

    Raises
    ------
    ValueError
        If the timesteps are not descending within 0 .. T-1, or noise is needed without a
        generator.
    """

    def draw() -> Tensor:
        if generator is None:
            raise ValueError("generator is needed: this step adds noise")
        return torch.randn(x_T.shape, generator=generator, dtype=x_T.dtype)

    stops = [*timesteps, -1]
    for t, t_prev in itertools.pairwise(stops):
        _check_pair(t, t_prev, schedule)
    x = x_T
    for t, t_prev in itertools.pairwise(stops):
        with torch.no_grad():
            prediction = _predict(denoiser, x, t)
        yield SampleState(x=x, t=t, x0_hat=prediction.x0)
        with torch.no_grad():
            x = step(
                x_t=x, t=t, t_prev=t_prev, prediction=prediction, schedule=schedule, noise=draw
            )
    yield SampleState(x=x, t=-1, x0_hat=x)


def last(states: Iterator[SampleState]) -> Tensor:
    """Run a walk to its end and return the sample, shape (n, 2)."""
    for state in states:
        x = state.x
    return x
