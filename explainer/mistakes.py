"""Samplers that are wrong, each in a way found in public code, beside the right ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from explainer.models import Denoiser
from explainer.objectives import Prediction
from explainer.sampling import (
    Noise,
    SampleState,
    Step,
    Weights,
    ddim_weights,
    ddpm_weights,
    sample,
)
from explainer.schedules import NoiseSchedule
from explainer.settings import MistakeName

Rule = Callable[[int, int, NoiseSchedule], Weights]
"""``(t, t_prev, schedule) -> Weights`` of one step back."""


def _deterministic(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    return ddim_weights(t, t_prev, schedule, eta=0.0)


def _random(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    return ddim_weights(t, t_prev, schedule, eta=1.0)


def neighbour(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    """Take alpha_bar of t - 1, although the next visited level is t_prev."""
    return ddim_weights(t, t - 1, schedule, eta=0.0)


def root(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    """Compute DDIM's sigma (eta = 1) from the roots of alpha_bar instead of alpha_bar.

    Its square is then between a half and the whole of the right one, and since the direction's
    weight is made to fit it, what comes out is DDIM's still, of a smaller eta.
    """
    a, a_prev = math.sqrt(schedule.alpha_bar(t)), math.sqrt(schedule.alpha_bar(t_prev))
    variance = (1 - a_prev) / (1 - a) * (1 - a / a_prev)
    direction = math.sqrt(max(1 - a_prev**2 - variance, 0.0))
    return Weights(x0=a_prev, eps=direction, noise=math.sqrt(variance))


def square(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    """Subtract sigma instead of sigma squared under DDIM's root (eta = 1)."""
    right = _random(t, t_prev, schedule)
    left = max(1 - schedule.alpha_bar(t_prev) - right.noise, 0.0)
    return Weights(x0=right.x0, eps=math.sqrt(left), noise=right.noise)


def last_noise(t: int, t_prev: int, schedule: NoiseSchedule) -> Weights:
    """Add noise at the last step of DDPM too, of variance beta (of all levels strided over)."""
    right = ddpm_weights(t, t_prev, schedule)
    if t_prev >= 0:
        return right
    return Weights(x0=right.x0, x_t=right.x_t, noise=math.sqrt(1 - schedule.alpha_bar(t)))


@dataclass(frozen=True)
class Mistake:
    """A wrong sampler and its right counterpart.

    Attributes
    ----------
    right, wrong : Rule
        They may be the same, where the mistake lies elsewhere.
    one_more : bool
        Whether the wrong one goes on for one step beyond the data. Its index there is -1, which in
        Python is the last level, the noisiest.
    prior : bool
        Whether the wrong one starts from N(0, I), and the right one from the last cloud of the
        data's own way.
    """

    right: Rule
    wrong: Rule
    one_more: bool = False
    prior: bool = False


MISTAKES: dict[MistakeName, Mistake] = {
    "neighbour": Mistake(_deterministic, neighbour),
    "root": Mistake(_random, root),
    "square": Mistake(_random, square),
    "last_noise": Mistake(ddpm_weights, last_noise),
    "one_more": Mistake(_deterministic, _deterministic, one_more=True),
    "prior": Mistake(_deterministic, _deterministic, prior=True),
}


def by_rule(rule: Rule) -> Step:
    """Make the step of :func:`explainer.sampling.sample` that adds up what a rule weighs."""

    def step(
        *,
        x_t: Tensor,
        t: int,
        t_prev: int,
        prediction: Prediction,
        schedule: NoiseSchedule,
        noise: Noise,
    ) -> Tensor:
        return rule(t, t_prev, schedule).step(x_t, prediction, noise)

    return step


def walk(
    mistake: Mistake,
    denoiser: Denoiser,
    x_T: Tensor,
    timesteps: Sequence[int],
    schedule: NoiseSchedule,
    *,
    wrong: bool,
    generator: torch.Generator,
) -> Iterator[SampleState]:
    """Walk back rightly or wrongly; which x_T to start from is the caller's to choose.

    Parameters
    ----------
    mistake : Mistake
    denoiser, x_T, timesteps, schedule, generator
        As :func:`explainer.sampling.sample` takes them.
    wrong : bool

    Yields
    ------
    SampleState
        One more than of the right walk, if that is the mistake.
    """
    step = by_rule(mistake.wrong if wrong else mistake.right)
    for state in sample(denoiser, x_T, timesteps, schedule, step, generator=generator):
        yield state
    if wrong and mistake.one_more:
        with torch.no_grad():
            x = denoiser(state.x, torch.tensor([schedule.T - 1])).x0
        yield SampleState(x=x, t=-1, x0_hat=x)
