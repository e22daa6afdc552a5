"""One particle on its way back: what each step of DDPM and DDIM adds up."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from explainer.experiments.common import load_model
from explainer.experiments.samples import check_finite
from explainer.frames import limits_around
from explainer.objectives import Prediction
from explainer.page_settings import ParticleSettings, SampleSettings
from explainer.sampling import Noise, Weights, ddim_weights, ddpm_weights, last, sample
from explainer.schedules import NoiseSchedule, displayed_step
from explainer.spacing import timesteps

BACKDROP = 400  # points of the data behind
# Points times steps of a walk that is remembered for the next particle: what the page asks for.
REMEMBERED = 200_000
TERMS = {"ddim": ("x0", "eps", "noise"), "ddpm": ("x0", "x_t", "noise")}


@dataclass(frozen=True)
class _Step:
    """One step of some particles; all tensors are (particles, 2), in standardised units."""

    t: int
    t_prev: int
    weights: Weights
    x_t: Tensor
    x0_hat: Tensor
    eps_hat: Tensor
    z: Tensor | None  # no noise is drawn where its weight is 0
    x_prev: Tensor


def _recorder(
    s: SampleSettings, rows: slice, steps: list[_Step]
) -> Callable[..., Tensor]:  # a Step
    def step(
        *,
        x_t: Tensor,
        t: int,
        t_prev: int,
        prediction: Prediction,
        schedule: NoiseSchedule,
        noise: Noise,
    ) -> Tensor:
        if s.sampler == "ddpm":
            weights = ddpm_weights(t, t_prev, schedule)
        else:
            weights = ddim_weights(t, t_prev, schedule, eta=s.eta)
        # Drawn only where it counts, as the samplers do: the cloud above stays the same cloud.
        z = noise() if weights.noise and callable(noise) else None
        x_prev = weights.step(x_t, prediction, z)
        points = (x_t, prediction.x0, prediction.eps, z, x_prev)
        kept = [None if x is None else x[rows].clone() for x in points]
        steps.append(_Step(t, t_prev, weights, *kept))  # type: ignore[arg-type]
        return x_prev

    return step


def _walk(s: SampleSettings, rows: slice) -> list[_Step]:
    """Walk the whole cloud, because a network rounds a point alone in another way."""
    denoiser, schedule, _, _ = load_model(s.model, s.schedule or "cosine")
    generator = torch.Generator().manual_seed(s.seed)
    x_T = torch.randn(s.n, 2, generator=generator)
    stops = timesteps(schedule.T, s.steps, s.spacing)
    steps: list[_Step] = []
    recorder = _recorder(s, rows, steps)
    check_finite(last(sample(denoiser, x_T, stops, schedule, recorder, generator=generator)))
    return steps


@lru_cache(maxsize=2)  # of 6 MB each: another particle of the same cloud is there at once
def _remembered(s: SampleSettings) -> list[_Step]:
    return _walk(s, slice(None))


def _of(s: ParticleSettings) -> tuple[list[_Step], int]:
    """Return the steps of a cloud, and where in it the particle is."""
    walk = SampleSettings(**s.model_dump(exclude={"point"}))
    if s.n * s.steps > REMEMBERED:
        return _walk(walk, slice(s.point, s.point + 1)), 0
    return _remembered(walk), s.point


def _numbers(x: Tensor) -> list[float]:
    """Write single precision with as few digits as give it back to the bit."""
    return [float(str(value)) for value in x.numpy()]


def _told(step: _Step, at: int, sampler: str) -> dict[str, Any]:
    weights = asdict(step.weights)
    points = {"x0": step.x0_hat, "x_t": step.x_t, "eps": step.eps_hat, "noise": step.z}
    here = {name: None if x is None else x[at] for name, x in points.items()}
    terms = {
        name: torch.zeros(2) if (x := here[name]) is None else weights[name] * x
        for name in TERMS[sampler]
    }
    z = here["noise"]
    return {
        "t": displayed_step(step.t),
        "t_prev": displayed_step(step.t_prev),
        "x_t": _numbers(step.x_t[at]),
        "x0_hat": _numbers(step.x0_hat[at]),
        "eps_hat": _numbers(step.eps_hat[at]),
        "z": None if z is None else _numbers(z),
        "weights": {name: weights[name] for name in TERMS[sampler]},
        "terms": {name: _numbers(term) for name, term in terms.items()},
        "x_prev": _numbers(step.x_prev[at]),
    }


def particle(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`ParticleSettings`: one point of the cloud that ``sample_path`` shows.

    Returns
    -------
    dict
        ``steps``, first to last, each with ``t`` and ``t_prev`` as a learner counts them, the
        points ``x_t``, ``x0_hat``, ``eps_hat``, ``z`` (None where no noise is drawn) and
        ``x_prev``, and the ``weights`` and ``terms`` whose sum ``x_prev`` is, in the order in
        which they are added; ``path``, all points that the particle visits; ``data``, some
        points behind; ``limits`` that hold all this and the terms drawn head to tail; ``n``, how
        many particles there are; and ``T``.
        In standardised units, in which the network computes, not in data units.

    Raises
    ------
    ValueError
        With one sentence, for a sampler that has no such terms, or a model whose samples are no
        numbers.
    """
    s = ParticleSettings(**fields)
    if s.sampler not in TERMS:
        raise ValueError("The terms of a step are shown for DDPM and DDIM only.")
    _, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    walk, at = _of(s)
    steps = [_told(step, at, s.sampler) for step in walk]
    path = torch.stack([*(step.x_t[at] for step in walk), walk[-1].x_prev[at]])
    backdrop = data.x[:BACKDROP]
    corners = [
        list(itertools.accumulate(map(torch.tensor, step["terms"].values()))) for step in steps
    ]
    chained = torch.stack([torch.zeros(2), *itertools.chain.from_iterable(corners)])
    limits = limits_around(backdrop.numpy(), path.numpy(), chained.numpy())
    return {
        "T": schedule.T,
        "n": s.n,
        "steps": steps,
        "path": [_numbers(x) for x in path],
        "data": [_numbers(x) for x in backdrop],
        "limits": [float(limit) for limit in limits],
    }
