"""The way back: from noise to data, one pure step at a time, and the one driver."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from explainer.models import Denoiser
from explainer.objectives import Prediction
from explainer.schedules import NoiseSchedule

Noise = Tensor | Callable[[], Tensor] | None
"""Standard normal noise of x's shape, or a function that draws it, called only where the step
adds noise."""


class Step(Protocol):
    """What :func:`sample` calls: :func:`ddpm_step`, :func:`ddim_step` with eta bound, a solver."""

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


@dataclass(frozen=True)
class Weights:
    """One step back, as the weights of what it adds up.

    Attributes
    ----------
    x0, x_t, eps, noise : float
        Of the predicted clean data, of the point itself, of the predicted noise, and of fresh
        noise; a sampler leaves some of them at 0.
    """

    x0: float = 0.0
    x_t: float = 0.0
    eps: float = 0.0
    noise: float = 0.0

    def step(self, x_t: Tensor, prediction: Prediction, noise: Noise) -> Tensor:
        """Add up: x_t (n, 2) becomes the next point (n, 2); noise is drawn only if it counts."""
        x = self.x0 * prediction.x0
        if self.x_t:
            x = x + self.x_t * x_t
        if self.eps:
            x = x + self.eps * prediction.eps
        return x + self.noise * _draw(noise) if self.noise > 0 else x


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
    weights = ddpm_weights(t, t - 1 if t_prev is None else t_prev, schedule)
    return weights.step(x_t, prediction, noise)


def ddpm_weights(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    """Return the weights of :func:`ddpm_step`: of x0, x_t and noise (eq. 7)."""
    _check_pair(t, t_prev, schedule)
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    alpha = abar / abar_prev  # alpha_t, or the product of all alphas strided over
    beta = 1 - alpha
    return Weights(
        x0=math.sqrt(abar_prev) * beta / (1 - abar),
        x_t=math.sqrt(alpha) * (1 - abar_prev) / (1 - abar),
        noise=math.sqrt(beta * (1 - abar_prev) / (1 - abar)),  # the root of beta tilde
    )


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
    return ddim_weights(t, t_prev, schedule, eta=eta).step(x_t, prediction, noise)


def ddim_weights(t: int, t_prev: int, schedule: NoiseSchedule, *, eta: float = 0.0) -> Weights:
    """Return the weights of :func:`ddim_step`: of x0, eps and noise (eq. 12)."""
    if not 0 <= eta <= 1:
        raise ValueError(f"eta must be between 0 and 1, got {eta}")
    _check_pair(t, t_prev, schedule)
    abar, abar_prev = schedule.alpha_bar(t), schedule.alpha_bar(t_prev)
    variance = eta**2 * (1 - abar_prev) / (1 - abar) * (1 - abar / abar_prev)  # eq. 16
    return Weights(
        x0=math.sqrt(abar_prev),
        eps=math.sqrt(max(1 - abar_prev - variance, 0.0)),
        noise=math.sqrt(variance),
    )


CHUNK = 5000  # points through the network at once: of more, activations are too large to be kept


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
        The noise levels to visit, descending; see :mod:`explainer.spacing`.
    schedule : NoiseSchedule
    step : Step
        ``ddpm_step``, ``functools.partial(ddim_step, eta=...)``, or a fresh
        :func:`explainer.solvers.dpm_solver`.
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
