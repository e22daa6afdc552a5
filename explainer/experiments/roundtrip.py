"""The way there and back: data to their noise, and from that noise to data, without any chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from explainer.cost import check_sampling
from explainer.data import Dataset
from explainer.experiments.common import (
    SHOWN,
    chosen_frames,
    color_bytes,
    file_name,
    load_model,
    shown,
    small,
    step_counts,
)
from explainer.experiments.samples import check_finite, unseen, view_of
from explainer.frames import encode, quantise
from explainer.latents import invert
from explainer.models import Denoiser
from explainer.own import is_own
from explainer.own_models import own_model
from explainer.page_settings import EXACT, ModelSettings, WalkSettings
from explainer.sampling import SampleState, ddim_step, last, sample
from explainer.schedules import NoiseSchedule, displayed_step
from explainer.spacing import timesteps

POINTS = 1000  # of the data, for the errors
HALF = 51  # frames of each half at most


def there_and_back(
    denoiser: Denoiser, x_0: Tensor, stops: list[int], schedule: NoiseSchedule
) -> tuple[list[SampleState], list[SampleState]]:
    """Walk from points (n, 2) to their noise, and from there back by DDIM over the same levels."""
    there = list(invert(denoiser, x_0, stops, schedule))
    return there, list(sample(denoiser, there[-1].x, stops, schedule, ddim_step))


def errors(x_0: Tensor, x_back: Tensor, data: Dataset) -> NDArray[np.float64]:
    """Return the distance (n,), in data units, between where points started and came back to."""
    away: NDArray[np.float64] = ((x_back - x_0).double() * data.scale).norm(dim=1).numpy()
    return away


def _check_cost(model: str, n: int, evaluations: int) -> None:
    """Refuse a learner's own model if it is too large to be asked so often."""
    if is_own(model):
        check_sampling(own_model(model).config, n, evaluations)


def _labels(there: list[SampleState], back: list[SampleState], T: int) -> list[str]:
    def level(state: SampleState) -> str:
        return f"t = {displayed_step(state.t)} of {T}"

    return [
        f"the data, where they start · {level(there[0])}",
        *(f"to noise · {level(state)}" for state in there[1:-1]),
        f"the noise that belongs to these data · {level(there[-1])}",
        *(f"and back · {level(state)}" for state in back[:-1]),
        f"back at the data · {level(back[-1])}",
    ]


def roundtrip(fields: dict[str, Any]) -> bytes:
    """Compute :class:`WalkSettings`: points of the data on their way there and back, a container.

    The seed does not matter, since nothing is drawn. The array ``x0_hat``, which the page draws as
    rings, holds where each point started, so that at the end the errors can be seen.
    """
    s = WalkSettings(**fields)
    _check_cost(s.model, s.n, 2 * s.steps)
    denoiser, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    x_0 = data.x[: s.n]
    stops = timesteps(schedule.T, s.steps, s.spacing)
    there, back = there_and_back(denoiser, x_0, stops, schedule)
    noise, final = there[-1].x, back[-1].x
    check_finite(final)
    away = errors(x_0, final, data)
    mean, q90, largest = (float(v) for v in (away.mean(), np.quantile(away, 0.9), away.max()))

    # The noise, which ends one half and starts the other, is one frame.
    states, labels = [*there, *back[1:]], _labels(there, back[1:], schedule.T)
    half = chosen_frames(len(there), HALF)
    kept = [*half, *(len(there) - 1 + i for i in half[1:])]
    limits = view_of(data, noise, torch.cat([x_0, final]))
    start = shown(data, x_0)
    frames = shown(data, torch.stack([states[i].x for i in kept]))
    header = {
        "limits": limits,
        "name": file_name(s.model.replace(EXACT, "exact "), "there and back", f"{s.steps} steps"),
        "labels": [labels[i] for i in kept],
        "facts": {
            "evaluations": [str(i) for i in kept],
            "ᾱₜ": [f"{schedule.alpha_bar(states[i].t):.4f}" for i in kept],
        },
        "errors": {
            "evaluations": 2 * len(stops),
            "mean": float(f"{mean:.5g}"),
            "q90": float(f"{q90:.5g}"),
            "largest": float(f"{largest:.5g}"),
        },
        "notes": [
            f"from where a point started to where it came back: {small(mean)} on average, "
            f"{small(q90)} or less for nine points out of ten, {small(largest)} at most, in data "
            "units",
            *unseen(shown(data, noise), limits),
        ],
    }
    arrays: dict[str, NDArray[Any]] = {
        "frames": quantise(frames, limits),
        "x0_hat": quantise(np.broadcast_to(start, frames.shape), limits),
        "color": color_bytes(data.color[: s.n]),
        "background": quantise(shown(data, data.x[:SHOWN]), limits),
    }
    return encode(header, arrays)


def roundtrip_errors(fields: dict[str, Any]) -> dict[str, Any]:
    """Compute :class:`ModelSettings`: how the error of the round trip falls with the steps.

    Returns
    -------
    dict
        ``steps``; ``mean`` and ``q90`` of the distances for each, in data units; ``slope`` of
        log mean over log steps, fitted by least squares: -1 for a method of first order.
    """
    s = ModelSettings(**fields)
    denoiser, schedule, data, _ = load_model(s.model, s.schedule or "cosine")
    counts = step_counts(schedule.T)
    _check_cost(s.model, POINTS, 2 * sum(counts))
    x_0 = data.x[:POINTS]
    found = []
    for n in counts:
        stops = timesteps(schedule.T, n)
        noise = last(invert(denoiser, x_0, stops, schedule))
        final = last(sample(denoiser, noise, stops, schedule, ddim_step))
        check_finite(final)
        found.append(errors(x_0, final, data))
    mean = [float(away.mean()) for away in found]
    return {
        "steps": counts,
        "mean": mean,
        "q90": [float(np.quantile(away, 0.9)) for away in found],
        "slope": _slope(counts, mean),
    }


def _slope(steps: list[int], mean: list[float]) -> float | None:
    """Fit a power law; None where there is none to fit."""
    if len(steps) < 2 or min(mean) <= 0:
        return None
    return float(np.polyfit(np.log(steps), np.log(mean), 1)[0])
